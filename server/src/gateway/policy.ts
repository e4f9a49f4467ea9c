/**
 * Policy: the step between plan and execution in which row and column rules change a statement (decisions.md 26). It
 * asks the domain for the rules of a principal on a source, the source for what its tables are, and the engine for the
 * statement under the rules. What cannot be shown to keep them does not run: `policy_unprovable`.
 */
import type { SourceFacts } from '../domain/access/index.ts';
import { ForbiddenError } from '../domain/errors.ts';
import type { Principal } from '../domain/identity/principal.ts';
import type { Engine } from '../engines/engine.ts';
import { type PolicyCatalog, type PolicyEngine, type TableRules, UnprovableError } from '../engines/policy.ts';
import type { Connections } from './connections.ts';
import { sourceError } from './errors.ts';
import type { Plan } from './plan.ts';
import type { PostedCredential } from './types.ts';

/** What one principal may see of a source's tables. */
export interface SourceRules {
  readonly tables: readonly TableRules[];
  /** Why the rules cannot be kept at all, whatever the statement; null = they can. */
  readonly unprovable: string | null;
}

/** Where rules come from: the domain. */
export interface RuleBook {
  /** Null when no rule binds the principal there. */
  rulesFor(principal: Principal, facts: SourceFacts): Promise<SourceRules | null>;
}

/** How the source is reached for a statement. */
export interface Reach {
  readonly workspaceUid?: string;
  readonly posted?: PostedCredential;
}

/** A plan after the policy. `fenced`: it must run in a session of the engine's `fence`. */
export interface Bound {
  readonly plan: Plan;
  readonly fenced: boolean;
}

/** How long what was read about tables is believed. A table that turns into a view meanwhile is one until then. */
const KEPT_MS = 10_000;
const KEPT_CATALOGS = 500;
const READ_MS = 30_000;

interface Kept {
  readonly until: number;
  readonly catalog: Promise<PolicyCatalog>;
}

export class SourcePolicy {
  readonly #book: RuleBook | undefined;
  readonly #connections: Connections;
  readonly #catalogs = new Map<string, Kept>();

  constructor(book: RuleBook | undefined, connections: Connections) {
    this.#book = book;
    this.#connections = connections;
  }

  /** The rules of the principal on the source; null = none binds. */
  async rulesFor(principal: Principal, facts: SourceFacts): Promise<SourceRules | null> {
    if (!facts.ruled || this.#book === undefined) return null;
    return this.#book.rulesFor(principal, facts);
  }

  /** Columns of a table that the principal may not see at all, in lower case. */
  async forbiddenColumns(
    principal: Principal,
    facts: SourceFacts,
    schema: string,
    table: string,
  ): Promise<Set<string>> {
    const rules = await this.rulesFor(principal, facts);
    const names = (rules?.tables ?? []).flatMap((rule) => {
      const same = rule.name.toLowerCase() === table.toLowerCase() && (rule.schema ?? schema) === schema;
      return same ? [...rule.columns].flatMap(([name, treated]) => (treated === 'forbidden' ? [name] : [])) : [];
    });
    return new Set(names.map((name) => name.toLowerCase()));
  }

  /** The plan to run instead. Throws ForbiddenError `policy_unprovable`, and what reading the source's tables throws. */
  async apply(
    plan: Plan,
    engine: Engine,
    principal: Principal,
    facts: SourceFacts,
    reach: Reach,
    signal: AbortSignal,
  ): Promise<Bound> {
    const rules = await this.rulesFor(principal, facts);
    if (rules === null) return { plan, fenced: false };
    if (rules.unprovable !== null) throw policyRefusal(rules.unprovable);
    if (engine.policy === undefined) throw policyRefusal(`${engine.title} cannot be read under rules.`);
    if (plan.access === 'write') throw policyRefusal('Who is under a rule of this source may not write to it.');
    const { policy } = engine;
    try {
      const names = new Set([...policy.namesIn(plan.sql), ...rules.tables.map(({ name }) => name)]);
      const catalog = await this.#catalog(policy, [...names].sort(), principal, facts, reach, signal);
      return { plan: { ...plan, sql: policy.rewrite(plan.sql, catalog, rules.tables), ruled: true }, fenced: true };
    } catch (error) {
      throw error instanceof UnprovableError ? policyRefusal(error.message, error) : sourceError(error);
    }
  }

  async #catalog(
    policy: PolicyEngine,
    names: readonly string[],
    principal: Principal,
    facts: SourceFacts,
    { workspaceUid, posted }: Reach,
    signal: AbortSignal,
  ): Promise<PolicyCatalog> {
    const { request } = await this.#connections.prepare(principal, facts, {
      level: 'read',
      ...(workspaceUid === undefined ? {} : { workspaceUid }),
      ...(posted === undefined ? {} : { posted }),
    });
    const read = (until: AbortSignal): Promise<PolicyCatalog> =>
      this.#connections.borrow(request, until, (connection) => policy.describe(connection, names, until));
    // A posted login is used for one request alone.
    if (posted !== undefined) return read(signal);
    const key = JSON.stringify([facts.source.id, request.group.key, names]);
    const known = this.#catalogs.get(key);
    if (known !== undefined && known.until > performance.now()) return known.catalog;
    // Others may wait for it too: that one of them has gone does not end it.
    const catalog = read(AbortSignal.timeout(READ_MS));
    this.#catalogs.delete(key);
    if (this.#catalogs.size >= KEPT_CATALOGS) {
      for (const oldest of this.#catalogs.keys()) {
        this.#catalogs.delete(oldest);
        break;
      }
    }
    this.#catalogs.set(key, { until: performance.now() + KEPT_MS, catalog });
    catalog.catch(() => this.#catalogs.delete(key));
    return catalog;
  }
}

/** What may not run under rules. */
export function policyRefusal(reason: string, cause?: unknown): ForbiddenError {
  return new ForbiddenError('policy_unprovable', `Row and column rules bind here. ${reason}`, {
    field: 'sql',
    remedy: 'Read plain tables of the source with ordinary functions, or ask its owner.',
    cause,
  });
}
