/** Says where in an extraction something went wrong: which source, table and column. */
import { BusyError, DomainError } from '../../domain/errors.ts';
import { sourceError } from '../errors.ts';

export interface Place {
  readonly source: string;
  readonly table?: string;
  readonly column?: string;
}

/**
 * The error with its place in message and `extra`, of the same class and code, so that what follows from it (another
 * attempt or not) stays the same. What is no error of the domain or of an engine comes back as it is.
 */
export function located(thrown: unknown, place: Place): unknown {
  const error = sourceError(thrown);
  if (!(error instanceof DomainError) || typeof error.extra.source === 'string') return error;
  const where = place.table === undefined ? place.source : `${place.source}, table ${place.table}`;
  const details = {
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    extra: { ...error.extra, ...place },
    cause: error,
    ...(error instanceof BusyError ? { retryAfterSeconds: error.retryAfterSeconds } : {}),
  };
  // Every class of the domain's errors is made of these three; none takes anything else.
  const SameClass = error.constructor as new (code: string, message: string, more: object) => DomainError;
  return new SameClass(error.code, `Source ${where}: ${error.message}`, details);
}
