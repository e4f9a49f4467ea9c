/**
 * Receives a streamed result: passes its bytes on with back-pressure, counts rows, shows progress, and tells a whole
 * result from one that was cut or broke off. Ctrl-C cancels the statement on the server.
 */
import type { IncomingMessage } from 'node:http';
import { type Api, type ApiRequest, path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { type CliError, ExitCode, type Problem, ProblemError } from '../exit.ts';
import { Progress } from '../progress.ts';
import { bytes, counted } from '../text.ts';
import type { Target } from './targets.ts';

export interface Received {
  /** `broken`: the connection ended before the result did. */
  readonly state: 'complete' | 'truncated' | 'broken';
  readonly rows: number;
  /** `3 rows, 120 B in 0.1 s.` */
  readonly summary: string;
}

type StreamFormat = 'ndjson' | 'csv' | 'json' | 'parquet';

const NEWLINE = 10;
/** The name that starts an error line in NDJSON (decisions.md 31): a reserved name, so no row begins like this. */
const ERROR_LINE = '{"$headgate_error":';
/** How long a cancel may take before Ctrl-C ends the command without its confirmation. */
const CANCEL_DEADLINE_MS = 2000;

export async function receive(cli: Cli, request: ApiRequest, format: StreamFormat, target: Target): Promise<Received> {
  const api = cli.api();
  const started = performance.now();
  const progress = new Progress(cli.io);
  let response: IncomingMessage | undefined;
  let size = 0;
  const lines = new LineKeeper(format === 'ndjson');
  try {
    response = await api.open({ ...request, signal: cli.io.signal, headers: { accept: accepted(format) } });
    target.start(response.headers);
    for await (const chunk of response) {
      size += chunk.length;
      const ready = lines.take(chunk);
      if (ready.length > 0) await target.write(ready);
      progress.show(() => (format === 'parquet' ? '' : `${counted(lines.rows(format), 'row')}, `) + bytes(size));
    }
    progress.clear();
    const problem = lines.problem();
    if (problem !== undefined) throw problem;
    const { state, rows } = outcome(response, lines.rows(format));
    if (state === 'broken') {
      await target.discard();
      return { state, rows, summary: '' };
    }
    await target.write(lines.rest());
    await target.finish();
    const seconds = (performance.now() - started) / 1000;
    return { state, rows, summary: `${counted(rows, 'row')}, ${bytes(size)} in ${seconds.toFixed(1)} s.` };
  } catch (error) {
    progress.clear();
    await target.discard();
    if (cli.io.signal.aborted) await cancel(api, response);
    if (response !== undefined && !(error instanceof ProblemError) && !cli.io.signal.aborted && isReset(error)) {
      return { state: 'broken', rows: lines.rows(format), summary: '' };
    }
    throw error;
  }
}

/**
 * Breaking the connection off already cancels the statement. Saying so as well covers a proxy in between that keeps
 * its own connection to the server open.
 */
async function cancel(api: Api, response: IncomingMessage | undefined): Promise<void> {
  const id = response?.headers['headgate-query-id'];
  if (typeof id !== 'string') return;
  try {
    const signal = AbortSignal.timeout(CANCEL_DEADLINE_MS);
    await api.send({ method: 'DELETE', path: `/queries${path(id)}`, signal });
  } catch {
    // It has ended meanwhile; there is nothing left to cancel.
  }
}

/** Small results say how they ended in a header, streamed ones in a trailer. Neither: the result broke off. */
function outcome(response: IncomingMessage, counted: number): { state: Received['state']; rows: number } {
  const said = response.trailers['headgate-result'] ?? response.headers['headgate-result'];
  const found = /^(complete|truncated)(?:;\s*rows=(\d+))?/.exec(String(said ?? ''));
  if (!response.complete || found === null) return { state: 'broken', rows: counted };
  const state = found[1] === 'truncated' ? 'truncated' : 'complete';
  return { state, rows: found[2] === undefined ? counted : Number(found[2]) };
}

function isReset(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/.test(String(error.code))
  );
}

function accepted(format: StreamFormat): string {
  return {
    ndjson: 'application/x-ndjson',
    csv: 'text/csv',
    json: 'application/json',
    parquet: 'application/vnd.apache.parquet',
  }[format];
}

/**
 * Counts lines, and for NDJSON keeps the last one back until more comes: it may be the error line, which is no row and
 * must not reach the output.
 */
class LineKeeper {
  readonly #keep: boolean;
  #kept: Buffer[] = [];
  #lines = 0;

  constructor(keep: boolean) {
    this.#keep = keep;
  }

  /** What may be passed on now. */
  take(chunk: Buffer): Buffer {
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) this.#lines += 1;
    if (!this.#keep) return chunk;
    // The newline that ends the last line belongs to it.
    const end = chunk.at(-1) === NEWLINE ? chunk.length - 2 : chunk.length - 1;
    const cut = end < 0 ? -1 : chunk.lastIndexOf(NEWLINE, end);
    const startsLine = this.#kept.at(-1)?.at(-1) === NEWLINE;
    if (cut === -1 && !startsLine) {
      this.#kept.push(chunk);
      return Buffer.alloc(0);
    }
    const ready = Buffer.concat([...this.#kept, chunk.subarray(0, cut + 1)]);
    this.#kept = [chunk.subarray(cut + 1)];
    return ready;
  }

  /** The line kept back. */
  rest(): Buffer {
    return Buffer.concat(this.#kept);
  }

  /** Rows so far; for CSV an estimate (a heading, newlines inside values). Parquet has no lines: its end tells. */
  rows(format: StreamFormat): number {
    if (format === 'parquet') return 0;
    return format === 'csv' ? Math.max(0, this.#lines - 1) : this.#lines;
  }

  /** The error that the last line holds. */
  problem(): Error | undefined {
    const rest = this.rest();
    if (!this.#keep || !rest.subarray(0, ERROR_LINE.length).equals(Buffer.from(ERROR_LINE))) return undefined;
    const line: { $headgate_error?: Problem } = JSON.parse(rest.toString('utf8'));
    const problem = line.$headgate_error ?? {};
    return new BrokenResultError(problem, this.#lines - (rest.at(-1) === NEWLINE ? 1 : 0));
  }
}

/** The result ended with an error after its first rows: exit code 7 whatever the error. */
class BrokenResultError extends ProblemError {
  constructor(problem: Problem, rows: number) {
    super(problem.status ?? 502, {
      ...problem,
      detail: `${problem.detail ?? problem.title ?? 'The result broke off.'} (after ${counted(rows, 'row')}: the result is not whole)`,
    });
  }

  override get exitCode(): CliError['exitCode'] {
    return ExitCode.connection;
  }
}
