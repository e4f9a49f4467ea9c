/**
 * Lists of addresses from which parts of Headgate may be reached (hdp.md §5.8), at three levels. A request passes when the
 * system's, its tenant's and its user's list for the part let it pass; a level without entries for the part does.
 */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { type AddressRange, addressRange, inRange } from '../../platform/network/ranges.ts';
import { Changes, FactsCache } from '../access/cache.ts';
import { announce } from '../access/facts.ts';
import { ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { Permission } from './permissions.ts';
import type { Policies } from './policies.ts';
import type { Principal, PrincipalUser } from './principal.ts';
import { administers, isAdministrator, lacksPermission } from './rules.ts';
import { requireScope } from './scopes.ts';

/** What can be reached: the management API, the administrators' API, data through any door, the console. */
export const addressParts = ['management', 'administration', 'data', 'console'] as const;
export type AddressPart = (typeof addressParts)[number];

export type AddressLists = Readonly<Record<AddressPart, readonly AddressRange[]>>;

/** Whose lists. */
export type AddressLevel =
  | { readonly level: 'system' }
  | { readonly level: 'tenant'; readonly id: number }
  | { readonly level: 'user'; readonly id: number };

interface RuleRow {
  readonly level: 'system' | 'tenant' | 'user';
  readonly part: AddressPart;
  readonly first_address: string;
  readonly last_address: string;
}

const capacity = 20_000;
const maxRanges = 1000;

const refused = (): ForbiddenError =>
  new ForbiddenError('address_not_allowed', 'This is not reachable from your address.', {
    remedy: 'An administrator keeps the lists of allowed addresses.',
  });

export class AddressGate {
  readonly #deps: IdentityDeps;
  readonly #policies: Policies;
  readonly #cache: FactsCache<readonly RuleRow[]>;

  constructor(deps: IdentityDeps, policies: Policies) {
    this.#deps = deps;
    this.#policies = policies;
    this.#cache = new FactsCache(Changes.of(deps.store), capacity);
  }

  /**
   * Throws ForbiddenError `address_not_allowed` unless the address may reach the part: by the system's list alone
   * before somebody has signed in, by all three afterwards.
   */
  async check(part: AddressPart, address: string | null, user: PrincipalUser | null): Promise<void> {
    const state = this.#policies.cached() ?? (await this.#policies.current());
    if (!state.addressLists) return;
    const key = user === null ? 'system' : String(user.id);
    const rules = await this.#cache.through(
      key,
      () => this.#read(user),
      () => (user === null ? [] : [`u:${user.id}`]),
    );
    for (const level of ['system', 'tenant', 'user'] as const) {
      const entries = rules!.filter((rule) => rule.level === level && rule.part === part); // `#read` never answers null
      if (entries.length === 0) continue;
      if (address === null || !entries.some((rule) => inRange(address, rule.first_address, rule.last_address))) {
        throw refused();
      }
    }
  }

  /** Who may change a level's lists may see them. */
  async get(principal: Principal, of: AddressLevel): Promise<AddressLists> {
    requireScope(principal, 'admin');
    const { db } = this.#deps.store;
    await this.#requireMay(db, principal, of);
    const rows = await db
      .selectFrom('address_rule')
      .select(['part', 'first_address', 'last_address'])
      .where(ofLevel(of))
      .orderBy('id')
      .execute();
    const lists: Record<AddressPart, AddressRange[]> = { management: [], administration: [], data: [], console: [] };
    for (const row of rows) {
      lists[row.part as AddressPart].push({ first: row.first_address, last: row.last_address }); // checked by the store
    }
    return lists;
  }

  /**
   * Replaces a level's lists; they hold at once. The system's: administrators; a tenant's: IPWhitelist (29) and its
   * administration; one's own: 29. Throws InvalidError `invalid_address_range`, NotFoundError `tenant_not_found`.
   */
  async put(
    principal: Principal,
    of: AddressLevel,
    lists: Readonly<
      Partial<Record<AddressPart, readonly { readonly first: string; readonly last?: string | undefined }[]>>
    >,
  ): Promise<AddressLists> {
    requireScope(principal, 'admin');
    const checked = addressParts.flatMap((part) =>
      (lists[part] ?? []).map((range, index) => ({ part, ...checkedRange(range, `${part}/${index}`) })),
    );
    if (checked.length > maxRanges) {
      throw new InvalidError('too_many', `A level has at most ${maxRanges} ranges.`, { field: 'ranges' });
    }
    await this.#deps.store.transaction(async (trx) => {
      const chain = await this.#requireMay(trx, principal, of);
      await trx.deleteFrom('address_rule').where(ofLevel(of)).execute();
      if (checked.length > 0) {
        await trx
          .insertInto('address_rule')
          .values(
            checked.map(({ part, first, last }) => ({
              level: of.level,
              tenant_id: of.level === 'tenant' ? of.id : null,
              user_id: of.level === 'user' ? of.id : null,
              part,
              first_address: first,
              last_address: last,
            })),
          )
          .execute();
      }
      await this.#deps.audit.record(trx, principal, {
        action: 'address_list.update',
        outcome: 'allowed',
        resource: { type: 'address_list', uid: null, name: 'id' in of ? `${of.level} ${of.id}` : of.level },
        tenantId: chain,
        detail: { ranges: checked },
      });
      await announce(trx, '*');
    });
    return this.get(principal, of);
  }

  /** Answers the tenant whose audit chain tells of it. */
  async #requireMay(executor: Executor, principal: Principal, of: AddressLevel): Promise<number> {
    if (of.level === 'system') {
      if (!isAdministrator(principal)) throw lacksPermission(Permission.administrator, 'Only administrators may.');
      return 1;
    }
    if (of.level === 'tenant') {
      const found = await executor.selectFrom('tenant').select('id').where('id', '=', of.id).executeTakeFirst();
      if (!administers(principal, of.id, Permission.ipWhitelist)) throw lacksPermission(Permission.ipWhitelist);
      if (found === undefined) throw new NotFoundError('tenant_not_found', 'There is no such tenant.');
      return of.id;
    }
    const { subject } = principal;
    if (of.id !== subject.id || !(subject.permissions.has(Permission.ipWhitelist) || isAdministrator(principal))) {
      throw lacksPermission(Permission.ipWhitelist, 'This needs IPWhitelist (29).');
    }
    return subject.tenantId;
  }

  async #read(user: PrincipalUser | null): Promise<readonly RuleRow[]> {
    const { rows } = await sql<RuleRow>`
      select level, part, first_address, last_address from address_rule
      where level = 'system' or tenant_id = ${user?.tenantId ?? null}::bigint or user_id = ${user?.id ?? null}::bigint`.execute(
      this.#deps.store.db,
    );
    return rows;
  }
}

function ofLevel(of: AddressLevel) {
  if (of.level === 'system') return sql<boolean>`level = 'system'`;
  return of.level === 'tenant' ? sql<boolean>`tenant_id = ${of.id}` : sql<boolean>`user_id = ${of.id}`;
}

function checkedRange(
  range: { readonly first: string; readonly last?: string | undefined },
  field: string,
): AddressRange {
  const checked = addressRange(range.first, range.last);
  if (checked !== null) return checked;
  throw new InvalidError(
    'invalid_address_range',
    'A range has one or two addresses of one notation, the lower first.',
    {
      field,
      remedy: 'Write e.g. 10.0.0.1 and 10.0.0.255, or 2001:db8:: and 2001:db8::ffff.',
    },
  );
}
