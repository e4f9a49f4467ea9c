/**
 * Collects a whole result in memory: for the control plane (introspection, connection tests) and for tests, where
 * results are small. Results for callers go through the gateway's encoders, which make no object per row.
 */
import { type Column, type EngineConnection, EngineError, type RowFraming, type RowSink } from './engine.ts';

export interface CollectedRows {
  readonly columns: readonly Column[];
  /**
   * Values as the server spells them (`t`, `1.50`, `\x00ff`), null for NULL. Columns that arrive as raw bytes
   * (`spelling` `raw-bytes` or `bit-raw`) hold one character per byte (latin1).
   */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly affectedRows: number | null;
  readonly stopped: boolean;
}

/** What to run; a read without parameters and with a minute's time unless said. */
export interface CollectRequest {
  readonly sql: string;
  readonly parameters?: readonly unknown[];
  readonly access?: 'read' | 'write';
  readonly timeoutMs?: number;
}

/**
 * Runs a statement and keeps its rows as text.
 *
 * @example
 * const { rows } = await collectRows(connection, { sql: 'select 1 as a' }); // [['1']]
 */
export async function collectRows(connection: EngineConnection, request: CollectRequest): Promise<CollectedRows> {
  const sink = new CollectingSink();
  const result = await connection.run(
    {
      sql: request.sql,
      parameters: request.parameters ?? [],
      access: request.access ?? 'read',
      timeoutMs: request.timeoutMs ?? 60_000,
    },
    sink,
  );
  return { columns: sink.described, rows: sink.rows, affectedRows: result.affectedRows, stopped: result.stopped };
}

/** A sink that decodes rows of either framing to text. */
export class CollectingSink implements RowSink {
  described: readonly Column[] = [];
  readonly rows: (string | null)[][] = [];
  #framing: RowFraming | null = null;

  columns(columns: readonly Column[], framing: RowFraming | null): void {
    this.described = columns;
    this.#framing = framing;
  }

  frames(buffer: Buffer, offset: number, end: number): number {
    const decode = this.#framing === 'mysql' ? decodeMysqlRow : decodePostgresqlRow;
    let at = offset;
    for (;;) {
      const row: (string | null)[] = [];
      const next = decode(buffer, at, end, this.described, row);
      if (next === at) return at;
      this.rows.push(row);
      at = next;
    }
  }

  values(row: readonly unknown[]): void {
    this.rows.push(row.map((value) => (value === null || value === undefined ? null : String(value))));
  }
}

/** Decodes one frame into `row`; returns where the next begins, or `at` when no complete row frame stands there. */
type DecodeRow = (
  buffer: Buffer,
  at: number,
  end: number,
  columns: readonly Column[],
  row: (string | null)[],
) => number;

const decodePostgresqlRow: DecodeRow = (buffer, at, end, columns, row) => {
  if (end - at < 7 || buffer[at] !== 0x44) return at;
  const next = at + 1 + buffer.readInt32BE(at + 1);
  if (next > end) return at;
  const count = buffer.readInt16BE(at + 5);
  let p = at + 7;
  for (let index = 0; index < count; index += 1) {
    const length = buffer.readInt32BE(p);
    p += 4;
    if (length < 0) {
      row.push(null);
      continue;
    }
    row.push(text(buffer, p, p + length, columns[index]));
    p += length;
  }
  if (p !== next) throw new EngineError('protocol_error', 'A row does not have the length that it announces.');
  return next;
};

const decodeMysqlRow: DecodeRow = (buffer, at, end, columns, row) => {
  if (end - at < 4) return at;
  const payload = buffer.readUIntLE(at, 3);
  // A row over 16 MiB comes alone, joined: its length field is full and it reaches up to `end`.
  const next = payload === 0xffffff ? end : at + 4 + payload;
  // An empty packet cannot be a row; EOF/OK and error packets are not rows either.
  if (next > end || next === at + 4 || isMysqlRowEnd(buffer, at, next)) return at;
  let p = at + 4;
  for (const column of columns) {
    const first = buffer[p] ?? 0;
    p += 1;
    if (first === 0xfb) {
      row.push(null);
      continue;
    }
    let length = first;
    if (first === 0xfc) {
      length = buffer.readUInt16LE(p);
      p += 2;
    } else if (first === 0xfd) {
      length = buffer.readUIntLE(p, 3);
      p += 3;
    } else if (first === 0xfe) {
      length = Number(buffer.readBigUInt64LE(p));
      p += 8;
    }
    row.push(text(buffer, p, p + length, column));
    p += length;
  }
  return next;
};

/** 0xfe with a short payload ends the rows (a row may begin with 0xfe only when a field is ≥ 16 MiB); 0xff is an error. */
function isMysqlRowEnd(buffer: Buffer, at: number, next: number): boolean {
  const first = buffer[at + 4];
  return first === 0xff || (first === 0xfe && next - at - 4 < 0xffffff);
}

function text(buffer: Buffer, start: number, end: number, column: Column | undefined): string {
  const raw = column?.spelling === 'raw-bytes' || column?.spelling === 'bit-raw';
  return buffer.toString(raw ? 'latin1' : 'utf8', start, end);
}
