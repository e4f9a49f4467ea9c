/**
 * The errors of the domain: a small set of classes with a stable `code`. Each door turns them into its own body in
 * its `errors.ts`; nothing else in the domain knows about HTTP.
 *
 * A message is written for the person who reads it at 3 a.m.: what is wrong, and what to do. It never holds a secret.
 */

/** What an error may carry beside its message: all of it is shown to the caller. */
export interface ErrorDetails {
  /** The member of the input that is wrong, as a JSON pointer without the leading slash (`tls/mode`). */
  readonly field?: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** Further members of the native problem document, e.g. the holders of a lease. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** The underlying error: logged (redacted), never shown. */
  readonly cause?: unknown;
}

/** Base of all domain errors. */
export abstract class DomainError extends Error {
  /** Stable, lower snake case; part of the API. */
  readonly code: string;
  readonly field: string | undefined;
  readonly remedy: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.field = details.field;
    this.remedy = details.remedy;
    this.extra = details.extra ?? {};
  }
}

/** The input breaks a rule. */
export class InvalidError extends DomainError {}
/** No valid sign-in. */
export class UnauthenticatedError extends DomainError {}
/** Signed in, may see the thing, may not do this. */
export class ForbiddenError extends DomainError {}
/** Absent, or hidden from this caller: the two are indistinguishable. */
export class NotFoundError extends DomainError {}
/** The state of the thing forbids it now (name taken, in use, key reused). */
export class ConflictError extends DomainError {}
/** The caller's version of the thing is stale. */
export class PreconditionError extends DomainError {}
/** The input is larger than a limit. */
export class TooLargeError extends DomainError {}
/** A limit is used up for now; `retryAfterSeconds` says when to try again. */
export class BusyError extends DomainError {
  readonly retryAfterSeconds: number;
  constructor(code: string, message: string, details: ErrorDetails & { retryAfterSeconds?: number } = {}) {
    super(code, message, details);
    this.retryAfterSeconds = details.retryAfterSeconds ?? 1;
  }
}
/** A part that Headgate needs does not answer: its store, its key provider. */
export class UnavailableError extends DomainError {}
/** The data source refused or failed: connection, sign-in, statement. Not Headgate's own failure. */
export class SourceError extends DomainError {}
