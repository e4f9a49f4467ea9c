/** Who signs in at an instance: the pair or the named secret of a request, or what is stored (sdps.md §5.3, §8.2). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Principal } from '../identity/principal.ts';
import { secretContext } from '../sources/view.ts';
import { type InstanceInput, type Pair, passwordMask } from './instance-input.ts';
import type { InstanceRow } from './instance-rows.ts';
import type { JdbcAddress } from './jdbc-url.ts';
import { refusal } from './refusals.ts';
import { readSecret } from './secrets.ts';

export class InstanceLogins {
  readonly #store: Store;
  readonly #vault: Vault;

  constructor(deps: { readonly store: Store; readonly vault: Vault }) {
    this.#store = deps.store;
    this.#vault = deps.vault;
  }

  /** The pair of a request, a named secret before the pair itself; null when something is missing. */
  async of(principal: Principal, input: InstanceInput): Promise<Pair | null> {
    if ((input.secret ?? '') !== '') {
      return readSecret(this.#store.db, this.#vault, principal.subject.tenantId, input.secret ?? '');
    }
    const username = input.master_username ?? '';
    const password = input.password ?? '';
    return username === '' || password === '' ? null : { username, password };
  }

  /** An omitted password and the mask keep the stored one, for the same user name. Null: the login goes. */
  async after(
    principal: Principal,
    input: InstanceInput,
    before: InstanceRow | undefined,
    address: JdbcAddress,
  ): Promise<Pair | null> {
    const asked = await this.of(principal, input);
    if (asked !== null && asked.password !== passwordMask) return asked;
    if (before === undefined || (input.secret ?? '') !== '') return asked;
    const stored = await this.stored(before._id);
    if (stored === null || stored.username !== (input.master_username ?? '')) return null;
    const aimed = before._host !== address.host || before._port !== address.port || before._engine !== address.engine;
    // Who does not own a source never sends its password elsewhere.
    if (aimed && !before._owned) throw refusal(1251);
    return stored;
  }

  /** The pair that the source itself holds; null when there is none, or when it cannot be read. */
  async stored(sourceId: number): Promise<Pair | null> {
    const { rows } = await sql<{ uid: string; tenant_id: number; username: string | null; sealed: Buffer | null }>`
      select uid, tenant_id, username, secret_sealed as sealed from credential
      where source_id = ${sourceId} and kind = 'source' and level = 'any'`.execute(this.#store.db);
    const [row] = rows;
    if (row === undefined || row.username === null || row.sealed === null) return null;
    try {
      return {
        username: row.username,
        password: this.#vault.openText(secretContext(row.tenant_id, row.uid), row.sealed),
      };
    } catch {
      return null; // unreadable: as good as none
    }
  }
}
