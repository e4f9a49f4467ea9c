/**
 * What every session is set to, and why.
 *
 * - `time_zone` +00:00: TIMESTAMP values are UTC.
 * - `tx_read_only` for reads: every statement of the session then runs in a read-only transaction of its own, also after
 *   something committed implicitly. A transaction opened with START TRANSACTION READ ONLY would end at the first DDL
 *   statement; this does not, and it costs no further round trip.
 * - `sql_mode` stays the server's, less the modes that change how text is *parsed*: the classifier and the server must
 *   read a statement the same way. The modes that change results are the server's business (documented in docs/engines).
 * - `character_set_client` utf8mb4, for the same reason: in some other sets a quote can be half of a character.
 * These are sent before every statement, in the same write: a stored function may have changed the session before.
 */
import { COMMAND, command } from './protocol.ts';
import type { SessionFacts } from './session.ts';

/** Modes under which the server reads a statement differently than we do. */
const PARSING_MODES = new Set([
  'ANSI',
  'ANSI_QUOTES',
  'DB2',
  'HIGH_NOT_PRECEDENCE',
  'IGNORE_SPACE',
  'MAXDB',
  'MSSQL',
  'NO_BACKSLASH_ESCAPES',
  'ORACLE',
  'PIPES_AS_CONCAT',
  'POSTGRESQL',
]);

/** Seconds that the server waits for a slow reader before it gives up on a result. */
const WRITE_TIMEOUT_SECONDS = 600;

/** Once after sign-in and after every reset. */
export function initialSettings(facts: SessionFacts): string {
  return (
    `SET NAMES utf8mb4, SESSION autocommit=1, SESSION time_zone='+00:00', ` +
    `SESSION net_write_timeout=${WRITE_TIMEOUT_SECONDS}, SESSION ${readOnlyVariable(facts)}=1`
  );
}

/** The server's own modes without those that change parsing. */
export function parsingSafeMode(sqlMode: string): string {
  return sqlMode
    .split(',')
    .filter((mode) => mode !== '' && !PARSING_MODES.has(mode.toUpperCase()) && /^\w+$/.test(mode))
    .join(',');
}

/** Makes the command that precedes each statement; remembers the last ones, since requests repeat. */
export class StatementSettings {
  readonly #facts: SessionFacts;
  readonly #sqlMode: string;
  readonly #commands = new Map<string, Buffer>();

  constructor(facts: SessionFacts, sqlMode: string) {
    this.#facts = facts;
    this.#sqlMode = sqlMode;
  }

  command(access: 'read' | 'write', timeoutMs: number): Buffer {
    const key = `${access}${timeoutMs}`;
    const known = this.#commands.get(key);
    if (known) return known;
    const made = command(
      COMMAND.query,
      `SET SESSION ${readOnlyVariable(this.#facts)}=${access === 'read' ? 1 : 0}${timeout(this.#facts, timeoutMs)}` +
        `,sql_mode='${this.#sqlMode}',character_set_client=utf8mb4`,
    );
    if (this.#commands.size > 16) this.#commands.clear();
    this.#commands.set(key, made);
    return made;
  }
}

function readOnlyVariable(facts: SessionFacts): string {
  const [major, minor] = version(facts);
  if (facts.mariadb) return major > 11 || (major === 11 && minor >= 1) ? 'transaction_read_only' : 'tx_read_only';
  return major >= 8 ? 'transaction_read_only' : 'tx_read_only';
}

/** MariaDB limits every statement, MySQL only SELECT; the gateway's own timer covers the rest. 0 = no limit. */
function timeout(facts: SessionFacts, timeoutMs: number): string {
  const limit = Math.max(0, Math.ceil(timeoutMs));
  if (facts.mariadb) return `,max_statement_time=${limit / 1000}`;
  const [major, minor] = version(facts);
  return major > 5 || minor >= 7 ? `,max_execution_time=${Math.min(limit, 0xff_ff_ff_ff)}` : '';
}

function version(facts: SessionFacts): [major: number, minor: number] {
  const match = /^(\d+)\.(\d+)/.exec(facts.serverVersion);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}
