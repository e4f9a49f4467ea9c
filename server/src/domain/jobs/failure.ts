/** What an executor's error means for its job. Pure. */
import { BusyError, DomainError, SourceError, UnavailableError } from '../errors.ts';
import type { JobFailure } from './transitions.ts';

/** Troubles of a source that often pass by themselves. */
const passingSourceCodes: ReadonlySet<string> = new Set([
  'unreachable',
  'connect_timeout',
  'connection_lost',
  'too_many_connections',
  'lock_conflict',
  'resource_exhausted',
]);

/** Trouble of the platform; known by its code, because it is no error of the domain. */
const platformMessages: Readonly<Record<string, string>> = {
  store_unavailable: "Headgate's store did not answer.",
  object_store_unavailable: 'The store of outputs did not answer.',
};

/** True when another attempt may succeed: a busy or unreachable source, an unavailable part, or a bug's surprise. */
export function isPassing(error: unknown): boolean {
  if (error instanceof BusyError || error instanceof UnavailableError) return true;
  if (error instanceof SourceError) return passingSourceCodes.has(error.code);
  if (error instanceof DomainError) return false;
  return true;
}

/** What callers see of it. A message that is not the domain's own could hold anything: it stays in the log. */
export function failureOf(error: unknown): JobFailure {
  if (error instanceof DomainError) {
    const { source, table, column } = error.extra;
    return {
      code: error.code,
      message: error.message,
      ...(typeof source === 'string' ? { source } : {}),
      ...(typeof table === 'string' ? { table } : {}),
      ...(typeof column === 'string' ? { column } : {}),
    };
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = Object.hasOwn(platformMessages, code) ? platformMessages[code] : undefined;
  if (message !== undefined) return { code, message };
  return { code: 'internal_error', message: 'Headgate failed; its log says why.' };
}
