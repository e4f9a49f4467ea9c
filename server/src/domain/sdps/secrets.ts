/** Named secrets of a tenant: a user name and a sealed password, that connections may name instead of holding a pair. */
import { sql } from 'kysely';
import { type Executor, type Store, toBuffer } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { SecretContext, Vault } from '../../platform/vault/index.ts';
import { announce } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { writeSourcePair } from '../sources/credential-rows.ts';
import { checkText } from '../sources/fields.ts';
import { storable } from '../text.ts';
import { admit } from './admit.ts';
import { doorName } from './instance-rows.ts';
import { refusal } from './refusals.ts';

export interface NamedSecretView {
  readonly name: string;
  readonly username: string | null;
  readonly updatedAt: Date;
}

function context(tenantId: number, uid: string): SecretContext {
  return { tenantId, table: 'named_secret', rowUid: uid, field: 'secret' };
}

/** The pair of a name. Throws SdpsError 1251 when there is none, or when it cannot be read. */
export async function readSecret(
  executor: Executor,
  vault: Vault,
  tenantId: number,
  name: string,
): Promise<{ readonly username: string; readonly password: string }> {
  const { rows } = await sql<{ uid: string; username: string | null; secret_sealed: Buffer }>`
    select uid, username, secret_sealed from named_secret where tenant_id = ${tenantId} and name = ${name}`.execute(
    executor,
  );
  const [row] = rows;
  if (row === undefined) throw refusal(1251);
  try {
    return { username: row.username ?? '', password: vault.openText(context(tenantId, row.uid), row.secret_sealed) };
  } catch (error) {
    throw refusal(1251, undefined, error);
  }
}

export class NamedSecrets {
  readonly #deps: { readonly store: Store; readonly vault: Vault; readonly audit: AuditLog };

  constructor(deps: { readonly store: Store; readonly vault: Vault; readonly audit: AuditLog }) {
    this.#deps = deps;
  }

  async list(principal: Principal): Promise<readonly NamedSecretView[]> {
    admit(principal, 'read');
    const { rows } = await sql<NamedSecretView>`
      select name, username, updated_at as "updatedAt" from named_secret where tenant_id = ${principal.subject.tenantId}
      order by name`.execute(this.#deps.store.db);
    return rows;
  }

  /** In the order of their names; names are exact. */
  async page(principal: Principal, page: PageRequest): Promise<Page<NamedSecretView>> {
    admit(principal, 'read');
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? '' : decodeCursor('secrets', page.cursor, ['string'])[0];
    const { rows } = await sql<NamedSecretView>`
      select name, username, updated_at as "updatedAt" from named_secret where tenant_id = ${principal.subject.tenantId}
        and name > ${after} order by name limit ${limit + 1}`.execute(this.#deps.store.db);
    return toPage(
      'secrets',
      rows,
      limit,
      ({ name }) => [name],
      (row) => row,
    );
  }

  /** Throws NotFoundError `secret_not_found`. */
  async get(principal: Principal, name: string): Promise<NamedSecretView> {
    const found = (await this.list(principal)).find((secret) => secret.name === name);
    if (found === undefined) throw new NotFoundError('secret_not_found', 'There is no such named secret.');
    return found;
  }

  /** Makes or replaces one; sources that name it use the new pair from now on. */
  async set(
    principal: Principal,
    name: string,
    pair: { username: string; password: string },
  ): Promise<NamedSecretView> {
    admit(principal, 'write');
    checkText(name, 'name', 255);
    const { store, vault, audit } = this.#deps;
    const { tenantId } = principal.subject;
    return store.transaction(async (trx) => {
      const known = await sql<{ uid: string }>`
        select uid from named_secret where tenant_id = ${tenantId} and name = ${name} for update`.execute(trx);
      const uid = known.rows[0]?.uid ?? uuidv7();
      const sealed = toBuffer(vault.seal(context(tenantId, uid), pair.password));
      const { rows } = await sql<NamedSecretView>`
        insert into named_secret (uid, tenant_id, name, username, secret_sealed)
        values (${uid}, ${tenantId}, ${name}, ${pair.username}, ${sealed})
        on conflict (tenant_id, name) do update
          set username = excluded.username, secret_sealed = excluded.secret_sealed, updated_at = now()
        returning name, username, updated_at as "updatedAt"`.execute(trx);
      const users = await sql<{ id: number }>`
        update data_source s set settings_version = settings_version + 1
        from source_door_data d where d.source_id = s.id and d.door = ${doorName} and s.tenant_id = ${tenantId}
          and s.deleted_at is null and d.data ->> 'secret' = ${name} returning s.id`.execute(trx);
      for (const { id } of users.rows) {
        await writeSourcePair(trx, vault, principal, { id, tenantId }, pair);
        await announce(trx, `s:${id}`);
      }
      await audit.record(trx, principal, {
        action: 'secret.set',
        outcome: 'allowed',
        resource: { type: 'secret', uid, name },
        detail: { username: pair.username, sources: users.rows.length },
      });
      return rows[0]!; // an upsert gives its row back
    });
  }

  /** Throws NotFoundError `secret_not_found`. Sources keep the pair that they have. */
  async remove(principal: Principal, name: string): Promise<void> {
    admit(principal, 'write');
    const { store, audit } = this.#deps;
    await store.transaction(async (trx) => {
      const { rows } = await sql<{ uid: string }>`
        delete from named_secret where tenant_id = ${principal.subject.tenantId}
          and name = ${storable(name)} returning uid`.execute(trx);
      const [row] = rows;
      if (row === undefined) throw new NotFoundError('secret_not_found', 'There is no such named secret.');
      await audit.record(trx, principal, {
        action: 'secret.delete',
        outcome: 'allowed',
        resource: { type: 'secret', uid: row.uid, name },
      });
    });
  }
}
