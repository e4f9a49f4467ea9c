/** What a change or delete would touch (`?dryRun=true`). */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { SourceMember } from './blocking.ts';
import { leaseHolders } from './leases.ts';
import type { BlastRadius, CredentialKind } from './model.ts';
import type { SourceRecord } from './rows.ts';

interface Counts {
  readonly shares: Readonly<Partial<Record<'user' | 'group' | 'tenant', number>>>;
  readonly credentials: Readonly<Partial<Record<CredentialKind, number>>>;
  readonly workspaces: readonly { readonly id: string; readonly name: string }[];
  readonly jobs: Readonly<Partial<Record<'queued' | 'running', number>>>;
}

/** Reads what stands around the source. `blocked` = those of `changed` that a job lease blocks; all of a delete. */
export async function blastRadius(
  executor: Executor,
  record: SourceRecord,
  operation: 'update' | 'delete',
  changed: readonly SourceMember[],
  blocked: readonly SourceMember[],
): Promise<BlastRadius> {
  const { id } = record;
  const { rows } = await sql<Counts>`select
    (select coalesce(json_object_agg(subject_type, n), '{}') from (select subject_type, count(*) as n from share
      where resource_type = 'source' and resource_id = ${id} group by 1) h) as shares,
    (select coalesce(json_object_agg(kind, n), '{}') from (select kind, count(*) as n from credential
      where source_id = ${id} group by 1) c) as credentials,
    (select coalesce(json_agg(json_build_object('id', w.uid, 'name', w.name) order by w.name), '[]') from workspace w
      where w.deleted_at is null and (w.id = ${record.workspace_id}::bigint
        or w.id in (select workspace_id from credential where source_id = ${id}))) as workspaces,
    (select coalesce(json_object_agg(status, n), '{}') from (select j.status, count(distinct j.id) as n from job j
      join job_item i on i.job_id = j.id where i.source_id = ${id} and j.status in ('queued', 'running')
      group by 1) j) as jobs`.execute(executor);
  const counts = rows[0]!; // one row always: no from clause
  const holders = await leaseHolders(executor, id);
  const inUse = holders.some((holder) => holder.kind === 'job');
  return {
    operation,
    source: { id: record.uid, name: record.name, version: record.version },
    changes: changed,
    blockedChanges: blocked,
    refused: inUse && (operation === 'delete' || blocked.length > 0),
    holders,
    shares: {
      users: counts.shares.user ?? 0,
      groups: counts.shares.group ?? 0,
      tenants: counts.shares.tenant ?? 0,
    },
    credentials: {
      source: counts.credentials.source ?? 0,
      workspace: counts.credentials.workspace ?? 0,
      personal: counts.credentials.personal ?? 0,
    },
    workspaces: counts.workspaces,
    jobs: { queued: counts.jobs.queued ?? 0, running: counts.jobs.running ?? 0 },
  };
}
