/**
 * What audit hears of a query (U1, decisions.md 33). A write is recorded before it is sent. A read runs at once, but
 * nothing of it leaves before its event is durable: a result that is complete by then has one event that also tells
 * rows, bytes and time; a longer one has its event when the first rows are there (50 ms after its start at the latest)
 * and a second event, `….ended`, at its end. Refusals and failures are recorded too.
 */
import type { Action, SourceFacts } from '../domain/access/index.ts';
import type { Principal } from '../domain/identity/principal.ts';
import type { ResolvedCredential } from '../domain/sources/index.ts';
import { type Plan, statementDetail } from './plan.ts';
import type { GatewayDeps } from './ports.ts';
import type { QueryRecord } from './registry.ts';
import type { RunningQuery } from './running.ts';
import type { QueryRequest } from './types.ts';

export interface QueryEventParts {
  readonly deps: Pick<GatewayDeps, 'audit' | 'config' | 'log'>;
  readonly principal: Principal;
  readonly facts: SourceFacts;
  readonly action: Action;
  readonly plan: Plan;
  readonly credential: ResolvedCredential;
  readonly record: QueryRecord;
  readonly request: QueryRequest;
}

/** The audit events of one query. */
export class QueryEvent {
  readonly #of: QueryEventParts;
  #first: Promise<void> | undefined;
  /** The first event told the whole story. */
  #whole = false;

  constructor(parts: QueryEventParts) {
    this.#of = parts;
  }

  /** A write: durable before the statement is sent. */
  async before(): Promise<void> {
    this.#first = this.#recordNow('allowed', {});
    await this.#first;
  }

  /** A read that lasts: its rows may leave once the event is durable, and it ends when the event cannot be. */
  due(running: RunningQuery): void {
    if (this.#first !== undefined) return;
    this.#first = this.#recordNow('allowed', {});
    this.#first.then(
      () => running.openGate(),
      () => running.cancel('audit_failed'),
    );
  }

  /** The statement is over: resolves once its result may leave. */
  done(running: RunningQuery): Promise<void> {
    if (this.#first === undefined) {
      this.#whole = true;
      this.#first = this.#recordNow('allowed', running.progress);
    }
    return this.#first;
  }

  /** Everything has left. */
  ended(): void {
    if (!this.#whole) this.#background('allowed');
  }

  /** The statement failed. Nothing of it has been recorded yet → one event, before the caller hears of it. */
  async failed(): Promise<void> {
    if (this.#first !== undefined) {
      this.#background('failed');
      return;
    }
    try {
      this.#first = this.#recordNow('failed', this.#endDetail());
      await this.#first;
    } catch (error) {
      this.#of.deps.log.error({ err: error }, 'a failed statement could not be audited');
    }
  }

  #background(outcome: 'allowed' | 'failed'): void {
    const { source } = this.#of.facts;
    this.#of.deps.audit
      .recordNow(this.#of.principal, {
        action: `${this.#of.action}.ended`,
        outcome,
        resource: { type: 'source', uid: source.uid, name: source.name },
        tenantId: source.tenantId,
        detail: { queryId: this.#of.record.id, ...this.#endDetail() },
      })
      .catch((error: unknown) => this.#of.deps.log.error({ err: error }, 'the end of a query could not be audited'));
  }

  #endDetail(): Record<string, unknown> {
    const { state, rows, bytes, startedAt, finishedAt, error } = this.#of.record;
    return { state, rows, bytes, durationMs: finishedAt - startedAt, ...(error === null ? {} : { code: error.code }) };
  }

  #recordNow(outcome: 'allowed' | 'failed', more: Record<string, unknown>): Promise<void> {
    const { source } = this.#of.facts;
    const request = this.#of.request;
    const detail: Record<string, unknown> = {
      queryId: this.#of.record.id,
      ...statementDetail(this.#of.plan, this.#of.deps.config.auditStatementText),
      credential: this.#of.credential.kind,
      login: this.#of.credential.username,
      ...more,
    };
    if (request.parameters !== undefined) detail.parameters = request.parameters.length;
    if (request.workspace !== undefined) detail.workspace = request.workspace;
    return this.#of.deps.audit.recordNow(this.#of.principal, {
      action: this.#of.action,
      outcome,
      resource: { type: 'source', uid: source.uid, name: source.name },
      tenantId: source.tenantId,
      detail,
    });
  }
}
