/**
 * Workbooks (.xlsx): written with a library, read by a reader of our own that takes only texts and numbers of cells and
 * has bounds on everything.
 *
 * May be imported: nothing of the project. Must not be imported: everything else.
 */
export { readWorkbook } from './read.ts';
export { plainCell, type Sheet, writeWorkbook } from './write.ts';
