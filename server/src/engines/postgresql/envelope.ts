/**
 * The messages around a user's statement, all sent in one write: a transaction (read-only for reads), the server's own
 * time limit, the statement, COMMIT, Sync (data-plane.md §4.4). `set_config` takes the transaction's snapshot, after
 * which PostgreSQL refuses to turn it into a writing one.
 */
import { Outgoing } from './wire.ts';

/** Steps of an envelope: the CommandComplete that is awaited next. */
export const Step = { begin: 0, limits: 1, statement: 2, commit: 3, done: 4 } as const;

const BEGIN_READ = 'hg_read';
const BEGIN_WRITE = 'hg_write';
const LIMITS = 'hg_limits';
const COMMIT = 'hg_commit';
const ROLLBACK = 'hg_rollback';

/** statement_timeout is a 32-bit number of milliseconds. */
const MAX_TIMEOUT_MS = 2_147_483_647;

function built(build: (out: Outgoing) => void): Buffer {
  const out = new Outgoing();
  build(out);
  return Buffer.from(out.take());
}

function run(out: Outgoing, statement: string, parameters: readonly string[] = []): void {
  out.bind(statement, parameters);
  out.execute();
}

/** COMMIT and Sync. */
export const EPILOGUE = built((out) => {
  run(out, COMMIT);
  out.sync();
});

/** Ends a failed transaction. */
export const ROLLBACK_AND_SYNC = built((out) => {
  run(out, ROLLBACK);
  out.sync();
});

export const SYNC = built((out) => out.sync());

const prologues = new Map<string, Buffer>();

/** BEGIN and the time limit; kept, because callers use a handful of limits. */
export function prologue(access: 'read' | 'write', timeoutMs: number): Buffer {
  const limit = timeoutMs > 0 ? Math.min(Math.ceil(timeoutMs), MAX_TIMEOUT_MS) : 0;
  const key = `${access} ${limit}`;
  const known = prologues.get(key);
  if (known) return known;
  const bytes = built((out) => {
    run(out, access === 'read' ? BEGIN_READ : BEGIN_WRITE);
    run(out, LIMITS, [String(limit)]);
  });
  if (prologues.size >= 100) prologues.clear();
  prologues.set(key, bytes);
  return bytes;
}

/**
 * What a new (or reset) session gets once: settings that make values come in one spelling, a net against orphans, and
 * the prepared statements of the envelope. One write, one Sync.
 */
export function sessionSetup(out: Outgoing, serverVersion: number, searchPath: string | null): void {
  const settings: [string, string][] = [
    ['extra_float_digits', '3'], // shortest text that reads back as the same number
    ['IntervalStyle', 'postgres'],
    ['bytea_output', 'hex'],
    ['standard_conforming_strings', 'on'],
    ['idle_in_transaction_session_timeout', '60000'],
  ];
  // The server notices a vanished client even while it computes.
  if (serverVersion >= 14) settings.push(['client_connection_check_interval', '2000']);
  if (searchPath !== null) settings.push(['search_path', searchPath]);
  const calls = settings.map(
    ([name, value]) => `pg_catalog.set_config('${name}', '${value.replaceAll("'", "''")}', false)`,
  );
  out.parse('', `SELECT ${calls.join(', ')}`);
  run(out, '');
  out.parse(BEGIN_READ, 'BEGIN READ ONLY');
  out.parse(BEGIN_WRITE, 'BEGIN');
  out.parse(LIMITS, "SELECT pg_catalog.set_config('statement_timeout', $1, true)");
  out.parse(COMMIT, 'COMMIT');
  out.parse(ROLLBACK, 'ROLLBACK');
  out.sync();
}
