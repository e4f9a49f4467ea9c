/** Reading users as colleagues see them, and tags. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { defaultUserType } from './caller.ts';
import { defaultLabel, type Member, memberRoles, type Person, type Tag } from './model.ts';

interface PersonRow {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly username: string;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly email: string | null;
  readonly user_type: string | null;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly deactivated_at: Date | null;
  readonly by_directory: boolean;
  readonly site_admin: boolean;
  readonly tenant_admin: boolean;
  readonly manages_sources: boolean;
  readonly picture_name: string | null;
  readonly picture_at: Date | null;
  readonly tags: readonly Tag[];
}

/** A tag list as JSON, of the thing whose type and id these are. */
export function tagsOf(entityType: string, id: RawBuilder<unknown>): RawBuilder<readonly Tag[]> {
  return sql<readonly Tag[]>`(select coalesce(json_agg(json_build_object('id', t.id, 'name', t.name,
      'count', (select count(*) from tagging x where x.tag_id = t.id)) order by t.name_folded), '[]')
    from tagging g join tag t on t.id = g.tag_id where g.entity_type = ${sql.lit(entityType)} and g.entity_id = ${id})`;
}

const administers = sql`exists (select 1 from tenant_admin ta where ta.user_id = u.id and ta.tenant_id = u.tenant_id)`;
const holds = (permission: number) => sql`(${sql.lit(permission)} = any(u.explicit_permissions) or exists (
  select 1 from user_role hr join role h on h.id = hr.role_id where hr.user_id = u.id and ${sql.lit(permission)} = any(h.permissions)))`;

const columns = sql`u.id, u.uid, u.tenant_id, u.username, u.first_name, u.last_name, u.email, u.user_type, u.profile,
  u.deactivated_at,
  exists (select 1 from sign_in_link l join sign_in_service v on v.id = l.service_id
    where l.user_id = u.id and v.kind = 'ldap') as by_directory,
  exists (select 1 from user_role ur where ur.user_id = u.id and ur.role_id = 1) as site_admin,
  (${administers} and ${holds(15)}) as tenant_admin,
  ${holds(104)} as manages_sources,
  p.file_name as picture_name, p.updated_at as picture_at, ${tagsOf('user', sql`u.id`)} as tags`;

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function toPerson(row: PersonRow): Person {
  const admin = row.site_admin || row.tenant_admin;
  return {
    id: row.id,
    uid: row.uid,
    tenantId: row.tenant_id,
    username: row.username,
    firstName: row.first_name ?? '',
    lastName: row.last_name ?? '',
    email: row.email ?? '',
    title: text(row.profile.title),
    dept: text(row.profile.dept),
    notes: text(row.profile.notes),
    userType: row.user_type ?? defaultUserType,
    authMethod: row.by_directory ? 'ldap' : 'internal',
    admin,
    siteAdmin: row.site_admin,
    dataAdmin: !admin && row.manages_sources,
    deactivatedAt: row.deactivated_at,
    deletedAt: null,
    subscribedToEmails: row.profile.subscribedToEmails !== false,
    picture:
      row.picture_name === null || row.picture_at === null
        ? null
        : { fileName: row.picture_name, updatedAt: row.picture_at },
    tags: row.tags,
  };
}

/** Users that fulfil a condition on `user_account u`, ordered and cut by `tail`. Built-in ones never show. */
export async function readPeople(
  executor: Executor,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql`order by u.id`,
): Promise<Person[]> {
  const { rows } = await sql<PersonRow>`
    select ${columns} from user_account u left join picture p on p.user_id = u.id
    where u.builtin is null and ${where} ${tail}`.execute(executor);
  return rows.map(toPerson);
}

/** Users by number, those among them who were deleted as far as they are still known. */
export async function peopleById(
  executor: Executor,
  ids: Iterable<number | null>,
): Promise<ReadonlyMap<number, Person>> {
  const wanted = [...new Set(ids)].filter((id) => id !== null);
  if (wanted.length === 0) return new Map();
  const people = await readPeople(executor, sql`u.id = any(${wanted}::bigint[])`);
  const found = new Map(people.map((person) => [person.id, person]));
  const gone = wanted.filter((id) => !found.has(id));
  if (gone.length > 0) for (const person of await readDeleted(executor, gone)) found.set(person.id, person);
  return found;
}

async function readDeleted(executor: Executor, ids: readonly number[]): Promise<Person[]> {
  const rows = await executor.selectFrom('deleted_user').selectAll().where('id', 'in', ids).execute();
  return rows.map((row) => ({
    id: row.id,
    uid: row.uid,
    tenantId: row.tenant_id,
    username: row.username,
    firstName: row.first_name ?? '',
    lastName: row.last_name ?? '',
    email: '',
    title: null,
    dept: null,
    notes: null,
    userType: row.user_type ?? defaultUserType,
    authMethod: 'internal',
    admin: false,
    siteAdmin: false,
    dataAdmin: false,
    deactivatedAt: row.deleted_at,
    deletedAt: row.deleted_at,
    subscribedToEmails: false,
    picture: null,
    tags: [],
  }));
}

/** Numbers (`user_id`) of those who belong to a workspace, themselves or by a group, as `mayRead` counts them. */
export function memberIds(workspaceId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select m.user_id from workspace_member m where m.workspace_id = ${workspaceId} and m.user_id is not null
    union select g.user_id from workspace_member m join user_group_member g on g.group_id = m.group_id
    where m.workspace_id = ${workspaceId}`;
}

/**
 * Members of a workspace, in the order of their numbers, each with the highest of its own role and those of its groups;
 * who belongs to it by a group alone has the ordinary label.
 */
export async function readMembers(
  executor: Executor,
  workspaceId: number,
  tail: RawBuilder<unknown> = sql``,
): Promise<Member[]> {
  const { rows } = await sql<PersonRow & { label: string | null; role: number }>`
    select ${columns}, m.label,
      (select max(array_position(${[...memberRoles]}::text[], r.role)) from workspace_member r
       where r.workspace_id = ${workspaceId} and (r.user_id = u.id
         or r.group_id in (select g.group_id from user_group_member g where g.user_id = u.id))) as role
    from user_account u left join picture p on p.user_id = u.id
      left join workspace_member m on m.workspace_id = ${workspaceId} and m.user_id = u.id
    where u.id in (${memberIds(sql`${workspaceId}`)}) and u.builtin is null order by u.id ${tail}`.execute(executor);
  return rows.map((row) => ({
    ...toPerson(row),
    label: row.label ?? defaultLabel,
    role: memberRoles[row.role - 1] ?? 'viewer',
  }));
}
