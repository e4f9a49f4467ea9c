/** Finding workspaces, files, data sources and people by a part of their names (chorus.md §3.13): there is no index. */
import { type RawBuilder, sql } from 'kysely';
import type { Principal } from '../identity/principal.ts';
import { callerOf, isListed } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { expressible, readSourceRows } from './found-source.ts';
import type { Listed, NumberedPage, Person, SourceSummary, WorkspaceView } from './model.ts';
import { readPeople } from './people-rows.ts';
import { readWorkspaces } from './rows.ts';
import { summaryJoins, toSummary } from './source-rows.ts';
import { readEntries, type WorkfileEntry } from './workfile-rows.ts';
import { windowOf } from './workspaces.ts';

export interface Findings {
  readonly workspaces: Listed<WorkspaceView>;
  readonly workfiles: Listed<WorkfileEntry>;
  readonly sources: Listed<SourceSummary>;
  readonly people: Listed<Person>;
}

const nothing = { items: [], records: 0 };

export class Search {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** What the caller may see, a page of each kind; nothing for a blank text. */
  async find(principal: Principal, text: string, page: NumberedPage): Promise<Findings> {
    if (text.trim() === '') return { workspaces: nothing, workfiles: nothing, sources: nothing, people: nothing };
    const { store, access } = this.#deps;
    const { db } = store;
    const caller = await callerOf(db, principal);
    const like = (column: RawBuilder<unknown>): RawBuilder<unknown> =>
      sql`${column} ilike ${`%${text.trim().replace(/[\\%_]/g, '\\$&')}%`}`;
    const count = async (from: RawBuilder<unknown>): Promise<number> => {
      const { rows } = await sql<{ records: number }>`select count(*) as records from ${from}`.execute(db);
      return rows[0]?.records ?? 0;
    };
    const rooms = sql`${isListed(caller)} and (${like(sql`w.name`)} or ${like(sql`w.description`)})`;
    const files = sql`f.deleted_at is null and ${like(sql`f.file_name`)}
      and f.workspace_id in (select w.id from workspace w where ${isListed(caller)})`;
    const sourceName = sql`coalesce(sn.name, s.title, s.name)`;
    const sources = sql`${expressible(caller.tenantId)} and ${access.visibleFilter(principal, { alias: 's' })}
      and s.enabled and ${like(sourceName)}`;
    const people = sql`u.tenant_id = ${caller.tenantId} and u.builtin is null
      and (${like(sql`u.username`)} or ${like(sql`concat_ws(' ', u.first_name, u.last_name)`)})`;
    const window = windowOf(page);
    const found = await readSourceRows(db, sources, sql`order by lower(${sourceName}), s.id ${window}`);
    return {
      workspaces: {
        items: await readWorkspaces(db, caller, rooms, sql`order by lower(w.name), w.id ${window}`),
        records: await count(sql`workspace w where ${rooms}`),
      },
      workfiles: {
        items: await readEntries(db, caller, files, sql`order by f.name_folded, f.id ${window}`),
        records: await count(sql`workfile f where ${files}`),
      },
      sources: {
        items: found.map(toSummary),
        records: await count(sql`data_source s ${summaryJoins} where ${sources}`),
      },
      people: {
        items: await readPeople(db, people, sql`order by u.username_folded ${window}`),
        records: await count(sql`user_account u where ${people}`),
      },
    };
  }
}
