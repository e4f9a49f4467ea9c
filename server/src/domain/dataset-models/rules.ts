/** The rules of a dataset model, its switches, and what follows from them for a user. */
import { sql, type Transaction } from 'kysely';
import type { DB, Executor } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import { announce, effectivePermissions } from '../access/index.ts';
import type { PolicySwitches, SourcePolicy } from '../access/policy/index.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import type { Principals } from '../identity/principals.ts';
import { requireScope } from '../identity/scopes.ts';
import { requireKeeper, type Setting } from './authority.ts';
import { checkRule } from './check.ts';
import { type DatasetModelDeps, type DatasetModels, recordDataset } from './datasets.ts';
import type { RuleInput, RuleView } from './model.ts';
import { presentRule, readRules, switchesOf } from './rows.ts';
import type { DatasetRuleBook } from './rule-book.ts';

export interface RuleDeps extends DatasetModelDeps {
  readonly models: DatasetModels;
  readonly book: DatasetRuleBook;
  readonly principals: Pick<Principals, 'byUsername'>;
}

/** What a user may see of a source's tables, and why. */
export interface EffectivePolicy {
  readonly user: string;
  /** The user acts as owner of the source: no rule binds. */
  readonly exempt: boolean;
  /** Null = every table as it is. */
  readonly policy: SourcePolicy | null;
}

/** Lists of rules come whole, and every query reads those of its source. */
const mostRules = 1000;

const ruleNotFound = (): NotFoundError => new NotFoundError('rule_not_found', 'The dataset has no such rule.');

export class DatasetRules {
  readonly #deps: RuleDeps;

  constructor(deps: RuleDeps) {
    this.#deps = deps;
  }

  async switches(principal: Principal, dataset: string, setting?: Setting): Promise<PolicySwitches> {
    requireScope(principal, 'read');
    const { row } = await this.#deps.models.find(this.#deps.store.db, principal, dataset, setting);
    return switchesOf(row);
  }

  /** Changes those that are given. */
  async setSwitches(
    principal: Principal,
    dataset: string,
    change: Partial<PolicySwitches>,
    setting?: Setting,
  ): Promise<PolicySwitches> {
    requireScope(principal, 'write');
    const { store, models, audit, clock } = this.#deps;
    return store.transaction(async (trx) => {
      const { row, facts } = await models.find(trx, principal, dataset, setting, 'update');
      requireKeeper(principal, facts, setting);
      const now = { ...switchesOf(row), ...definedOf(change) };
      await trx
        .updateTable('dataset_model')
        .set({
          row_rules_on: now.rowsOn,
          row_by_condition_on: now.byConditionOn,
          row_by_tag_on: now.byTagOn,
          others_see_rows: now.othersSeeRows,
          column_rules_on: now.columnsOn,
          updated_by: principal.subject.id,
          updated_at: clock.now(),
          version: row.version + 1,
        })
        .where('id', '=', row.id)
        .execute();
      await recordDataset(audit, trx, principal, row, 'dataset.policy', { ...now });
      await announce(trx, `s:${row.source_id}`);
      return now;
    });
  }

  /** For rule keepers, in the order in which they were made. `kinds` narrows; the window counts rules. */
  async list(
    principal: Principal,
    dataset: string,
    options: {
      readonly setting?: Setting | undefined;
      readonly kinds?: readonly RuleInput['kind'][];
      readonly limit?: number;
      readonly offset?: number;
      /** Those that are on first, or last. */
      readonly byState?: 'asc' | 'desc' | undefined;
    } = {},
  ): Promise<{ readonly items: readonly RuleView[]; readonly count: number }> {
    requireScope(principal, 'read');
    const { store, models } = this.#deps;
    const { row, facts } = await models.find(store.db, principal, dataset, options.setting);
    requireKeeper(principal, facts, options.setting);
    const kinds = options.kinds ?? ['condition', 'tag', 'forbid', 'mask'];
    const condition = sql<boolean>`r.dataset_id = ${row.id} and r.kind = any(${[...kinds]}::text[])`;
    const order =
      options.byState === undefined
        ? sql`r.id`
        : sql`r.is_on ${sql.raw(options.byState === 'asc' ? 'asc' : 'desc')}, r.id`;
    const window = sql`order by ${order} limit ${options.limit ?? 1000} offset ${options.offset ?? 0}`;
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from dataset_rule r where ${condition}`.execute(store.db);
    return { items: (await readRules(store.db, condition, window)).map(presentRule), count: rows[0]?.count ?? 0 };
  }

  async get(principal: Principal, dataset: string, rule: string, setting?: Setting): Promise<RuleView> {
    requireScope(principal, 'read');
    const { row, facts } = await this.#deps.models.find(this.#deps.store.db, principal, dataset, setting);
    requireKeeper(principal, facts, setting);
    return this.#ruleOf(this.#deps.store.db, row.id, rule);
  }

  /** Makes a rule, or replaces the one named `rule`; see `saveAll`. */
  async save(
    principal: Principal,
    dataset: string,
    rule: string | null,
    input: RuleInput,
    setting?: Setting,
  ): Promise<RuleView> {
    const [saved] = await this.saveAll(principal, dataset, [{ rule, input }], setting);
    return saved!; // one went in
  }

  /**
   * Makes and replaces rules, all or none. Throws InvalidError `invalid_rule`, NotFoundError `rule_not_found`,
   * ForbiddenError `not_owner`.
   */
  async saveAll(
    principal: Principal,
    dataset: string,
    writes: readonly { readonly rule: string | null; readonly input: RuleInput }[],
    setting?: Setting,
  ): Promise<readonly RuleView[]> {
    requireScope(principal, 'write');
    const { store, models, audit } = this.#deps;
    return store.transaction(async (trx) => {
      const { row, facts } = await models.find(trx, principal, dataset, setting, 'update');
      requireKeeper(principal, facts, setting);
      const saved: RuleView[] = [];
      await requireRoom(trx, row.id, writes.filter(({ rule }) => rule === null).length);
      for (const { rule, input } of writes) {
        checkRule(input, row.tables);
        await requireSubjects(trx, row.tenant_id, input);
        const uid = await this.#write(trx, principal, row.id, rule, input);
        const { kind, scope, enabled } = input;
        const action = rule === null ? 'dataset.rule.create' : 'dataset.rule.update';
        await recordDataset(audit, trx, principal, row, action, { rule: uid, kind, scope, enabled });
        saved.push(await this.#ruleOf(trx, row.id, uid));
      }
      await announce(trx, `s:${row.source_id}`);
      return saved;
    });
  }

  async #write(
    trx: Transaction<DB>,
    principal: Principal,
    datasetId: number,
    rule: string | null,
    input: RuleInput,
  ): Promise<string> {
    const { where, columns, mask, display } = input;
    const now = this.#deps.clock.now();
    const by = principal.subject.id;
    const values = {
      name: input.name,
      is_on: input.enabled,
      kind: input.kind,
      scope: input.scope,
      users: [...input.users],
      groups: [...input.groups],
      content: JSON.stringify({ where, columns, mask }),
      display: display === undefined || display === null ? null : JSON.stringify(display),
      updated_by: by,
      updated_at: now,
    };
    if (rule !== null) {
      const { id } = await this.#ruleOf(trx, datasetId, rule);
      await trx.updateTable('dataset_rule').set(values).where('uid', '=', id).execute();
      return id;
    }
    const uid = uuidv7();
    await trx
      .insertInto('dataset_rule')
      .values({ ...values, uid, dataset_id: datasetId, created_by: by, created_at: now })
      .execute();
    return uid;
  }

  /** Throws NotFoundError `rule_not_found`. */
  async delete(principal: Principal, dataset: string, rule: string, setting?: Setting): Promise<void> {
    requireScope(principal, 'write');
    const { store, models, audit } = this.#deps;
    await store.transaction(async (trx) => {
      const { row, facts } = await models.find(trx, principal, dataset, setting, 'update');
      requireKeeper(principal, facts, setting);
      const { id, kind } = await this.#ruleOf(trx, row.id, rule);
      await trx.deleteFrom('dataset_rule').where('uid', '=', id).execute();
      await recordDataset(audit, trx, principal, row, 'dataset.rule.delete', { rule: id, kind });
      await announce(trx, `s:${row.source_id}`);
    });
  }

  /** Uids of users and groups by their names, for callers that name them so. Throws InvalidError `invalid_rule`. */
  async subjects(
    principal: Principal,
    names: { readonly users: readonly string[]; readonly groups: readonly string[] },
  ): Promise<{ readonly users: string[]; readonly groups: string[] }> {
    const { db } = this.#deps.store;
    const tenants = sql`any(${[principal.subject.tenantId, ...principal.subject.adminOfTenantIds]}::bigint[])`;
    const { rows: users } = await sql<{ uid: string; key: string }>`
      select u.uid, u.username_folded as key from user_account u
      where u.tenant_id = ${tenants} and u.username_folded = any(${names.users.map(foldName)}::text[])`.execute(db);
    const { rows: groups } = await sql<{ uid: string; key: string }>`
      select g.uid, g.name_folded as key from user_group g
      where g.tenant_id = ${tenants} and g.name_folded = any(${names.groups.map(foldName)}::text[])
      order by (g.tenant_id = ${principal.subject.tenantId})`.execute(db);
    const uidOf = (rows: readonly { uid: string; key: string }[], name: string, field: string): string => {
      const found = new Map(rows.map(({ key, uid }) => [key, uid])).get(foldName(name));
      if (found === undefined) throw new InvalidError('invalid_rule', `There is no ${name}.`, { field });
      return found;
    };
    return {
      users: names.users.map((name) => uidOf(users, name, 'users')),
      groups: names.groups.map((name) => uidOf(groups, name, 'groups')),
    };
  }

  /**
   * What a user (the caller when absent) may see of a source. Others: for rule keepers. Throws NotFoundError
   * `source_not_found`, `user_not_found`.
   */
  async explain(principal: Principal, source: string, username: string | undefined): Promise<EffectivePolicy> {
    requireScope(principal, 'read');
    const { access, store, book, principals } = this.#deps;
    const facts = await access.resolve(principal, source);
    access.authorise(principal, 'source.view', facts);
    const own = username === undefined || foldName(username) === foldName(principal.subject.username);
    if (own) {
      const { owner } = effectivePermissions(principal, facts);
      const policy = owner ? null : await book.read(principal.subject, facts.source.id);
      return { user: principal.subject.username, exempt: owner, policy };
    }
    requireKeeper(principal, facts, undefined);
    const user = await principals.byUsername(username);
    const tenants = [principal.subject.tenantId, ...principal.subject.adminOfTenantIds];
    const theirs =
      user === null ? null : await access.factsById(store.db, { ...principal, subject: user }, facts.source.id);
    const shares = theirs !== null && (theirs.userShare !== null || theirs.groupShares.length > 0);
    if (user === null || theirs === null || !(shares || tenants.includes(user.tenantId))) {
      throw new NotFoundError('user_not_found', 'There is no such user.', { field: 'user' });
    }
    const { owner } = effectivePermissions({ ...principal, actor: user, subject: user, scopes: null }, theirs);
    return { user: user.username, exempt: owner, policy: owner ? null : await book.read(user, facts.source.id) };
  }

  async #ruleOf(executor: Executor, datasetId: number, rule: string): Promise<RuleView> {
    const [row] = isUuid(rule) ? await readRules(executor, sql`r.dataset_id = ${datasetId} and r.uid = ${rule}`) : [];
    if (row === undefined) throw ruleNotFound();
    return presentRule(row);
  }
}

/** Throws ConflictError `too_many_rules`. */
async function requireRoom(trx: Executor, datasetId: number, more: number): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from dataset_rule where dataset_id = ${datasetId}`.execute(trx);
  if ((rows[0]?.count ?? 0) + more > mostRules) {
    throw new ConflictError('too_many_rules', `A dataset has ${mostRules} rules at most.`, {
      remedy: 'Put several conditions into one rule, or delete rules that are off.',
    });
  }
}

/** Throws InvalidError `invalid_rule` for users and groups that the tenant does not have. */
async function requireSubjects(trx: Executor, tenantId: number, { users, groups }: RuleInput): Promise<void> {
  const { rows } = await sql<{ users: number; groups: number }>`
    select (select count(*)::int from user_account where uid = any(${[...users]}::uuid[]) and tenant_id = ${tenantId}) as users,
      (select count(*)::int from user_group where uid = any(${[...groups]}::uuid[]) and tenant_id = ${tenantId}) as groups`.execute(
    trx,
  );
  const [found] = rows;
  for (const [field, wanted] of [
    ['users', users],
    ['groups', groups],
  ] as const) {
    if (found?.[field] !== new Set(wanted).size) {
      throw new InvalidError('invalid_rule', `The rule names ${field} that there are not.`, { field });
    }
  }
}

function definedOf<T extends object>(change: T): Partial<T> {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>; // the same members, fewer
}
