/**
 * The path of a query: resolve → authorise → plan → policy → limits → credential → connection → run → stream.
 */

import type { Action, EffectiveLimits, SourceFacts } from '../domain/access/index.ts';
import { BusyError, ConflictError, DomainError, ForbiddenError, InvalidError } from '../domain/errors.ts';
import type { Principal } from '../domain/identity/principal.ts';
import type { ResolvedCredential } from '../domain/sources/index.ts';
import { accessTypeOf } from '../domain/usage/index.ts';
import { type Engine, EngineError, type StatementResult } from '../engines/engine.ts';
import { uuidv7 } from '../platform/ids.ts';
import { InFlight } from '../platform/in-flight.ts';
import type { Connections } from './connections.ts';
import { describeError } from './errors.ts';
import { type BuiltFormat, EncoderCache, isBuilt } from './formats/index.ts';
import { type GatewayMetrics, noMetrics } from './metrics.ts';
import { type Plan, Planner, requireRunnable, statementDetail } from './plan.ts';
import type { SourcePolicy } from './policy.ts';
import type { ConnectionRequest, Pooled, Pools } from './pools.ts';
import type { GatewayDeps } from './ports.ts';
import { QueryEvent } from './query-event.ts';
import type { QueryRecord, QueryRegistry } from './registry.ts';
import { RunningQuery } from './running.ts';
import { Turns } from './turns.ts';
import type { QueryOutcome, QueryOutput, QueryRequest } from './types.ts';

/** How often running queries are looked at: flush of trickling rows, audit of slow ones. */
const TICK_MS = 50;

/** Which action runs a statement, and which a writing one needs besides. */
export interface QueryActions {
  readonly read: Action;
  readonly write: Action;
}
const queryActions: QueryActions = { read: 'source.query', write: 'source.write' };

/** What follows from facts and request, kept as long as the facts are. */
interface Prepared {
  readonly limits: EffectiveLimits;
  readonly credential: ResolvedCredential;
  readonly connection: ConnectionRequest;
}

export interface QueryParts {
  readonly deps: GatewayDeps;
  readonly pools: Pools;
  readonly registry: QueryRegistry;
  readonly connections: Connections;
  readonly policy: SourcePolicy;
}

export class Queries {
  readonly #deps: GatewayDeps;
  readonly #pools: Pools;
  readonly #registry: QueryRegistry;
  readonly #connections: Connections;
  readonly #metrics: GatewayMetrics;
  readonly #policy: SourcePolicy;
  readonly #planner = new Planner();
  readonly #encoders = new EncoderCache();
  readonly #prepared = new WeakMap<SourceFacts, Map<string, Prepared>>();
  readonly #preparing = new WeakMap<SourceFacts, Map<string, Promise<Prepared>>>();
  readonly #running = new InFlight<RunningQuery>();
  readonly #turns = new Turns();
  #ticker: NodeJS.Timeout | undefined;
  #draining = false;

  constructor({ deps, pools, registry, connections, policy }: QueryParts) {
    this.#deps = deps;
    this.#pools = pools;
    this.#registry = registry;
    this.#connections = connections;
    this.#metrics = deps.metrics ?? noMetrics;
    this.#policy = policy;
  }

  /** Takes no more queries. */
  drain(): void {
    this.#draining = true;
  }

  /** See `Gateway.query`; `actions` differ for jobs. */
  async run(
    principal: Principal,
    nameOrUid: string,
    request: QueryRequest,
    output: QueryOutput,
    signal: AbortSignal,
    actions: QueryActions = queryActions,
  ): Promise<QueryOutcome> {
    if (this.#draining) throw new BusyError('shutting_down', 'This node is shutting down.');
    const format = requireFormat(request);
    const facts = await this.#deps.access.resolve(principal, nameOrUid);
    let plan: Plan | undefined;
    try {
      if (principal.address !== null) await this.#deps.addresses?.check('data', principal.address, principal.subject);
      this.#deps.access.authorise(principal, actions.read, facts);
      const engine = this.#engineOf(facts);
      plan = this.#planner.plan(engine, request.sql);
      requireRunnable(plan);
      if (plan.access === 'write') this.#requireWrite(principal, facts, request, actions);
      let fenced = false;
      if (facts.ruled) {
        const bound = await this.#policy.apply(plan, engine, principal, facts, reachOf(request), signal);
        ({ plan, fenced } = bound);
      }
      const need: Need = { access: plan.access, fenced, request };
      const ready = this.#keptFor(facts, need) ?? (await this.#prepareOnce(principal, facts, need));
      const giveBack = await this.#turn(principal, ready.limits, signal);
      try {
        return await this.#execute(principal, facts, plan, ready, request, format, output, signal, actions);
      } finally {
        giveBack?.();
      }
    } catch (error) {
      if (!recorded.has(error as object)) await this.#recordRefusal(principal, facts, plan, actions, error);
      throw error;
    }
  }

  /** Waits for the caller's turn where its requests are limited; hdp's limits are those of its OData door. */
  async #turn(principal: Principal, limits: EffectiveLimits, signal: AbortSignal): Promise<(() => void) | undefined> {
    const { id } = principal.subject;
    const { maxConcurrentQueries, requests } = limits;
    if (principal.door === 'odata' && requests !== null) return this.#turns.take(`odata ${id}`, requests, signal);
    if (maxConcurrentQueries === 0) return undefined;
    return this.#turns.take(String(id), { running: maxConcurrentQueries, waiting: 0 }, signal);
  }

  #engineOf(facts: SourceFacts): Engine {
    const id = facts.source.engine;
    const engine = id === null ? undefined : this.#deps.engines.get(id);
    if (engine === undefined) {
      throw new ConflictError('engine_unavailable', 'This installation keeps the source but has no engine to run it.');
    }
    return engine;
  }

  #requireWrite(principal: Principal, facts: SourceFacts, request: QueryRequest, actions: QueryActions): void {
    if (request.write !== true) {
      throw new InvalidError('write_not_requested', 'The statement writes, and the request does not say so.', {
        field: 'write',
        remedy: 'Say `"write": true` if it is meant to change data.',
      });
    }
    try {
      this.#deps.access.authorise(principal, actions.write, facts);
    } catch (error) {
      if (!(error instanceof ForbiddenError) || error.code !== 'permission_missing') throw error;
      throw new ForbiddenError('write_not_permitted', error.message, {
        remedy: 'Ask the owner of the source for the permission `write`.',
        extra: error.extra,
        cause: error,
      });
    }
  }

  #keptFor(facts: SourceFacts, need: Need): Prepared | undefined {
    if (need.request.credential !== undefined) return undefined;
    return this.#prepared.get(facts)?.get(keyOf(need));
  }

  /** Queries that need the same at the same time prepare it once. */
  #prepareOnce(principal: Principal, facts: SourceFacts, need: Need): Promise<Prepared> {
    if (need.request.credential !== undefined) return this.#prepare(principal, facts, need);
    const key = keyOf(need);
    let preparing = this.#preparing.get(facts);
    if (preparing === undefined) {
      preparing = new Map();
      this.#preparing.set(facts, preparing);
    }
    let promise = preparing.get(key);
    if (promise === undefined) {
      const keys = preparing;
      promise = this.#prepare(principal, facts, need).finally(() => keys.delete(key));
      preparing.set(key, promise);
    }
    return promise;
  }

  async #prepare(principal: Principal, facts: SourceFacts, need: Need): Promise<Prepared> {
    const { access, fenced, request } = need;
    const limits = await this.#deps.limits.effectiveLimits(facts, principal);
    const { credential, request: connection } = await this.#connections.prepare(principal, facts, {
      level: access,
      fenced,
      ...reachOf(request),
    });
    const ready = { limits, credential, connection };
    if (request.credential === undefined) {
      let kept = this.#prepared.get(facts);
      if (kept === undefined) {
        kept = new Map();
        this.#prepared.set(facts, kept);
      }
      kept.set(keyOf(need), ready);
    }
    return ready;
  }

  async #execute(
    principal: Principal,
    facts: SourceFacts,
    plan: Plan,
    ready: Prepared,
    request: QueryRequest,
    format: BuiltFormat,
    output: QueryOutput,
    signal: AbortSignal,
    actions: QueryActions,
  ): Promise<QueryOutcome> {
    const { config } = this.#deps;
    const { source } = facts;
    const record: QueryRecord = {
      id: uuidv7(),
      principal,
      source: { id: source.id, uid: source.uid, name: source.name, engine: source.engine ?? '' },
      statement: plan.classification.literalFree,
      startedAt: Date.now(),
      state: 'running',
      finishedAt: 0,
      columns: null,
      rows: 0,
      bytes: 0,
      error: null,
      cancel: null,
    };
    const { limits } = ready;
    const timeoutMs = lowest(request.timeoutMs, limits.timeoutMs, config.queryTimeoutMs);
    const event = new QueryEvent({
      deps: this.#deps,
      principal,
      facts,
      action: actions[plan.access],
      plan,
      credential: ready.credential,
      record,
      request,
    });
    const running = new RunningQuery({
      record,
      output,
      encoders: this.#encoders,
      format,
      numbers: request.numbers ?? 'string',
      limits: {
        maxRows: lowest(lowest(request.maxRows, limits.maxFetchRows, 0), limits.maxRows, config.queryMaxRows),
        maxBytes: lowest(undefined, limits.maxBytes, config.queryMaxBytes),
      },
      timeoutMs,
      onAuditDue: () => event.due(running),
    });
    record.cancel = (reason) => running.cancel(reason);
    const onAbort = () => running.cancel('client_gone');
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    this.#registry.add(record);
    this.#watch(running);
    try {
      if (plan.access === 'write') await event.before();
      const statement = { sql: plan.sql, parameters: request.parameters ?? [], access: plan.access, timeoutMs };
      const result = await this.#runOnce(running, ready.connection, statement);
      const finishing = running.finish();
      if (finishing !== undefined) await finishing;
      await event.done(running);
      running.openGate();
      const outcome = running.complete(result);
      event.ended();
      return outcome;
    } catch (error) {
      const outcome = running.fail(running.explain(error));
      await event.failed();
      if (outcome instanceof Error) {
        recorded.add(outcome);
        throw outcome;
      }
      return outcome;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#running.delete(running);
      this.#registry.end(record);
      this.#deps.usage?.add({
        tenantId: source.tenantId,
        userId: principal.subject.id,
        sourceId: source.id,
        accessType: accessTypeOf(principal.door, actions.read),
        rows: record.rows,
        bytes: record.bytes,
      });
      this.#metrics.queryEnded({
        engine: record.source.engine,
        state: record.state,
        seconds: (record.finishedAt - record.startedAt) / 1000,
        rows: record.rows,
        bytes: record.bytes,
      });
    }
  }

  /** Runs on a pooled connection; a read on one that turns out dead is tried once more on a new one. */
  async #runOnce(
    running: RunningQuery,
    connection: ConnectionRequest,
    statement: Parameters<RunningQuery['run']>[1],
  ): Promise<StatementResult> {
    for (let fresh = false; ; fresh = true) {
      let pooled: Pooled | Promise<Pooled> = this.#pools.acquire(connection, running.waitSignal, fresh);
      if (pooled instanceof Promise) pooled = await pooled;
      let clean = false;
      try {
        const result = await running.run(pooled.connection, statement);
        clean = statement.access === 'read' && !result.stopped && running.reason === undefined;
        return result;
      } catch (error) {
        const lost = error instanceof EngineError && error.code === 'connection_lost';
        const again = lost && pooled.reused && !fresh && statement.access === 'read' && !running.sawColumns;
        if (!again || running.reason !== undefined) throw error;
      } finally {
        this.#pools.release(pooled, clean ? 'clean' : 'used');
      }
    }
  }

  #watch(running: RunningQuery): void {
    this.#running.add(running);
    this.#ticker ??= setInterval(() => {
      if (this.#running.size === 0) {
        clearInterval(this.#ticker);
        this.#ticker = undefined;
        return;
      }
      for (const one of this.#running) one.tick();
    }, TICK_MS);
    this.#ticker.unref();
  }

  /** A statement that was refused before it became a query. */
  async #recordRefusal(
    principal: Principal,
    facts: SourceFacts,
    plan: Plan | undefined,
    actions: QueryActions,
    error: unknown,
  ): Promise<void> {
    const { source } = facts;
    const refused = error instanceof DomainError;
    try {
      await this.#deps.audit.recordNow(principal, {
        action: actions[plan?.access ?? 'read'],
        outcome: refused && !(error instanceof BusyError) ? 'denied' : 'failed',
        resource: { type: 'source', uid: source.uid, name: source.name },
        tenantId: source.tenantId,
        detail: {
          code: describeError(error).code,
          ...(plan === undefined ? {} : statementDetail(plan, this.#deps.config.auditStatementText)),
        },
      });
    } catch (auditError) {
      // The caller is refused anyway; its own error tells it more.
      this.#deps.log.error({ err: auditError }, 'a refused statement could not be audited');
    }
  }
}

/** What a statement needs of a connection. */
interface Need {
  readonly access: Plan['access'];
  readonly fenced: boolean;
  readonly request: QueryRequest;
}

const keyOf = ({ access, fenced, request }: Need): string => {
  const kind = fenced ? 'fenced' : access;
  return request.workspace === undefined ? kind : `${kind} ${request.workspace}`;
};

const reachOf = ({ workspace, credential }: QueryRequest) => ({
  ...(workspace === undefined ? {} : { workspaceUid: workspace }),
  ...(credential === undefined ? {} : { posted: credential }),
});

/** Errors whose audit event exists already. */
const recorded = new WeakSet<object>();

function requireFormat(request: QueryRequest): BuiltFormat {
  const format = request.format ?? 'ndjson';
  if (!isBuilt(format)) {
    throw new InvalidError('format_unsupported', `Results cannot be had as ${format} yet.`, {
      field: 'format',
      remedy: 'Ask for ndjson, json, csv or parquet.',
    });
  }
  return format;
}

/** The lowest of the limits that are set; 0 and absent mean none. */
function lowest(a: number | undefined, b: number, c: number): number {
  const set = a !== undefined && a > 0 ? a : 0;
  const most = set === 0 || (b > 0 && b < set) ? b : set;
  return most === 0 || (c > 0 && c < most) ? c : most;
}
