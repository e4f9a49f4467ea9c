/**
 * Workbooks of batches (sdps.md §5.6): a sheet `OriginTemplate` whose first row holds notes, whose second names the columns,
 * and whose further rows are what is to be made. The report is the same sheet with two more columns.
 */
import { readWorkbook, writeWorkbook } from '../../platform/workbook/index.ts';
import type { BatchCounts } from './files.ts';
import { refusal } from './refusals.ts';

export const batchSheet = 'OriginTemplate';
const firstRow = 2;

/** The original's own spelling. */
export type BatchResult = 'SUCCESSED' | 'WARNING' | 'FAILED';

export interface BatchOutcome {
  readonly result: BatchResult;
  readonly details: string;
}

export interface BatchColumns {
  readonly names: readonly string[];
  readonly notes: { readonly en: string; readonly zh: string };
}

export interface ReadBatch {
  readonly head: readonly (readonly string[])[];
  /** Rows that hold something, as many cells as there are columns. */
  readonly rows: readonly (readonly string[])[];
}

/** Throws SdpsError 1259, 1261, 1262. */
export function readBatch(fileName: string, content: Uint8Array, columns: BatchColumns): ReadBatch {
  const sheets = /\.xls[xm]$/i.test(fileName) ? readWorkbook(content) : null;
  if (sheets === null) throw refusal(1259);
  const sheet = sheets.get(batchSheet);
  if (sheet === undefined) throw refusal(1261);
  const rows = sheet
    .slice(firstRow)
    .map((row) => columns.names.map((_, index) => row[index]?.trim() ?? ''))
    .filter((row) => row.some((cell) => cell !== ''));
  if (rows.length === 0) throw refusal(1262);
  return { head: sheet.slice(0, firstRow), rows };
}

/** The workbook with what became of each row, and the numbers of it. */
export async function writeBatchReport(
  batch: ReadBatch,
  columns: BatchColumns,
  outcomes: readonly BatchOutcome[],
): Promise<{ readonly content: Buffer; readonly counts: BatchCounts }> {
  const rows = batch.rows.map((row, index) => [...row, outcomes[index]?.result ?? '', outcomes[index]?.details ?? '']);
  const content = await writeWorkbook([
    { name: batchSheet, rows: [batch.head[0] ?? [], [...columns.names, 'Result', 'Details'], ...rows] },
  ]);
  const of = (result: BatchResult): number => outcomes.filter((outcome) => outcome.result === result).length;
  return { content, counts: { success: of('SUCCESSED'), warning: of('WARNING'), failed: of('FAILED') } };
}

/** An empty workbook to fill in. */
export function batchTemplate(columns: BatchColumns, language: 'en' | 'zh'): Promise<Buffer> {
  return writeWorkbook([{ name: batchSheet, rows: [[columns.notes[language]], columns.names] }]);
}

/** `report_1714550000.12`. */
export function reportName(now: Date): string {
  return `report_${(now.getTime() / 1000).toFixed(3)}`;
}
