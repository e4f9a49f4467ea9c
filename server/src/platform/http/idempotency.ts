/**
 * Idempotency-Key (decisions.md 34): a repeated POST, PUT, PATCH or DELETE with the same key gives the first answer
 * again for 24 hours, on every node and after restarts, because the record lives in the store.
 *
 * Per (user, door, key) one record:
 *   running, until `expires_at`: a node is at it and renews the time; a dead node stops renewing, and after at most
 *     `leaseSeconds` the next request with the same digest takes the record over and runs again;
 *   done, until `expires_at` (24 h): the sealed answer is replayed.
 * A key used for another request is refused, whatever the record's state. Answers that say "not now" (5xx, 429, 401)
 * are not kept: the record goes, so that the retry they ask for can happen.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Store } from '../database/index.ts';
import { toBuffer } from '../database/index.ts';
import type { Vault } from '../vault/index.ts';
import type { DoorInstance } from './door.ts';
import { problem } from './problem.ts';

/** Whose keys these are. */
export interface KeyOwner {
  readonly userId: number;
  readonly tenantId: number;
}

export interface IdempotencyOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly log: Logger;
  readonly door: string;
  readonly now: () => Date;
  /** The signed-in caller; null lets the request pass without a record. */
  readonly ownerOf: (request: FastifyRequest) => KeyOwner | null;
  /** How long a record of a node that died stays locked. */
  readonly leaseSeconds?: number;
}

const keepMs = 24 * 3600 * 1000;
const unsafe: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** Headers of an answer that belong to it; the others are made anew. */
const keptHeaders = ['content-type', 'location', 'etag'] as const;

interface Ticket {
  readonly owner: KeyOwner;
  readonly key: string;
  readonly renew: NodeJS.Timeout;
}

type Decision =
  | { readonly run: true }
  | { readonly run: false; status: number; headers: Record<string, string>; body: string };

/** The record of one key; every method is one statement or one short transaction. */
export class IdempotencyRecords {
  readonly #options: IdempotencyOptions;
  readonly #leaseMs: number;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
    this.#leaseMs = (options.leaseSeconds ?? 60) * 1000;
  }

  get renewEveryMs(): number {
    return Math.ceil(this.#leaseMs / 3);
  }

  /**
   * May this request run? Otherwise the stored answer. Throws 409 `idempotency_in_progress` or `secret_already_shown`, 422
   * `idempotency_key_reused`.
   */
  async begin(owner: KeyOwner, key: string, digest: Buffer): Promise<Decision> {
    const { store, door } = this.#options;
    const now = this.#options.now();
    const running = {
      request_digest: digest,
      state: 'running',
      status: null,
      headers: null,
      body_sealed: null,
      shows_secret: false,
      created_at: now,
      expires_at: new Date(now.getTime() + this.#leaseMs),
    };
    const inserted = await store.db
      .insertInto('idempotency_record')
      .values({ user_id: owner.userId, door, key, ...running })
      .onConflict((conflict) => conflict.doNothing())
      .returning('key')
      .executeTakeFirst();
    if (inserted !== undefined) return { run: true };

    return store.transaction(async (trx) => {
      const record = await trx
        .selectFrom('idempotency_record')
        .selectAll()
        .where('user_id', '=', owner.userId)
        .where('door', '=', door)
        .where('key', '=', key)
        .forUpdate()
        .executeTakeFirst();
      const same = record !== undefined && toBuffer(record.request_digest).equals(digest);
      const expired = record !== undefined && record.expires_at.getTime() <= now.getTime();
      const forgotten = record !== undefined && record.created_at.getTime() + keepMs <= now.getTime();
      if (record === undefined || (expired && (forgotten || (same && record.state === 'running')))) {
        await trx
          .insertInto('idempotency_record')
          .values({ user_id: owner.userId, door, key, ...running })
          .onConflict((conflict) => conflict.columns(['user_id', 'door', 'key']).doUpdateSet(running))
          .execute();
        return { run: true };
      }
      if (!same) {
        throw problem(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.', {
          field: 'Idempotency-Key',
          remedy: 'Use a new key for every new request.',
        });
      }
      if (record.state === 'running') {
        throw problem(409, 'idempotency_in_progress', 'The first request with this Idempotency-Key is still running.', {
          field: 'Idempotency-Key',
          headers: { 'retry-after': '1' },
        });
      }
      if (record.shows_secret) {
        throw problem(
          409,
          'secret_already_shown',
          'The first answer to this Idempotency-Key showed a secret, which is shown only once.',
          { field: 'Idempotency-Key', remedy: 'Delete what the first request made and make it anew.' },
        );
      }
      return {
        run: false,
        status: record.status ?? 200,
        headers: (record.headers ?? {}) as Record<string, string>, // written by `finish` below
        body:
          record.body_sealed === null
            ? ''
            : this.#options.vault.openText(this.#context(owner, key), record.body_sealed),
      };
    });
  }

  /** Keeps the answer for 24 hours. */
  async finish(
    owner: KeyOwner,
    key: string,
    answer: { status: number; headers: Record<string, string>; body: string; showsSecret: boolean },
  ): Promise<void> {
    const { store, vault, door } = this.#options;
    const sealed = answer.showsSecret || answer.body === '' ? null : vault.seal(this.#context(owner, key), answer.body);
    await store.db
      .updateTable('idempotency_record')
      .set({
        state: 'done',
        status: answer.status,
        headers: JSON.stringify(answer.headers),
        body_sealed: sealed,
        shows_secret: answer.showsSecret,
        expires_at: new Date(this.#options.now().getTime() + keepMs),
      })
      .where('user_id', '=', owner.userId)
      .where('door', '=', door)
      .where('key', '=', key)
      .execute();
  }

  /** The request did nothing that lasts: the key is free again. */
  async forget(owner: KeyOwner, key: string): Promise<void> {
    await this.#options.store.db
      .deleteFrom('idempotency_record')
      .where('user_id', '=', owner.userId)
      .where('door', '=', this.#options.door)
      .where('key', '=', key)
      .execute();
  }

  /** Still at it. */
  async renew(owner: KeyOwner, key: string): Promise<void> {
    await this.#options.store.db
      .updateTable('idempotency_record')
      .set({ expires_at: new Date(this.#options.now().getTime() + this.#leaseMs) })
      .where('user_id', '=', owner.userId)
      .where('door', '=', this.#options.door)
      .where('key', '=', key)
      .where('state', '=', 'running')
      .execute();
  }

  /** Removes what has expired, of all doors. Returns how many. */
  async sweep(): Promise<number> {
    const result = await this.#options.store.db
      .deleteFrom('idempotency_record')
      .where('created_at', '<=', new Date(this.#options.now().getTime() - keepMs))
      .where('expires_at', '<=', this.#options.now())
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }

  #context(owner: KeyOwner, key: string) {
    return {
      tenantId: owner.tenantId,
      table: 'idempotency_record',
      rowUid: `${owner.userId}/${this.#options.door}/${key}`,
      field: 'body',
    };
  }
}

function digestOf(request: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(`${request.method}\n${request.url}\n`);
  if (request.headers['if-match'] !== undefined) hash.update(`if-match: ${request.headers['if-match']}\n`);
  if (request.bodyBytes !== null) hash.update(request.bodyBytes);
  return hash.digest();
}

function keyOf(request: FastifyRequest): string | null {
  const sent = request.headers['idempotency-key'];
  if (sent === undefined || !unsafe.has(request.method)) return null;
  // The draft's header is a structured string, in quotes; most clients leave them out.
  const key = String(sent).replace(/^"(.*)"$/, '$1');
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw problem(400, 'invalid_idempotency_key', 'An Idempotency-Key has 1 to 255 visible ASCII characters.', {
      field: 'Idempotency-Key',
    });
  }
  if (request.routeOptions.config.idempotent === false) {
    throw problem(400, 'idempotency_unsupported', 'The answer of this operation is a stream and cannot be repeated.', {
      field: 'Idempotency-Key',
      remedy: 'Leave the header out.',
    });
  }
  return key;
}

/** Adds the behaviour to all routes of a door. Register it after the hook that signs the caller in. */
export function registerIdempotency(app: DoorInstance, options: IdempotencyOptions): IdempotencyRecords {
  const records = new IdempotencyRecords(options);
  const tickets = new WeakMap<FastifyRequest, Ticket>();
  const { log } = options;

  async function answered(
    request: FastifyRequest,
    reply: FastifyReply,
    ticket: Ticket,
    payload: unknown,
  ): Promise<void> {
    const { owner, key } = ticket;
    const status = reply.statusCode;
    if (status >= 500 || status === 429 || status === 401) return records.forget(owner, key);
    const headers: Record<string, string> = {};
    for (const name of keptHeaders) {
      const value = reply.getHeader(name);
      if (value !== undefined) headers[name] = String(value);
    }
    const body = typeof payload === 'string' ? payload : payload instanceof Buffer ? payload.toString('utf8') : '';
    const showsSecret = status < 300 && request.routeOptions.config.showsSecret === true;
    return records.finish(owner, key, { status, headers, body, showsSecret });
  }

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    const owner = key === null ? null : options.ownerOf(request);
    if (key === null || owner === null) return;
    const decision = await records.begin(owner, key, digestOf(request));
    if (!decision.run) {
      reply.code(decision.status).headers(decision.headers).header('idempotency-replayed', 'true');
      return reply.send(decision.body === '' ? undefined : decision.body);
    }
    const renew = setInterval(() => {
      records.renew(owner, key).catch((error: unknown) => log.warn({ err: error }, 'idempotency record not renewed'));
    }, records.renewEveryMs);
    renew.unref();
    tickets.set(request, { owner, key, renew });
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const ticket = tickets.get(request);
    if (ticket === undefined) return payload;
    tickets.delete(request);
    clearInterval(ticket.renew);
    try {
      await answered(request, reply, ticket, payload);
    } catch (error) {
      // The change itself is done; without its record a repetition runs again, and meets what the first one made.
      log.error({ err: error, requestId: request.id }, 'idempotent answer not kept');
    }
    return payload;
  });
  return records;
}
