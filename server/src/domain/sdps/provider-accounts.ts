/** Provider accounts in native words: an account's own id is its address. */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { checkText } from '../sources/fields.ts';
import { containing, storable } from '../text.ts';
import type { Accounts } from './accounts.ts';
import { admit } from './admit.ts';
import { homeContainer, Provider, providerName, providerNumber } from './providers.ts';

export interface NewAccount {
  readonly id: string;
  readonly provider: string;
  /** Of AWS accounts the installation's own region counts. */
  readonly region?: string | undefined;
}

export interface AccountView {
  readonly id: string;
  readonly provider: string;
  readonly region: string;
  /** Data sources that hang from it. */
  readonly sources: number;
  /** … and those of them that were catalogued. */
  readonly catalogued: number;
  /** It stands for sources that were made elsewhere, and cannot be deleted. */
  readonly builtin: boolean;
  /** Null of the builtin one. */
  readonly createdAt: Date | null;
}

interface AccountRow {
  readonly id: number;
  readonly _key: string;
  readonly account_id: string;
  readonly account_provider_id: number;
  readonly region: string;
  readonly total_jdbc_instance: number;
  readonly connected_jdbc_instance: number;
  readonly _modified: Date | null;
}

export class ProviderAccounts {
  readonly #store: Store;
  readonly #accounts: Accounts;

  constructor(deps: { readonly store: Store }, accounts: Accounts) {
    this.#store = deps.store;
    this.#accounts = accounts;
  }

  /** In the order of their ids. */
  async list(
    principal: Principal,
    filter: { readonly q?: string | undefined; readonly provider?: string | undefined },
    page: PageRequest,
  ): Promise<Page<AccountView>> {
    admit(principal, 'read');
    const limit = pageLimit(page);
    const conditions = [sql`true`];
    if (page.cursor !== undefined) {
      conditions.push(sql`lower(a.account_id) > ${decodeCursor('accounts', page.cursor, ['string'])[0]}`);
    }
    if (filter.provider !== undefined) {
      conditions.push(sql`a.account_provider_id = ${known(filter.provider)}`);
    }
    if (filter.q !== undefined) {
      conditions.push(sql`a.account_id ilike ${containing(filter.q)}`);
    }
    const { rows } = await sql<AccountRow>`
      select a.*, lower(a.account_id) as _key from (${this.#accounts.listing(principal).base}) a where ${sql.join(conditions, sql` and `)}
      order by lower(a.account_id) limit ${limit + 1}`.execute(this.#store.db);
    return toPage('accounts', rows, limit, (row) => [row._key], present);
  }

  /** Throws NotFoundError `account_not_found`. */
  async get(principal: Principal, id: string): Promise<AccountView> {
    admit(principal, 'read');
    const { rows } = await sql<AccountRow>`
      select a.*, lower(a.account_id) as _key from (${this.#accounts.listing(principal).base}) a where lower(a.account_id) = lower(${storable(id)}::text)`.execute(
      this.#store.db,
    );
    const [row] = rows;
    if (row === undefined) throw new NotFoundError('account_not_found', 'There is no such account.');
    return present(row);
  }

  /** Throws InvalidError, SdpsError 1215, 1258. */
  async create(principal: Principal, input: NewAccount): Promise<AccountView> {
    admit(principal, 'write');
    const provider = known(input.provider);
    const region = checkText(input.region ?? '', 'region', 64);
    if (provider !== Provider.aws && region === '') {
      throw new InvalidError('region_missing', 'An account needs its region.', { field: 'region' });
    }
    const accountId = checkText(input.id, 'id', 255);
    if (accountId.toLowerCase() === homeContainer.account) {
      throw new InvalidError('account_reserved', 'This id stands for sources that were made elsewhere.', {
        field: 'id',
      });
    }
    await this.#accounts.add(principal, { provider, accountId, region });
    return this.get(principal, accountId);
  }

  /**
   * Its sources stay, hidden from this list until an account of the same id, provider and region is there again; their
   * catalogs go. Throws NotFoundError `account_not_found`, InvalidError `account_builtin`, SdpsError 1222, 1223, 1224.
   */
  async remove(principal: Principal, id: string): Promise<void> {
    admit(principal, 'write');
    const account = await this.get(principal, id);
    if (account.builtin) {
      throw new InvalidError('account_builtin', 'This account stands for sources that were made elsewhere.', {
        remedy: 'Delete the sources themselves.',
      });
    }
    const provider = providerNumber(account.provider) ?? Provider.aws;
    await this.#accounts.remove(principal, { provider, accountId: account.id, region: account.region });
  }
}

/** Throws InvalidError `provider_unknown`. */
function known(word: string): number {
  const number = providerNumber(word);
  if (number === undefined) {
    throw new InvalidError('provider_unknown', 'There is no such provider.', { field: 'provider' });
  }
  return number;
}

function present(row: AccountRow): AccountView {
  return {
    id: row.account_id,
    provider: providerName(row.account_provider_id),
    region: row.region,
    sources: row.total_jdbc_instance,
    catalogued: row.connected_jdbc_instance,
    builtin: row.id === 0,
    createdAt: row._modified,
  };
}
