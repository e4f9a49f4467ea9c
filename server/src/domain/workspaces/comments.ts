/** Comments under activities (chorus.md §3.9). */
import { sql } from 'kysely';
import { uuidv7 } from '../../platform/ids.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { type ActivityKey, type Comment, findActivity, isNamed } from './activity-rows.ts';
import { callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { peopleById } from './people-rows.ts';
import { forbidden, notFound } from './refusals.ts';
import { limits, Problems, safeText } from './text.ts';

export class Comments {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** Comments on an activity that the caller sees. Throws NotFoundError, FieldsInvalidError `body`. */
  async create(principal: Principal, activity: ActivityKey, text: string): Promise<Comment> {
    requireScope(principal, 'write');
    const { store, access } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const { id: activityId } = await findActivity(store.db, access, caller, activity);
    const problems = new Problems();
    const body = problems.required(text, 'body', limits.body);
    problems.settle();
    const { id } = await store.db
      .insertInto('activity_comment')
      .values({ uid: uuidv7(), activity_id: activityId, author_id: caller.userId, body: safeText(body) })
      .returning('id')
      .executeTakeFirstOrThrow();
    return this.get(principal, id);
  }

  /** A comment on an activity that the caller sees. */
  async get(principal: Principal, key: ActivityKey): Promise<Comment> {
    const { store, access } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const { rows } = await sql<{
      id: number;
      uid: string;
      activity_id: number;
      author_id: number | null;
      body: string;
      created_at: Date;
    }>`
      select c.id, c.uid, c.activity_id, c.author_id, c.body, c.created_at from activity_comment c
      where ${isNamed('c', key)} and c.deleted_at is null`.execute(store.db);
    const [row] = rows;
    if (row === undefined) throw notFound('comment');
    await findActivity(store.db, access, caller, row.activity_id);
    const people = await peopleById(store.db, [row.author_id]);
    const author = people.get(row.author_id ?? 0) ?? null;
    return { id: row.id, uid: row.uid, author, body: row.body, at: row.created_at };
  }

  /** Its author, or an administrator. */
  async remove(principal: Principal, key: ActivityKey): Promise<void> {
    requireScope(principal, 'write');
    const comment = await this.get(principal, key);
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    if (!caller.admin && comment.author?.id !== caller.userId) throw forbidden('comment');
    await sql`update activity_comment set deleted_at = now() where id = ${comment.id}`.execute(db);
  }
}
