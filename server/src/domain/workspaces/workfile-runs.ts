/** Running the statement of a file through the gateway, and stopping it (chorus.md §3.8). */
import { InvalidError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { callerOf, mayEdit } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { findUsable } from './found-source.ts';
import type { SchemaSummary } from './model.ts';
import type { Pairs } from './pairs.ts';
import { forbidden, invalid } from './refusals.ts';
import { findWorkspace, standingOf } from './rows.ts';
import { findWorkfile, type WorkfileKey } from './workfile-rows.ts';

/** What running a file takes. */
export interface Statement {
  readonly fileId: number;
  readonly text: string;
  readonly sourceUid: string;
  readonly source: SchemaSummary['source'];
  readonly workspaceUid: string;
}

export class WorkfileRuns {
  readonly #deps: WorkspaceDeps & { readonly pairs: Pairs };
  /** Statements of files that run on this node, by user, file and the client's own mark. */
  readonly #running = new Map<AbortController, { userId: number; fileId: number; mark: string | undefined }>();

  constructor(deps: WorkspaceDeps & { readonly pairs: Pairs }) {
    this.#deps = deps;
  }

  /**
   * The file's text, or another one in its place, and where it runs: in its own schema's source or the sandbox's. Throws
   * FieldsInvalidError `execution_schema`, `workfile`; SourceForbiddenError without a pair.
   */
  async statement(principal: Principal, key: WorkfileKey, text?: string): Promise<Statement> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const file = await findWorkfile(db, caller, key);
    const row = await findWorkspace(db, caller, file.workspace.id);
    if (!mayEdit(caller, standingOf(row))) throw forbidden('workspace');
    if (file.fileType !== 'sql') throw invalid('workfile', 'invalid_type', {});
    const schema = file.executionSchema ?? file.workspace.sandbox;
    if (schema === null) throw invalid('execution_schema', 'blank', {});
    // That protocol asks for a new pair and tries a refused one no more (§5); natively the database is asked again.
    if (principal.door === 'chorus') {
      const found = await findUsable(db, this.#deps.access, caller, schema.source.id);
      await this.#deps.pairs.require(principal, found, row.uid);
    }
    return {
      fileId: file.id,
      text: text ?? file.latest.content.toString('utf8'),
      sourceUid: schema.source.uid,
      source: schema.source,
      workspaceUid: file.workspace.uid,
    };
  }

  /** Runs work for a file so that `stop` ends it. `mark`: what the client calls this run. */
  async during<T>(
    principal: Principal,
    fileId: number,
    gone: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
    mark?: string,
  ): Promise<T> {
    const stopping = new AbortController();
    this.#running.set(stopping, { userId: principal.subject.id, fileId, mark });
    try {
      return await work(AbortSignal.any([gone, stopping.signal]));
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
      throw new InvalidError('run_stopped', 'The run was stopped.', { cause: error });
    } finally {
      this.#running.delete(stopping);
    }
  }

  /** Stops the caller's runs of a file on this node; with a mark that one alone. How many there were. */
  async stop(principal: Principal, key: WorkfileKey, mark?: string): Promise<number> {
    const { db } = this.#deps.store;
    const file = await findWorkfile(db, await callerOf(db, principal), key);
    const wanted = [...this.#running].filter(
      ([, run]) =>
        run.fileId === file.id && run.userId === principal.subject.id && (mark === undefined || run.mark === mark),
    );
    for (const [stopping] of wanted) stopping.abort();
    return wanted.length;
  }
}
