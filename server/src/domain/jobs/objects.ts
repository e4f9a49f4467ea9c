/** The store of objects, as jobs use it. */
export { FolderObjectStore, type ObjectStore, type ObjectUpload } from '../../platform/objects/index.ts';
