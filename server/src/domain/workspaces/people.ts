/**
 * Users as the chorus protocol makes and changes them (chorus.md §3.12, §6.1). Names, roles and rights are identity's;
 * what is added here are the members that only colleagues look at, kept in the user's profile.
 */
import { sql } from 'kysely';
import { json } from '../../platform/database/index.ts';
import { announce } from '../access/index.ts';
import { ConflictError, ForbiddenError, InvalidError } from '../errors.ts';
import type { Identity } from '../identity/index.ts';
import { foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { type Listed, type NumberedPage, type Person, userTypes } from './model.ts';
import { readPeople } from './people-rows.ts';
import { FieldsInvalidError, forbidden, invalid, notFound } from './refusals.ts';
import { limits, Problems } from './text.ts';
import { windowOf } from './workspaces.ts';

/** What a caller writes; absent members stay as they are. */
export interface PersonInput {
  readonly username?: string;
  readonly password?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly title?: string | null;
  readonly dept?: string | null;
  readonly notes?: string | null;
  readonly userType?: string;
  /** `admin`, `data_admin` or `none`. */
  readonly role?: 'admin' | 'data_admin' | 'none';
  readonly subscribedToEmails?: boolean;
}

export interface PeopleDeps extends WorkspaceDeps {
  readonly identity: Pick<Identity, 'users' | 'signInServices' | 'serviceTester'>;
}

/** Somebody as a directory knows them. */
export interface DirectoryPerson {
  readonly username: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  /** The entry's name. */
  readonly dn: string;
}

const unavailable = (message: string): InvalidError => new InvalidError('directory_unavailable', message);

const notesLimit = 4096;
/** Characters of a password. */
const shortest = 6;
const longest = 128;
const emailPattern = /^[^\s@<>",;]+@[^\s@<>",;]+$/;

export class People {
  readonly #deps: PeopleDeps;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  /** Everybody of the caller's tenant. */
  async list(principal: Principal, order: 'first_name' | 'last_name', page: NumberedPage): Promise<Listed<Person>> {
    const { db } = this.#deps.store;
    const { tenantId } = principal.subject;
    const [first, second] = order === 'last_name' ? ['u.last_name', 'u.first_name'] : ['u.first_name', 'u.last_name'];
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from user_account where tenant_id = ${tenantId} and builtin is null`.execute(db);
    const items = await readPeople(
      db,
      sql`u.tenant_id = ${tenantId}`,
      sql`order by lower(${sql.ref(first!)}), lower(${sql.ref(second!)}), u.id ${windowOf(page)}`,
    );
    return { items, records: rows[0]?.records ?? 0 };
  }

  /** Throws NotFoundError for users of other tenants too. */
  async get(principal: Principal, id: number): Promise<Person> {
    const [person] = await readPeople(
      this.#deps.store.db,
      sql`u.id = ${id} and u.tenant_id = ${principal.subject.tenantId}`,
    );
    if (person === undefined) throw notFound('user');
    return person;
  }

  /** For administrators. Throws ForbiddenError, FieldsInvalidError with everything that is wrong. */
  async create(principal: Principal, input: PersonInput): Promise<Person> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    if (!caller.admin) throw forbidden('user');
    const problems = new Problems();
    checkUsername(problems, input.username ?? null);
    const firstName = problems.required(input.firstName, 'first_name', limits.name);
    const lastName = problems.required(input.lastName, 'last_name', limits.name);
    checkEmail(problems, input.email ?? null);
    const password = input.password ?? '';
    checkPassword(problems, password);
    checkUserType(problems, input.userType ?? null);
    const profile = profileOf(problems, input);
    if (await this.#taken(input.username)) problems.add('username', 'taken', { value: input.username });
    problems.settle();
    const username = input.username ?? '';
    const made = await this.#deps.identity.users
      .create(principal, {
        username,
        password,
        shortestPassword: shortest,
        firstName,
        lastName,
        email: input.email ?? '',
        ...grantsOf(input.role, null),
      })
      .catch(inFields);
    const { id } = await db
      .updateTable('user_account')
      .set({ user_type: input.userType ?? null, profile: json(profile) })
      .where('uid', '=', made.id)
      .returning('id')
      .executeTakeFirstOrThrow();
    return this.get(principal, id);
  }

  /**
   * Oneself, or as an administrator; roles and type count only from an administrator, and the last one stays one.
   * A new password ends the user's sessions.
   */
  async update(principal: Principal, id: number, input: PersonInput): Promise<Person> {
    const { store, identity } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const before = await this.get(principal, id);
    if (!caller.admin && caller.userId !== id) throw forbidden('user');
    const problems = new Problems();
    const firstName =
      input.firstName === undefined ? undefined : problems.required(input.firstName, 'first_name', limits.name);
    const lastName =
      input.lastName === undefined ? undefined : problems.required(input.lastName, 'last_name', limits.name);
    if (input.email !== undefined) checkEmail(problems, input.email);
    if (input.userType !== undefined && caller.admin) checkUserType(problems, input.userType);
    const profile = profileOf(problems, input);
    if (input.password !== undefined && input.password !== '') checkPassword(problems, input.password);
    problems.settle();
    const names = { firstName, lastName, email: input.email };
    const regraded = caller.admin && roleOf(before) !== (input.role ?? roleOf(before));
    const grants = regraded ? grantsOf(input.role, (await identity.users.get(principal, before.username)).tenant) : {};
    await identity.users
      .update(principal, before.username, { ...names, ...grants })
      .catch(lastAdministratorStays)
      .catch(inFields);
    if (input.password !== undefined && input.password !== '') {
      await identity.users.replacePassword(principal, before.username, input.password, shortest).catch(inFields);
    }
    await store.transaction(async (trx) => {
      await sql`
        update user_account set profile = profile || ${json(profile)},
          user_type = coalesce(${caller.admin ? (input.userType ?? null) : null}::text, user_type)
        where id = ${id}`.execute(trx);
      await announce(trx, `u:${id}`);
    });
    return this.get(principal, id);
  }

  /** For administrators, and never oneself. Throws FieldsInvalidError while the user owns workspaces or sources. */
  async remove(principal: Principal, id: number): Promise<void> {
    const { store, identity } = this.#deps;
    const caller = await callerOf(store.db, principal);
    if (!caller.admin) throw forbidden('user');
    const person = await this.get(principal, id);
    if (id === caller.userId) throw new ConflictError('own_account', 'Nobody deletes himself.');
    const { rows } = await sql<{ workspaces: number }>`
      select count(*) as workspaces from workspace where owner_id = ${id} and deleted_at is null`.execute(store.db);
    const workspaces = rows[0]?.workspaces ?? 0;
    if (workspaces > 0) throw invalid('workspace_count', 'equal_to', { count: 0 });
    await identity.users.delete(principal, person.username, 'refuse').catch((error: unknown) => {
      if (error instanceof ConflictError && error.code === 'owns_sources') {
        throw invalid('user', 'nonempty_data_source_list', {});
      }
      throw error;
    });
  }

  /**
   * Who goes by this name in the directories that sign users in; for administrators. Throws InvalidError
   * `directory_unavailable` when there is no directory, or one does not answer.
   */
  async inDirectories(principal: Principal, username: string): Promise<DirectoryPerson[]> {
    const { store, identity } = this.#deps;
    const caller = await callerOf(store.db, principal);
    if (!caller.admin) throw forbidden('user');
    const { items } = await identity.signInServices.list(principal, { limit: 100 });
    const directories = items.filter(({ kind, enabled }) => kind === 'ldap' && enabled);
    if (directories.length === 0) throw unavailable('No directory signs users in here.');
    const found: DirectoryPerson[] = [];
    for (const { name } of directories) {
      const { ok, stages, person } = await identity.serviceTester.test(principal, name, { login: username });
      const last = stages.at(-1);
      if (!ok && last?.code !== 'person_not_found') throw unavailable(`The directory ${name} does not answer.`);
      if (person === null) continue;
      const { firstName, lastName, email, subject: dn } = person;
      found.push({ username: person.login, firstName, lastName, email, dn });
    }
    return found;
  }

  async #taken(username: string | undefined): Promise<boolean> {
    if (username === undefined) return false;
    const row = await this.#deps.store.db
      .selectFrom('user_account')
      .select('id')
      .where('username_folded', '=', foldName(username).replaceAll('\0', ''))
      .executeTakeFirst();
    return row !== undefined;
  }
}

function checkUsername(problems: Problems, value: string | null): void {
  if (value === null || value.trim() === '') problems.add('username', 'blank', {});
  if (value === null || /\s/.test(value) || value === '') problems.add('username', 'invalid', { value });
  else problems.text(value, 'username', 128);
}

function checkEmail(problems: Problems, value: string | null): void {
  if (value === null || value.trim() === '') problems.add('email', 'blank', {});
  if (value === null || !emailPattern.test(value)) problems.add('email', 'invalid', { value });
  else problems.text(value, 'email', limits.name);
}

function checkPassword(problems: Problems, password: string): void {
  const { length } = [...password];
  if (length === 0) problems.add('password', 'blank', {});
  else if (length < shortest) problems.add('password', 'too_short', { count: shortest });
  else if (length > longest) problems.add('password', 'too_long', { count: longest });
  else if (/[\0\r\n]/.test(password)) problems.add('password', 'invalid', {});
}

function checkUserType(problems: Problems, value: string | null): void {
  if (value === null || value === '') problems.add('user_type', 'blank', {});
  else if (!(userTypes as readonly string[]).includes(value)) problems.add('user_type', 'inclusion', { value });
}

/** The members of the profile that an input names. */
function profileOf(problems: Problems, input: PersonInput): Record<string, unknown> {
  const { title, dept, notes, subscribedToEmails } = input;
  return {
    ...(title === undefined ? {} : { title: problems.text(title, 'title', limits.name) }),
    ...(dept === undefined ? {} : { dept: problems.text(dept, 'dept', limits.name) }),
    ...(notes === undefined ? {} : { notes: problems.text(notes, 'notes', notesLimit) }),
    ...(subscribedToEmails === undefined ? {} : { subscribedToEmails }),
  };
}

function roleOf(person: Person): 'admin' | 'data_admin' | 'none' {
  if (person.admin) return 'admin';
  return person.dataAdmin ? 'data_admin' : 'none';
}

/**
 * An administration role as roles and permissions (decisions.md 2). `tenant` is the slug of a known user's tenant; a new
 * user has nothing that must be taken away.
 */
function grantsOf(role: PersonInput['role'], tenant: string | null) {
  const known = tenant !== null;
  if (role === 'admin') {
    return { roles: ['user', 'tenant administrator'], ...(known ? { permissions: [], administers: [tenant] } : {}) };
  }
  if (role === 'data_admin') {
    const permissions: number[] = [Permission.manageTenantSources];
    return { roles: ['user'], permissions, ...(known ? { administers: [] } : {}) };
  }
  return known ? { roles: ['user'], permissions: [], administers: [] } : {};
}

function lastAdministratorStays(error: unknown): void {
  if (error instanceof ConflictError && error.code === 'last_administrator') return;
  throw error;
}

/** Identity's refusals in the words of fields. */
function inFields(error: unknown): never {
  if (error instanceof FieldsInvalidError || error instanceof ForbiddenError) throw error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'password_invalid') throw invalid('password', 'too_short', { count: shortest });
  if (code === 'username_taken') throw invalid('username', 'taken', {});
  if (code === 'invalid_name') throw invalid('username', 'invalid', {});
  throw error;
}
