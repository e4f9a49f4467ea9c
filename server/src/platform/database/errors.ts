/** Errors of the store, and readers of the errors that PostgreSQL reports through it. */

/**
 * The store does not answer: no connection, connection lost, a time limit passed. Nothing was acknowledged; whether
 * a transaction that was committing landed is unknown. Doors answer 503 and callers may try again.
 */
export class StoreUnavailableError extends Error {
  readonly code = 'store_unavailable';
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreUnavailableError';
  }
}

/**
 * The store cannot be used as it is, and waiting will not help: its folder is in use by another process, its schema
 * is newer than this program, its PostgreSQL version is too old. The message says what to do.
 */
export class StoreRefusedError extends Error {
  readonly code: 'store_in_use' | 'store_too_new' | 'store_unsupported' | 'store_not_durable';
  constructor(code: StoreRefusedError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreRefusedError';
    this.code = code;
  }
}

function memberOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null && name in error
    ? (error as Record<string, unknown>)[name] // checked on the line above
    : undefined;
}

/** The SQLSTATE of a statement's error, or undefined when the error did not come from PostgreSQL. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = memberOf(error, 'code');
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function violates(error: unknown, sqlState: string, constraint: string | undefined): boolean {
  if (sqlStateOf(error) !== sqlState) return false;
  return constraint === undefined || memberOf(error, 'constraint') === constraint;
}

/** True for a unique violation, of the named constraint or index when one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23505', constraint);
}

/** True for a foreign key violation, of the named constraint when one is given. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23503', constraint);
}

/** SQLSTATE classes and codes with which PostgreSQL says that the connection, not the statement, is the problem. */
const unavailableStates = new Set(['57P01', '57P02', '57P03', '57P05', '57014', '53300', '25P03', '55P04']);

/** Codes of Node's sockets, and of pg, for a connection that could not be made or was cut. */
const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/** Turns what the driver threw into StoreUnavailableError where the store, not the statement, failed. */
export function translateStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailableError || error instanceof StoreRefusedError) return error;
  const state = sqlStateOf(error);
  if (state !== undefined) {
    if (!state.startsWith('08') && !unavailableStates.has(state)) return error;
    return new StoreUnavailableError(
      state === '57014' ? 'The store took too long to answer.' : 'The store does not accept work now.',
      error,
    );
  }
  const code = memberOf(error, 'code');
  const text = error instanceof Error ? error.message : '';
  const lost =
    (typeof code === 'string' && unavailableCodes.has(code)) ||
    /^(Connection terminated|timeout e?x?ceeded when trying to connect|timeout expired|Query read timeout|Client has encountered|Cannot use a pool|Client was closed)/i.test(
      text,
    );
  return lost ? new StoreUnavailableError('The store does not answer.', error) : error;
}
