/** Refusals of workspaces, in words that every door can turn into its own. */
import { ConflictError, ForbiddenError, InvalidError, NotFoundError, SourceError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { SourceSummary } from './model.ts';

/** One thing that is wrong with one member. `code` is a word of chorus.md §3.0 in lower case. */
export interface FieldProblem {
  readonly field: string;
  readonly code: string;
  /** What the code needs to be told: `{count: 64}`. Null where the protocol says null. */
  readonly context?: Readonly<Record<string, unknown>> | null;
}

/** Several members of an input break rules; all of them are told at once. */
export class FieldsInvalidError extends InvalidError {
  readonly problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    const [first] = problems;
    const told = problems.map(({ field, code }) => `${field} (${code.replaceAll('_', ' ')})`).join(', ');
    super('invalid_fields', `These members are not in order: ${told}.`, {
      ...(first === undefined ? {} : { field: first.field }),
      extra: { problems },
    });
    this.problems = problems;
  }
}

/** One member breaks one rule. */
export function invalid(field: string, code: string, context?: FieldProblem['context']): FieldsInvalidError {
  return new FieldsInvalidError([{ field, code, ...(context === undefined ? {} : { context }) }]);
}

/** A source may not be used or changed so by this caller; `source` says which, in the words of the protocol. */
export class SourceForbiddenError extends ForbiddenError {
  readonly source: SourceSummary;
  /** The database refuses the stored pair. */
  readonly refused: boolean;

  constructor(source: SourceSummary, refused = false) {
    super(
      refused ? 'credential_refused' : 'permission_missing',
      refused
        ? `The database refuses the stored user name and password for "${source.name}".`
        : `This is for the owner of "${source.name}" and administrators.`,
      { remedy: refused ? 'Store a pair that works.' : 'Ask the owner of the data source.' },
    );
    this.source = source;
    this.refused = refused;
  }
}

/** A database failed. `kind` is a word of chorus.md §3.0; names and passwords are masked in the message. */
export class DatabaseFailedError extends SourceError {
  readonly kind: string;

  constructor(kind: string, message: string, cause?: unknown) {
    super(kind.toLowerCase(), message, { cause });
    this.kind = kind;
  }
}

/** Absent; on doors that hide, also: not for this caller. */
export function notFound(what: string): NotFoundError {
  return new NotFoundError(`${what.replaceAll(' ', '_')}_not_found`, `There is no such ${what}.`);
}

/**
 * The caller may not see the thing. The chorus protocol says so (decisions.md 5); elsewhere it is as if it were not
 * there.
 */
export function hidden(principal: Principal, what: string): ForbiddenError | NotFoundError {
  return principal.door === 'chorus' ? forbidden(what) : notFound(what);
}

/** The caller may see the thing and not do this with it. */
export function forbidden(what: string, message = `You may not do this with this ${what}.`): ForbiddenError {
  return new ForbiddenError('permission_missing', message, { remedy: `Ask the owner of the ${what}.` });
}

/** An archived workspace takes no changes of its content. */
export function archived(): ConflictError {
  return new ConflictError('workspace_archived', 'The workspace is archived.', {
    field: 'workspace',
    remedy: 'Take it out of the archive first.',
  });
}
