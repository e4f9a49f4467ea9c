/** How errors are logged: what went wrong and where, never the values that were worked on. */
import { redactText } from './redact.ts';

/** Members of an error worth a log line. PostgreSQL's `detail` and `where` quote rows and parameters: left out. */
const shown = [
  'code',
  'errno',
  'syscall',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'field',
  'stage',
  'statusCode',
] as const;

/** Causes deeper than this are cut. */
const deepest = 5;

export interface SerializedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: SerializedError;
  readonly [member: string]: unknown;
}

/** The loggable form of anything thrown: redacted texts, chosen members, causes. */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error, message: redactText(textOf(error)) };
  const members: Record<string, unknown> = {};
  const held = error as unknown as Record<string, unknown>; // read by name only
  for (const name of shown) {
    const value = held[name];
    if (typeof value === 'string') members[name] = redactText(value);
    else if (typeof value === 'number') members[name] = value;
  }
  return {
    type: error.name,
    message: redactText(error.message),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...members,
    ...(error.cause === undefined || depth >= deepest ? {} : { cause: serializeError(error.cause, depth + 1) }),
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  return typeof value === 'object' ? 'a thrown object' : String(value);
}
