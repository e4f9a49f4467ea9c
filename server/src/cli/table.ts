/** Aligned tables and lists of fields for people. Programs use `--json`. */
import { cell } from './text.ts';

export interface TableColumn<T> {
  readonly title: string;
  readonly value: (row: T) => unknown;
  readonly align?: 'left' | 'right';
}

export interface TableOptions {
  /** Columns of the terminal; lines are cut to it. Infinity where nobody looks at a screen. */
  readonly width: number;
  /** Emphasises the heading with a terminal escape. */
  readonly bold: boolean;
}

const GAP = '  ';
const NARROWEST = 6;
const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Scripts and pictures that take two cells of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** The cells of a terminal that text takes. */
export function displayWidth(text: string): number {
  // Plain ASCII is nearly everything; the segmenter is slow.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Cuts text to at most `width` cells, with an ellipsis where something went. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of segments.segment(text)) {
    const next = WIDE.test(segment) ? 2 : 1;
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return `${kept}…`;
}

/** Renders rows under a heading. Lines have no trailing blanks. */
export function renderTable<T>(rows: readonly T[], columns: readonly TableColumn<T>[], options: TableOptions): string {
  if (columns.length === 0) return '';
  const lines = rows.map((row) => columns.map((column) => cell(column.value(row))));
  const titles = columns.map((column) => column.title);
  const widths = fit(
    titles.map((title, index) =>
      lines.reduce((widest, line) => Math.max(widest, displayWidth(line[index] ?? '')), displayWidth(title)),
    ),
    options.width,
  );
  const draw = (cells: readonly string[]): string =>
    cells
      .map((text, index) => {
        const width = widths[index] ?? 0;
        const short = truncate(text, width);
        const padding = ' '.repeat(Math.max(0, width - displayWidth(short)));
        return columns[index]?.align === 'right' ? padding + short : short + padding;
      })
      .join(GAP)
      .trimEnd();
  const heading = draw(titles);
  const emphasised = options.bold ? `\u001b[1m${heading}\u001b[22m` : heading;
  return `${[emphasised, ...lines.map(draw)].join('\n')}\n`;
}

/** Narrows the widest columns, one cell at a time, until the line fits; below `NARROWEST` it gives up. */
function fit(natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let total = widths.reduce((sum, next) => sum + next, 0) + GAP.length * (widths.length - 1);
  while (total > width) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    total -= 1;
  }
  return widths;
}

/** Renders `name: value` lines with the values aligned; pairs whose value is null or undefined are left out. */
export function renderFields(pairs: readonly (readonly [string, unknown])[]): string {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined);
  const width = shown.reduce((widest, [name]) => Math.max(widest, displayWidth(name)), 0);
  return shown
    .map(([name, value]) => `${`${name}:${' '.repeat(width - displayWidth(name))} ${cell(value)}`.trimEnd()}\n`)
    .join('');
}
