/**
 * What this protocol says no with (fetcher.md §2.6): the domain's own error classes with a `FET-…` code, and in `extra`
 * what the answer shows beside it. The door turns the class into the status.
 */
import { ConflictError, type DomainError, InvalidError, NotFoundError } from '../errors.ts';

/** Reasons by member, as the answer's `fields` shows them. */
export type FieldReasons = Readonly<Record<string, string>>;

/** Which layer found it: failures of the whole record carry `entityType` (fetcher.md §2.4). */
export type FailureLayer = 'shape' | 'record';

const entity = (layer: FailureLayer): object => (layer === 'record' ? { entityType: 'connection' } : {});

/** The body is no JSON of the right types. */
export function unparsable(): InvalidError {
  return new InvalidError('FET-0001', 'unable to parse request body', { extra: { title: 'Invalid payload' } });
}

/** The body says nothing at all. */
export function emptyBody(): InvalidError {
  return new InvalidError('FET-0001', 'empty request body', { extra: { title: 'Invalid payload' } });
}

/** Members that are missing. */
export function missingFields(fields: FieldReasons, layer: FailureLayer = 'shape'): InvalidError {
  return new InvalidError('FET-0402', 'One or more required members are absent; `fields` names them.', {
    extra: { title: 'Missing Fields in Request', fields, ...entity(layer) },
  });
}

/** Members that are there and break a rule. */
export function invalidFields(fields: FieldReasons, layer: FailureLayer = 'shape'): InvalidError {
  return new InvalidError('FET-0001', 'One or more members are not valid; `fields` names them.', {
    extra: { title: 'Bad Request', fields, ...entity(layer) },
  });
}

/** Throws for the missing members when there are any, else for the invalid ones; returns when there is neither. */
export function refuseFields(missing: FieldReasons, invalid: FieldReasons, layer: FailureLayer): void {
  if (Object.keys(missing).length > 0) throw missingFields(missing, layer);
  if (Object.keys(invalid).length > 0) throw invalidFields(invalid, layer);
}

/** A 400 with a code and title of its own. */
export function refusal(code: string, title: string, message: string): InvalidError {
  return new InvalidError(code, message, { extra: { title } });
}

/** The address is not connected to. Neither the host nor the reason is told (fetcher.md §7.8). */
export function forbiddenHost(): InvalidError {
  return refusal('FET-0414', 'Forbidden Host', 'Host is not a valid external database endpoint');
}

/** Absent, deleted, hidden, or of another tenant. */
export function entityNotFound(entityName: 'connection' | 'job'): NotFoundError {
  return new NotFoundError('FET-1001', `There is no ${entityName} with this id.`, {
    extra: { title: 'Entity Not Found' },
  });
}

/** The state of a connection forbids it. */
export function conflict(code: string, title: string, message: string): ConflictError {
  return new ConflictError(code, message, { extra: { title } });
}

/** The live connection has this name already. */
export function nameTaken(): ConflictError {
  return conflict('FET-1002', 'Conflict', 'A connection with this configName exists already.');
}

/** Whether an error is one of ours. */
export function isRefusal(error: DomainError): boolean {
  return error.code.startsWith('FET-');
}
