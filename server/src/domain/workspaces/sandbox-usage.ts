/** How large the sandboxes of a source are (chorus.md §3.3, `workspace_detail`). */
import { sql } from 'kysely';
import type { Principal } from '../identity/principal.ts';
import { callerOf, isListed } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { findSource } from './found-source.ts';
import type { Pairs } from './pairs.ts';
import { SourceForbiddenError } from './refusals.ts';

/** Runs one statement that reads, in the gateway. */
export interface ReadPort {
  read(
    principal: Principal,
    source: string,
    statement: { readonly sql: string; readonly workspace?: string },
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface SandboxUse {
  readonly id: number;
  readonly name: string;
  readonly ownerName: string;
  readonly schema: string;
  readonly database: string;
  readonly bytes: number;
  /** Of all sandboxes of the source, 0 to 100. */
  readonly percentage: number;
}

const sizes = `select n.nspname as schema, sum(pg_total_relation_size(c.oid))::text as bytes
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm', 'p') group by n.nspname`;

export class SandboxUsage {
  readonly #deps: WorkspaceDeps & { readonly pairs: Pairs; readonly statements: ReadPort };

  constructor(deps: WorkspaceDeps & { readonly pairs: Pairs; readonly statements: ReadPort }) {
    this.#deps = deps;
  }

  /** Sandboxes of the source in workspaces that the caller sees; null for who has no pair, and for other engines. */
  async of(principal: Principal, sourceId: number): Promise<readonly SandboxUse[] | null> {
    const { store, access, pairs, statements } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const found = await findSource(store.db, access, caller, sourceId);
    if (found.row.engine !== 'postgresql') return null;
    try {
      const workspace = await pairs.require(principal, found);
      const statement = { sql: sizes, ...(workspace === undefined ? {} : { workspace }) };
      const rows = await statements.read(principal, found.row.source_uid, statement);
      return await this.#rooms(caller, sourceId, new Map(rows.map((row) => [String(row.schema), Number(row.bytes)])));
    } catch (error) {
      if (error instanceof SourceForbiddenError) return null;
      throw error;
    }
  }

  async #rooms(
    caller: Parameters<typeof isListed>[0],
    sourceId: number,
    bytesOf: ReadonlyMap<string, number>,
  ): Promise<SandboxUse[]> {
    const { rows } = await sql<Omit<SandboxUse, 'bytes' | 'percentage'>>`
      select w.id, w.name, c.name as schema, b.name as database,
        coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.username) as "ownerName"
      from workspace w join source_schema c on c.id = w.sandbox_schema_id join source_database b on b.id = c.database_id
        join user_account u on u.id = w.owner_id
      where b.source_id = ${sourceId} and ${isListed(caller)} order by lower(w.name), w.id`.execute(
      this.#deps.store.db,
    );
    const sized = rows.map((row) => ({ ...row, bytes: bytesOf.get(row.schema) ?? 0 }));
    const all = sized.reduce((sum, { bytes }) => sum + bytes, 0);
    return sized.map((row) => ({ ...row, percentage: all === 0 ? 0 : Math.round((row.bytes / all) * 100) }));
  }
}
