import writeXlsxFile from 'write-excel-file/node';

export interface Sheet {
  readonly name: string;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A cell that a spreadsheet takes for a formula begins with one of these: a quote keeps it a text. */
export function plainCell(text: string | null): string {
  const value = text ?? '';
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

/** A workbook whose cells are all texts; none can act as a formula. */
export function writeWorkbook(sheets: readonly Sheet[]): Promise<Buffer> {
  const file = writeXlsxFile(
    sheets.map(({ name, rows }) => ({
      sheet: name,
      data: rows.map((row) => row.map((value) => ({ value: plainCell(value), type: String as StringConstructor }))),
    })),
  );
  return file.toBuffer();
}
