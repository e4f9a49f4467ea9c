/** What an export may be asked: checked when it is submitted. Pure. */
import { InvalidError } from '../errors.ts';
import { boundDepth, checkText } from '../sources/fields.ts';
import type { Compression, ExportFormat, ExportInput, ExportSpec } from './model.ts';

/** Characters. */
const maximumSql = 1_000_000;
const maximumParameters = 65_535;
const formats: Readonly<Record<ExportFormat, { readonly suffix: string }>> = {
  ndjson: { suffix: 'ndjson' },
  csv: { suffix: 'csv' },
  parquet: { suffix: 'parquet' },
};
const compressions: Readonly<Record<Compression, { readonly suffix: string }>> = {
  gzip: { suffix: '.gz' },
  zstd: { suffix: '.zst' },
};

/** Throws InvalidError with the field: `format_unsupported`, `invalid_file_name`, … */
export function readExport(input: ExportInput, sourceName: string): ExportSpec {
  const sql = checkText(input.sql, 'sql', maximumSql);
  if (sql.trim() === '')
    throw new InvalidError('required', '"sql" is missing.', { field: 'sql', remedy: 'Say one statement.' });
  if (!Object.hasOwn(formats, input.format)) {
    throw new InvalidError('format_unsupported', 'Exports are not written in this format.', {
      field: 'format',
      remedy: `Use one of: ${Object.keys(formats).join(', ')}.`,
    });
  }
  const compression = readCompression(input);
  const parameters = input.parameters ?? [];
  if (!Array.isArray(parameters) || parameters.length > maximumParameters) {
    throw new InvalidError('invalid_parameters', `"parameters" is no list of at most ${maximumParameters} values.`, {
      field: 'parameters',
    });
  }
  boundDepth(parameters, 'parameters');
  checkJsonText(parameters, 'parameters');
  const maxRows = positive(input.maxRows, 'maxRows');
  const timeoutMs = positive(input.timeoutMs, 'timeoutMs');
  return {
    sql,
    parameters,
    format: input.format,
    ...(compression === undefined ? {} : { compression }),
    fileName: fileName(input.fileName ?? defaultName(sourceName, input.format, compression)),
    ...(maxRows === undefined ? {} : { maxRows }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(input.workspace === undefined ? {} : { workspace: checkText(input.workspace, 'workspace', 64) }),
  };
}

/** Throws InvalidError `compression_unsupported`. */
export function readCompression({
  compression,
  format,
}: {
  readonly compression?: Compression;
  readonly format: string;
}): Compression | undefined {
  if (compression === undefined) return undefined;
  if (!Object.hasOwn(compressions, compression)) {
    throw new InvalidError('compression_unsupported', 'Files are not compressed this way.', {
      field: 'compression',
      remedy: `Use one of: ${Object.keys(compressions).join(', ')}.`,
    });
  }
  if (format === 'parquet') {
    throw new InvalidError('compression_unsupported', 'Parquet is compressed already, column by column.', {
      field: 'compression',
      remedy: 'Leave "compression" out.',
    });
  }
  return compression;
}

function defaultName(source: string, format: ExportFormat, compression: Compression | undefined): string {
  return `${source}.${formats[format].suffix}${compression === undefined ? '' : compressions[compression].suffix}`;
}

/** One path segment that every system can keep; it never says where a file lies. */
export function fileName(name: string): string {
  const text = checkText(name, 'fileName', 200);
  if (/^[A-Za-z0-9][A-Za-z0-9._ -]*$/.test(text) && !text.endsWith('.') && !text.endsWith(' ')) return text;
  throw new InvalidError('invalid_file_name', 'The file name is no plain name.', {
    field: 'fileName',
    remedy: 'Use letters, digits, ".", "_", "-" and spaces; begin with a letter or digit.',
  });
}

/** The store keeps the values as JSON, which holds no NUL and no half character. Throws `invalid_parameters`. */
export function checkJsonText(values: readonly unknown[], field: string): void {
  const text = JSON.stringify(values);
  const escapes = text.match(/\\(?:u[0-9a-f]{4}|.)/g) ?? [];
  if (escapes.some((found) => /^\\u(0000|d[89a-f])/.test(found)) || text.length > maximumSql * 4) {
    throw new InvalidError('invalid_parameters', `"${field}" holds a NUL, half of a character, or too much.`, {
      field,
    });
  }
}

/** A positive whole number, or undefined for absent, null and 0. Throws `invalid_number`. */
export function positive(value: number | undefined, field: string): number | undefined {
  if (value === undefined || value === null || value === 0) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidError('invalid_number', `"${field}" is no positive whole number.`, { field });
}
