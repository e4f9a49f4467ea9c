/** Where the rows of a query go: a stream, a file that appears only when it is whole, a table on the screen. */
import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Cli } from '../cli.ts';
import { CliError, ExitCode } from '../exit.ts';

export interface Target {
  start(headers: IncomingHttpHeaders): void;
  /** Resolves when more may come. */
  write(chunk: Buffer): Promise<void>;
  /** The result is whole, or cut by a limit as asked. */
  finish(): Promise<void>;
  /** The result failed: when this resolves, nothing is left that could be taken for it. */
  discard(): Promise<void>;
}

/** Standard output. */
export function streamTarget(stream: Writable): Target {
  return {
    start: () => undefined,
    async write(chunk) {
      if (!stream.write(chunk)) await once(stream, 'drain');
    },
    finish: async () => undefined,
    discard: async () => undefined,
  };
}

/** A file, written beside its place and moved there at the end. */
export function fileTarget(path: string): Target {
  const draft = `${path}.partial-${process.pid}`;
  // Opened with the first byte, so that a refused query leaves no file.
  let open: { stream: Writable; done: Promise<void> } | undefined;
  let failure: Error | undefined;
  const stream = () => {
    if (open === undefined) {
      const created = createWriteStream(draft, { flags: 'wx', mode: 0o600 });
      const done = finished(created);
      done.catch((error: Error) => {
        failure = error;
      });
      open = { stream: created, done };
    }
    return open;
  };
  const explain = (error: Error) => new CliError(ExitCode.failure, `${path} cannot be written: ${error.message}`);
  return {
    start: () => undefined,
    async write(chunk) {
      const target = stream().stream;
      if (!target.write(chunk) && failure === undefined) await Promise.race([once(target, 'drain'), stream().done]);
      if (failure !== undefined) throw explain(failure);
    },
    async finish() {
      const { stream: target, done } = stream();
      target.end();
      await done.catch((error: Error) => {
        throw explain(error);
      });
      await rename(draft, path);
    },
    async discard() {
      if (open === undefined) return;
      open.stream.destroy();
      // A stream destroyed while its file is being opened still makes that file: only once closed can it be removed.
      await open.done.catch(() => undefined);
      rmSync(draft, { force: true });
    },
  };
}

/** A table; it needs all rows before its first line, which is why a table's rows are limited. */
export function tableTarget(cli: Cli): Target {
  const chunks: Buffer[] = [];
  let names: readonly string[] = [];
  return {
    start(headers) {
      names = columnNames(headers);
    },
    async write(chunk) {
      chunks.push(chunk);
    },
    async finish() {
      const lines = Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean);
      const rows = lines.map((line): Record<string, unknown> => JSON.parse(line));
      const columns = names.length > 0 ? names : Object.keys(rows[0] ?? {});
      cli.out(
        cli.table(
          rows,
          columns.map((name) => ({
            title: name,
            value: (row: Record<string, unknown>) => row[name],
            align: rows.length > 0 && rows.every((row) => isNumeric(row[name])) ? 'right' : 'left',
          })),
        ),
      );
    },
    discard: async () => undefined,
  };
}

/** Column names from `Headgate-Columns` (base64 JSON), made unique as the rows' members are (`a`, `a_2`). */
function columnNames(headers: IncomingHttpHeaders): readonly string[] {
  const encoded = headers['headgate-columns'];
  if (typeof encoded !== 'string') return [];
  const columns: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  if (!Array.isArray(columns)) return [];
  const names = columns.map((column: { name?: unknown }) => String(column.name));
  // Where a name repeats, the rows' own members say how the door told the columns apart.
  return new Set(names).size === names.length ? names : [];
}

function isNumeric(value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'number') return true;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
}
