/** Settings that this protocol's clients may change (sdps.md §3.5), a tenant's own. */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit } from './admit.ts';
import { unforeseen } from './refusals.ts';

/** Sources that are looked through at the same time; of the others this installation has none to limit. */
export const concurrentRuns = 'ConcurrentRunJobNumber';

const defaults: Readonly<Record<string, number>> = {
  [concurrentRuns]: 10,
  SubJobNumberS3: 80,
  SubJobNumberRds: 3,
};
const highest = 1000;

export interface ConfigEntry {
  readonly config_key: string;
  readonly config_value: string;
}

export class Configuration {
  readonly #deps: { readonly store: Store; readonly audit: AuditLog };

  constructor(deps: { readonly store: Store; readonly audit: AuditLog }) {
    this.#deps = deps;
  }

  async list(principal: Principal): Promise<readonly ConfigEntry[]> {
    admit(principal, 'read');
    const { rows } = await sql<ConfigEntry>`
      select config_key, config_value from sdps_setting where tenant_id = ${principal.subject.tenantId}`.execute(
      this.#deps.store.db,
    );
    return Object.entries(defaults).map(([config_key, value]) => ({
      config_key,
      config_value: rows.find((row) => row.config_key === config_key)?.config_value ?? String(value),
    }));
  }

  /** Unknown settings are left out. Throws SdpsError 1000 for a value that is no number from 1 to 1000. */
  async set(principal: Principal, entries: readonly ConfigEntry[]): Promise<void> {
    admit(principal, 'write');
    const known = entries.filter(({ config_key }) => Object.hasOwn(defaults, config_key));
    for (const { config_value } of known) {
      const number = Number(config_value);
      if (!/^\d{1,4}$/.test(config_value) || number < 1 || number > highest) throw unforeseen();
    }
    if (known.length === 0) return;
    const { store, audit } = this.#deps;
    await store.transaction(async (trx) => {
      for (const { config_key, config_value } of known) {
        await sql`
          insert into sdps_setting (tenant_id, config_key, config_value)
          values (${principal.subject.tenantId}, ${config_key}, ${config_value})
          on conflict (tenant_id, config_key) do update set config_value = excluded.config_value`.execute(trx);
      }
      await audit.record(trx, principal, {
        action: 'discovery.configure',
        outcome: 'allowed',
        resource: { type: 'discovery', uid: null, name: 'settings' },
        detail: Object.fromEntries(known.map(({ config_key, config_value }) => [config_key, config_value])),
      });
    });
  }
}

/** How many sources of a tenant may be looked through at the same time. */
export async function concurrentSources(store: Store, tenantId: number): Promise<number> {
  const { rows } = await sql<{ value: string }>`
    select config_value as value from sdps_setting where tenant_id = ${tenantId} and config_key = ${concurrentRuns}`.execute(
    store.db,
  );
  return Number(rows[0]?.value ?? defaults[concurrentRuns]);
}
