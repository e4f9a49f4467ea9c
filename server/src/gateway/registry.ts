/**
 * Queries of this node: those that run, and the last finished ones. Other nodes are asked to cancel theirs through the
 * store's notifications.
 */
import type { Access } from '../domain/access/index.ts';
import { BusyError, DomainError, NotFoundError } from '../domain/errors.ts';
import { Permission } from '../domain/identity/permissions.ts';
import { type Principal, principalOf } from '../domain/identity/principal.ts';
import type { Column } from '../engines/engine.ts';
import { notify } from '../platform/database/index.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { QueryDirectory } from './index.ts';
import type { GatewayDeps } from './ports.ts';
import type { QueryState, QueryView } from './types.ts';

/** Finished queries kept per node. */
const KEPT = 1000;

/** How long another node gets to answer. */
const ANSWER_MS = 1500;

/** Name of the NOTIFY channel. */
export const queriesChannel = 'headgate_queries';

/** Why a query is ended from outside. */
export type CancelReason = 'asked' | 'client_gone' | 'timeout' | 'source_deleted' | 'shutting_down' | 'audit_failed';

/** One query as the registry knows it; the running query writes its numbers into it. */
export interface QueryRecord {
  readonly id: string;
  readonly principal: Principal;
  readonly source: { readonly id: number; readonly uid: string; readonly name: string; readonly engine: string };
  readonly statement: string;
  /** Ms since the epoch. */
  readonly startedAt: number;
  state: QueryState;
  /** Ms since the epoch; 0 while it runs. */
  finishedAt: number;
  columns: readonly Column[] | null;
  rows: number;
  bytes: number;
  error: { readonly code: string; readonly message: string } | null;
  /** Ends it; null once it has ended. */
  cancel: ((reason: CancelReason) => void) | null;
}

/** What nodes say to each other on the channel. */
type Message =
  | { readonly ask: string; readonly query: string; readonly user: number; readonly door: Principal['door'] }
  | { readonly answer: string; readonly found: boolean };

export class QueryRegistry implements QueryDirectory {
  readonly #deps: Pick<GatewayDeps, 'access' | 'store' | 'principals' | 'log'>;
  readonly #running = new Map<string, QueryRecord>();
  /** A ring: the next place to overwrite is `#next`. */
  readonly #finished: QueryRecord[] = [];
  #next = 0;
  readonly #finishedById = new Map<string, QueryRecord>();
  readonly #asked = new Map<string, (found: boolean) => void>();
  #idleTold: (() => void)[] = [];
  #stopListening: (() => Promise<void>) | undefined;

  constructor(deps: Pick<GatewayDeps, 'access' | 'store' | 'principals' | 'log'>) {
    this.#deps = deps;
  }

  /** Listens for requests of other nodes. */
  async start(): Promise<void> {
    if (this.#deps.store.kind === 'pglite') return; // there are no other nodes
    this.#stopListening = await this.#deps.store.listen(queriesChannel, (payload) => void this.#heard(payload));
  }

  async close(): Promise<void> {
    await this.#stopListening?.();
  }

  add(record: QueryRecord): void {
    this.#running.set(record.id, record);
  }

  /** Moves an ended query to the finished ones. */
  end(record: QueryRecord): void {
    record.cancel = null;
    this.#running.delete(record.id);
    const overwritten = this.#finished[this.#next];
    if (overwritten !== undefined) this.#finishedById.delete(overwritten.id);
    this.#finished[this.#next] = record;
    this.#next = (this.#next + 1) % KEPT;
    this.#finishedById.set(record.id, record);
    if (this.#running.size === 0 && this.#idleTold.length > 0) for (const tell of this.#idleTold.splice(0)) tell();
  }

  /** Rows of a running query so far (a little behind). */
  rowsOf(id: string): number {
    return this.#running.get(id)?.rows ?? 0;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleTold.push(resolve));
  }

  /** Ends everything that runs, or what runs on one source. */
  cancelAll(reason: CancelReason, sourceId?: number): void {
    for (const record of [...this.#running.values()]) {
      if (sourceId === undefined || record.source.id === sourceId) record.cancel?.(reason);
    }
  }

  async list(principal: Principal, options: { limit?: number } = {}): Promise<readonly QueryView[]> {
    const limit = options.limit ?? 100;
    const views: QueryView[] = [];
    for (const record of this.#newestFirst()) {
      if (views.length >= limit) break;
      if (await this.#maySee(principal, record)) views.push(view(record));
    }
    return views;
  }

  async get(principal: Principal, id: string): Promise<QueryView> {
    const record = this.#running.get(id) ?? this.#finishedById.get(id);
    if (record === undefined || !(await this.#maySee(principal, record))) throw notFound();
    return view(record);
  }

  async cancel(principal: Principal, id: string): Promise<void> {
    const record = this.#running.get(id) ?? this.#finishedById.get(id);
    if (record !== undefined) {
      if (!(await this.#maySee(principal, record))) throw notFound();
      record.cancel?.('asked');
      return;
    }
    if (!(await this.#askOthers(principal, id))) throw notFound();
  }

  *#newestFirst(): Iterable<QueryRecord> {
    yield* [...this.#running.values()].reverse();
    for (let back = 1; back <= this.#finished.length; back++) {
      const record = this.#finished[(this.#next - back + KEPT) % KEPT];
      if (record !== undefined) yield record;
    }
  }

  /** The own ones; all for administrators; those on sources that the caller may modify. */
  async #maySee(principal: Principal, record: QueryRecord): Promise<boolean> {
    if (record.principal.subject.id === principal.subject.id) return true;
    if (principal.subject.permissions.has(Permission.administrator)) return true;
    return mayModify(this.#deps.access, principal, record.source.uid);
  }

  async #askOthers(principal: Principal, id: string): Promise<boolean> {
    if (this.#stopListening === undefined) return false;
    const ask = uuidv7();
    const found = new Promise<boolean>((resolve) => {
      this.#asked.set(ask, resolve);
      setTimeout(resolve, ANSWER_MS, false).unref();
    });
    try {
      await this.#say({ ask, query: id, user: principal.subject.id, door: principal.door });
      return await found;
    } finally {
      this.#asked.delete(ask);
    }
  }

  async #heard(payload: string): Promise<void> {
    try {
      const message = JSON.parse(payload) as Message; // only nodes of this installation can write to the channel
      if ('answer' in message) {
        if (message.found) this.#asked.get(message.answer)?.(true);
        return;
      }
      const record = this.#running.get(message.query);
      if (record === undefined) return;
      const user = await this.#deps.principals.byId(message.user);
      if (user === null) return;
      const context = { door: message.door, requestId: message.ask, address: null };
      const principal = principalOf(user, context, { method: 'system' });
      if (!(await this.#maySee(principal, record))) return;
      record.cancel?.('asked');
      await this.#say({ answer: message.ask, found: true });
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'a request of another node about a query failed');
    }
  }

  #say(message: Message): Promise<void> {
    return notify(this.#deps.store.db, queriesChannel, JSON.stringify(message));
  }
}

async function mayModify(
  access: Pick<Access, 'resolve' | 'authorise'>,
  principal: Principal,
  sourceUid: string,
): Promise<boolean> {
  try {
    access.authorise(principal, 'source.modify', await access.resolve(principal, sourceUid));
    return true;
  } catch (error) {
    // A denial is an answer; a store that does not answer is not.
    if (error instanceof DomainError && !(error instanceof BusyError)) return false;
    throw error;
  }
}

function notFound(): NotFoundError {
  return new NotFoundError('query_not_found', 'There is no such query, or it ended too long ago.');
}

function view(record: QueryRecord): QueryView {
  return {
    id: record.id,
    source: { uid: record.source.uid, name: record.source.name },
    user: record.principal.subject.username,
    door: record.principal.door,
    state: record.state,
    statement: record.statement,
    startedAt: new Date(record.startedAt),
    finishedAt: record.finishedAt === 0 ? null : new Date(record.finishedAt),
    columns: record.columns?.map(({ name, kind, type }) => ({ name, kind, type })) ?? null,
    rows: record.rows,
    bytes: record.bytes,
    error: record.error,
  };
}
