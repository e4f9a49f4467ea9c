/** Values of rows as text: for the grid, for copying, for files. */
import type { Column, Row } from '@headgate/client';

/** Kinds whose values stand at the right, digit below digit. */
const numeric: ReadonlySet<string> = new Set(['integer', 'decimal', 'float', 'number', 'bigint']);

export const isNumeric = ({ kind }: Column): boolean => numeric.has(kind);

/** A value as people read it; null is for the caller. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** RFC 4180: quoted where needed. */
function csvCell(value: unknown): string {
  const text = cellText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Tabs and line breaks would move cells in a spreadsheet. */
const tsvCell = (value: unknown): string => cellText(value).replace(/[\t\r\n]+/g, ' ');

/** All rows, a header line before them. */
export function csvOf(columns: readonly Column[], rows: readonly Row[]): string {
  const lines = [columns.map(({ name }) => csvCell(name)).join(',')];
  for (const row of rows) lines.push(columns.map(({ name }) => csvCell(row[name])).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

/** The same for the clipboard: spreadsheets take tabs. */
export function tsvOf(columns: readonly Column[], rows: readonly Row[]): string {
  const lines = [columns.map(({ name }) => tsvCell(name)).join('\t')];
  for (const row of rows) lines.push(columns.map(({ name }) => tsvCell(row[name])).join('\t'));
  return lines.join('\n');
}

/** A width that fits the name and the first values, px. */
export function widthOf(column: Column, rows: readonly Row[]): number {
  let longest = Math.max(column.name.length + 2, column.type.length);
  for (let index = 0; index < Math.min(rows.length, 60); index += 1) {
    longest = Math.max(longest, cellText(rows[index]![column.name]).length);
  }
  return Math.min(420, Math.max(76, Math.round(longest * 7.6 + 24)));
}
