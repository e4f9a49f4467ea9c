/** Running SQL files and stopping them (chorus.md §3.8). */
import { ConflictError, ForbiddenError, InvalidError, NotFoundError, SourceError } from '../../domain/errors.ts';
import { DatabaseFailedError, SourceForbiddenError } from '../../domain/workspaces/index.ts';
import type { QueryOutcome, QueryOutput, ResultMeta } from '../../gateway/index.ts';
import { goneSignal } from '../../platform/http/index.ts';
import { type Fields, plainText } from './params.ts';
import { type ChorusCall, enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

/** Rows that a run shows at most. */
const shownRows = 1000;
const tag = 'workfiles';
const one = '/workfiles/:id';

/** Keeps a result in memory: it is a page of rows. */
class Collected implements QueryOutput {
  readonly #chunks: Buffer[] = [];
  columns: ResultMeta['columns'] = [];

  start(meta: ResultMeta): void {
    this.columns = meta.columns;
  }

  write(chunk: Buffer, release?: () => void): boolean {
    this.#chunks.push(Buffer.from(chunk));
    release?.();
    return true;
  }

  whenDrained(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {}

  abort(): void {}

  /** The rows, from one JSON object a line. */
  rows(): Record<string, unknown>[] {
    const lines = Buffer.concat(this.#chunks).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }
}

interface Run {
  readonly outcome: QueryOutcome;
  readonly columns: readonly { name: string; data_type: string }[];
  readonly rows: readonly Record<string, unknown>[];
}

/** Runs a file's statement, or another text in its place; the first rows come with the answer. */
async function run(
  { workfileRuns, gateway }: ChorusServices,
  { principal, reply, id }: ChorusCall,
  { sql, mark }: { readonly sql?: string | undefined; readonly mark?: string | undefined } = {},
): Promise<Run> {
  const { fileId, text, sourceUid, source, workspaceUid } = await workfileRuns.statement(principal, id('id'), sql);
  const output = new Collected();
  const request = { sql: text, workspace: workspaceUid, maxRows: shownRows, format: 'ndjson' } as const;
  try {
    const outcome = await workfileRuns.during(
      principal,
      fileId,
      goneSignal(reply.raw),
      (signal) => gateway.query(principal, sourceUid, request, output, signal),
      mark,
    );
    if (outcome.failure instanceof Error) throw outcome.failure;
    const columns = output.columns.map(({ name, type }) => ({ name, data_type: type }));
    return { outcome, columns, rows: output.rows() };
  } catch (error) {
    const missing = error instanceof ConflictError && error.code === 'credential_missing';
    if (error instanceof SourceError && error.code === 'login_failed') throw new SourceForbiddenError(source, true);
    const denied = error instanceof ForbiddenError && error.code === 'permission_missing';
    // Who has no pair is asked for one by the client.
    if (missing || denied || error instanceof NotFoundError) throw new SourceForbiddenError(source);
    // Another pair would not help a statement that writes, or that nobody may run.
    const about = error instanceof ForbiddenError || (error instanceof InvalidError && error.code !== 'run_stopped');
    if (about) throw new DatabaseFailedError('INVALID_STATEMENT', error.message, error);
    throw error;
  }
}

const markOf = (params: Fields): string | undefined => plainText(params.check_id);

export function registerRuns(routes: Routes, services: ChorusServices): void {
  const { workfiles, workfileRuns } = services;
  routes.add(
    {
      method: 'POST',
      path: `${one}/run`,
      id: 'runWorkfile',
      tag,
      summary: "Run SQL with the workspace's pair.",
      status: 202,
    },
    async (call) => {
      const { outcome, columns, rows } = await run(services, call);
      return enveloped({ id: outcome.queryId, state: outcome.state, columns, rows, complete_json: true });
    },
  );
  routes.add(
    { method: 'POST', path: `${one}/stop`, id: 'stopWorkfile', tag, summary: 'Stop my runs of it.', status: 202 },
    async ({ principal, id }) => {
      await workfileRuns.stop(principal, id('id'));
      return {};
    },
  );
  routes.add(
    {
      method: 'POST',
      path: `${one}/executions`,
      id: 'executeWorkfile',
      tag,
      summary: 'Run a text in place of the file; `check_id` is what the client calls this run.',
      status: 201,
    },
    async (call) => {
      const asked = { sql: plainText(call.params.sql), mark: markOf(call.params) };
      const { outcome, columns, rows } = await run(services, call, asked);
      return enveloped({
        columns,
        rows: rows.map((row) => Object.values(row)),
        warnings: outcome.state === 'truncated' ? [`Only the first ${shownRows} rows are shown.`] : [],
        complete_json: true,
      });
    },
  );
  routes.add(
    {
      method: 'DELETE',
      path: `${one}/executions/:mark`,
      id: 'cancelExecution',
      tag,
      summary: 'Stop the run that the client calls so.',
    },
    async ({ principal, request, id }) => {
      const { mark = '' } = request.params as Record<string, string>; // the router gives texts
      await workfileRuns.stop(principal, id('id'), mark);
      return {};
    },
  );
  routes.add(
    {
      method: 'POST',
      path: `${one}/results`,
      id: 'keepResult',
      tag,
      summary: 'Results of workflows: there are none.',
      status: 201,
    },
    async ({ principal, id }) => {
      await workfiles.get(principal, id('id'));
      throw new NotFoundError('result_not_found', 'There is no such result.');
    },
  );
}
