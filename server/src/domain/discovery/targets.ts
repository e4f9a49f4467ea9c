/** Which sources a run looks at (sdps.md §7.4). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import { databaseTypeOf, type InstanceRow, instancesBase, providerOfType } from '../sdps/index.ts';
import type { DiscoverySpec, DiscoveryTarget } from './model.ts';

export interface Chosen {
  /** Null: it is not there. */
  readonly row: InstanceRow | null;
  readonly account_id: string;
  readonly region: string;
  readonly database_type: string;
  readonly database_name: string;
  readonly tables: readonly string[];
}

/** What addresses an instance in a job. */
export function targetOf(row: InstanceRow): Omit<DiscoveryTarget, 'table_name'> & { readonly database_name: string } {
  const { account_id, region, instance_id: database_name } = row;
  return { account_id, region, database_type: databaseTypeOf(row.account_provider_id), database_name };
}

function isMeant(row: InstanceRow, target: DiscoveryTarget): boolean {
  return (
    row.account_provider_id === providerOfType(target.database_type) &&
    row.account_id.toLowerCase() === target.account_id.toLowerCase() &&
    row.region === target.region &&
    (target.database_name === null || target.database_name === '' || row.instance_id === target.database_name)
  );
}

export function tableNames(list: string | null): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** All sources of a flagged kind and those that are listed; an entry without a name stands for all of its account. */
export async function chooseSources(
  store: Store,
  access: Access,
  principal: Principal,
  spec: DiscoverySpec,
): Promise<readonly Chosen[]> {
  const base = instancesBase(access, principal);
  const { rows } = await sql<InstanceRow>`select i.* from (${base}) i order by i._id`.execute(store.db);
  const chosen: Chosen[] = [];
  const add = (row: InstanceRow, tables: readonly string[]): void => {
    if (!chosen.some((one) => one.row?._id === row._id)) chosen.push({ row, ...targetOf(row), tables });
  };
  for (const target of spec.databases) {
    const same = rows.filter((row) => isMeant(row, target));
    const tables = tableNames(target.table_name);
    for (const row of same) add(row, tables);
    if (same.length === 0 && (target.database_name ?? '') !== '') {
      const { account_id, region, database_type } = target;
      chosen.push({ row: null, account_id, region, database_type, database_name: target.database_name ?? '', tables });
    }
  }
  if (spec.all_jdbc === 1) {
    const provider = providerOfType(spec.database_type ?? 'jdbc_aws');
    for (const row of rows) if (row.account_provider_id === provider) add(row, []);
  }
  return chosen;
}
