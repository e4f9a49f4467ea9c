/**
 * Webhooks: who of the world outside hears of a tenant's jobs. They are managed by administrators, by those who
 * administer the tenant, and by holders of ManageTenantSources (104) in it; for everybody else there are none.
 */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation, type Store } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { SecretUnreadableError, type Vault } from '../../platform/vault/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import { checkName, foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { isAdministrator, lacksPermission } from '../identity/rules.ts';
import { requireScope } from '../identity/scopes.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { checkVersion } from '../sources/leases.ts';
import { announceDue } from './changes.ts';
import { giveUpWaiting } from './deliveries.ts';
import type { DeliveryStatus, DeliveryView, NewWebhookView, WebhookInput, WebhookPatch, WebhookView } from './model.ts';
import { newWebhookSecret } from './signature.ts';
import { checkEvents, checkKind, checkUrl, nameTaken } from './webhook-fields.ts';
import {
  managedWebhooks,
  managesWebhooks,
  openSecret,
  presentDelivery,
  presentWebhook,
  readDeliveries,
  readWebhooks,
  secretContext,
  type WebhookRecord,
} from './webhook-rows.ts';

export interface WebhookDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Pick<Access, 'resolve'>;
  readonly audit: AuditLog;
}

/** How long the secret before still signs beside the new one. */
const overlapHours = 24;

export class Webhooks {
  readonly #deps: WebhookDeps;

  constructor(deps: WebhookDeps) {
    this.#deps = deps;
  }

  /**
   * The answer holds the secret; nothing shows it again. Throws InvalidError `invalid_url`, `event_unknown`,
   * `source_unknown` …, ConflictError `webhook_taken`, ForbiddenError `permission_missing`.
   */
  async create(principal: Principal, input: WebhookInput): Promise<NewWebhookView> {
    requireScope(principal, 'admin');
    const { store, vault } = this.#deps;
    const tenantId = await this.#tenant(principal, input.tenant);
    const name = checkName(input.name, 'name');
    const url = checkUrl(input.url);
    const events = checkEvents(input.events);
    const kind = checkKind(input.kind);
    const sourceUid = await this.#source(principal, input.source);
    const uid = uuidv7();
    const secret = newWebhookSecret();
    return this.#unlessTaken(name, () =>
      store.transaction(async (trx) => {
        await trx
          .insertInto('webhook')
          .values({
            uid,
            tenant_id: tenantId,
            name,
            name_folded: foldName(name),
            url,
            events,
            kind,
            source_uid: sourceUid,
            enabled: input.enabled ?? true,
            secret_sealed: vault.seal(secretContext(tenantId, uid, 'secret_sealed'), secret),
            created_by: storedUserId(principal.subject),
          })
          .execute();
        const record = await this.#find(trx, principal, uid);
        await this.#record(trx, principal, record, 'webhook.create', { host: new URL(url).host, events });
        return { ...presentWebhook(record), secret };
      }),
    );
  }

  /** By id. Throws ForbiddenError `permission_missing` to who manages none. */
  async list(principal: Principal, page: PageRequest): Promise<Page<WebhookView>> {
    requireScope(principal, 'read');
    requireSome(principal);
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? 0 : decodeCursor('webhooks', page.cursor, ['number'])[0];
    const rows = await readWebhooks(
      this.#deps.store.db,
      sql`${managedWebhooks(principal)} and w.id > ${after}`,
      sql`order by w.id limit ${limit + 1}`,
    );
    return toPage('webhooks', rows, limit, (row) => [row.id], presentWebhook);
  }

  /** By uid, or by name in the own tenant. Throws NotFoundError `webhook_not_found`. */
  async get(principal: Principal, id: string): Promise<WebhookView> {
    requireScope(principal, 'read');
    return presentWebhook(await this.#find(this.#deps.store.db, principal, id));
  }

  /** Switching it off gives up what waits. Throws as `create`, and PreconditionError `stale_version`. */
  async update(
    principal: Principal,
    id: string,
    patch: WebhookPatch,
    options: { readonly ifMatch?: number } = {},
  ): Promise<WebhookView> {
    requireScope(principal, 'admin');
    const before = await this.#find(this.#deps.store.db, principal, id);
    const name = patch.name === undefined ? before.name : checkName(patch.name, 'name');
    const change = {
      name,
      url: patch.url === undefined ? before.url : checkUrl(patch.url),
      events: patch.events === undefined ? before.events : checkEvents(patch.events),
      kind: patch.kind === undefined ? before.kind : checkKind(patch.kind),
      source_uid: patch.source === undefined ? before.source_uid : await this.#source(principal, patch.source),
      enabled: patch.enabled ?? before.enabled,
    };
    const changed = Object.entries(change).filter(
      ([member, value]) => JSON.stringify(value) !== JSON.stringify(before[member as keyof typeof change]), // its own keys
    );
    return this.#unlessTaken(name, () =>
      this.#deps.store.transaction(async (trx) => {
        const record = await this.#lock(trx, principal, before.uid);
        checkVersion(record, options.ifMatch);
        if (changed.length === 0) return presentWebhook(record);
        await trx
          .updateTable('webhook')
          .set({
            ...Object.fromEntries(changed),
            name_folded: foldName(name),
            disabled_because: change.enabled ? null : record.disabled_because,
            version: record.version + 1,
            updated_at: sql<Date>`now()`,
          })
          .where('id', '=', record.id)
          .execute();
        if (!change.enabled) await giveUpWaiting(trx, record.id);
        await this.#record(trx, principal, record, 'webhook.update', { changed: changed.map(([member]) => member) });
        return presentWebhook(await this.#find(trx, principal, record.uid));
      }),
    );
  }

  /** With the log of its deliveries. */
  async delete(principal: Principal, id: string): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const record = await this.#lock(trx, principal, id);
      await trx.deleteFrom('webhook').where('id', '=', record.id).execute();
      await this.#record(trx, principal, record, 'webhook.delete', {});
    });
  }

  /** A new secret; the one before signs beside it for a day, so that the receiver can change over without a gap. */
  async rotateSecret(principal: Principal, id: string): Promise<NewWebhookView> {
    requireScope(principal, 'admin');
    const { store, vault } = this.#deps;
    const secret = newWebhookSecret();
    return store.transaction(async (trx) => {
      const record = await this.#lock(trx, principal, id);
      const owner = { tenant_id: record.tenant_id, webhook_uid: record.uid };
      const before = readable(() => openSecret(vault, owner, 'secret_sealed', record.secret_sealed));
      const seal = (field: 'secret_sealed' | 'previous_secret_sealed', text: string) =>
        vault.seal(secretContext(record.tenant_id, record.uid, field), text);
      await trx
        .updateTable('webhook')
        .set({
          secret_sealed: seal('secret_sealed', secret),
          previous_secret_sealed: before === null ? null : seal('previous_secret_sealed', before),
          previous_until: sql<Date>`now() + make_interval(hours => ${overlapHours}::int)`,
          version: record.version + 1,
          updated_at: sql<Date>`now()`,
        })
        .where('id', '=', record.id)
        .execute();
      await this.#record(trx, principal, record, 'webhook.rotate_secret', {});
      return { ...presentWebhook(await this.#find(trx, principal, record.uid)), secret };
    });
  }

  /** Sends an event `ping`, to this webhook alone. Throws ConflictError `webhook_disabled`. */
  async ping(principal: Principal, id: string): Promise<DeliveryView> {
    requireScope(principal, 'admin');
    return this.#deps.store.transaction(async (trx) => {
      const record = await this.#lock(trx, principal, id);
      const event = await trx
        .insertInto('job_event')
        .values({ uid: uuidv7(), tenant_id: record.tenant_id, type: 'ping' })
        .returning('id')
        .executeTakeFirstOrThrow();
      return this.#deliver(trx, principal, record, event.id, 'webhook.ping');
    });
  }

  /** Newest first. */
  async deliveries(
    principal: Principal,
    id: string,
    filter: { readonly status?: DeliveryStatus | undefined },
    page: PageRequest,
  ): Promise<Page<DeliveryView>> {
    requireScope(principal, 'read');
    const { db } = this.#deps.store;
    const limit = pageLimit(page);
    const { id: webhookId } = await this.#find(db, principal, id);
    const conditions = [sql`d.webhook_id = ${webhookId}`];
    if (filter.status !== undefined) conditions.push(sql`d.status = ${filter.status}`);
    if (page.cursor !== undefined)
      conditions.push(sql`d.id < ${decodeCursor('deliveries', page.cursor, ['number'])[0]}`);
    const rows = await readDeliveries(db, sql.join(conditions, sql` and `), sql`order by d.id desc limit ${limit + 1}`);
    return toPage('deliveries', rows, limit, (row) => [row.id], presentDelivery);
  }

  /** Sends an event of the log once more, under its own id. Throws NotFoundError `delivery_not_found`. */
  async redeliver(principal: Principal, id: string, delivery: string): Promise<DeliveryView> {
    requireScope(principal, 'admin');
    return this.#deps.store.transaction(async (trx) => {
      const record = await this.#lock(trx, principal, id);
      const [before] = await readDeliveries(
        trx,
        sql`d.webhook_id = ${record.id} and d.uid::text = ${textKey(delivery)}`,
      );
      if (before === undefined) throw new NotFoundError('delivery_not_found', 'The webhook has no such delivery.');
      return this.#deliver(trx, principal, record, before.event_id, 'webhook.redeliver');
    });
  }

  async #deliver(
    trx: Executor,
    principal: Principal,
    record: WebhookRecord,
    eventId: number,
    action: string,
  ): Promise<DeliveryView> {
    if (!record.enabled) {
      throw new ConflictError('webhook_disabled', 'The webhook is switched off.', { remedy: 'Switch it on first.' });
    }
    const uid = uuidv7();
    await trx
      .insertInto('event_delivery')
      .values({ uid, event_id: eventId, channel: 'webhook', webhook_id: record.id })
      .execute();
    await announceDue(trx);
    await this.#record(trx, principal, record, action, { delivery: uid });
    const [delivery] = await readDeliveries(trx, sql`d.uid = ${uid}`);
    return presentDelivery(delivery!); // inserted above
  }

  /** The tenant that a new webhook belongs to. */
  async #tenant(principal: Principal, slug: string | undefined): Promise<number> {
    const { tenantId } = principal.subject;
    const found =
      slug === undefined
        ? { id: tenantId }
        : await this.#deps.store.db
            .selectFrom('tenant')
            .select('id')
            .where('slug', '=', slug.replaceAll('\0', ''))
            .executeTakeFirst();
    if (found !== undefined && managesWebhooks(principal, found.id)) return found.id;
    if (!isAdministrator(principal)) throw lacks();
    throw new InvalidError('tenant_not_found', 'There is no such tenant.', { field: 'tenant' });
  }

  /** Uid of the source of a filter; one that the caller may not see is unknown to it. */
  async #source(principal: Principal, nameOrUid: string | null | undefined): Promise<string | null> {
    if (nameOrUid === null || nameOrUid === undefined) return null;
    try {
      return (await this.#deps.access.resolve(principal, nameOrUid)).source.uid;
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      throw new InvalidError('source_unknown', 'There is no such data source.', { field: 'source' });
    }
  }

  async #find(executor: Executor, principal: Principal, id: string): Promise<WebhookRecord> {
    const key = foldName(textKey(id));
    const rows = await readWebhooks(
      executor,
      sql`${managedWebhooks(principal)}
        and (w.uid::text = ${key} or (w.tenant_id = ${principal.subject.tenantId} and w.name_folded = ${key}))`,
    );
    const found = rows.find((row) => row.uid === key) ?? rows[0];
    if (found === undefined) throw new NotFoundError('webhook_not_found', 'There is no such webhook.');
    return found;
  }

  /** A lock that lets jobs end meanwhile: their deliveries only refer to the row. */
  async #lock(trx: Executor, principal: Principal, id: string): Promise<WebhookRecord> {
    const { id: rowId, uid } = await this.#find(trx, principal, id);
    await sql`select 1 from webhook where id = ${rowId} for no key update`.execute(trx);
    return this.#find(trx, principal, uid);
  }

  async #unlessTaken<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isUniqueViolation(error, 'webhook_tenant_id_name_folded_key') ? nameTaken(name) : error;
    }
  }

  async #record(
    trx: Executor,
    principal: Principal,
    webhook: WebhookRecord,
    action: string,
    detail: object,
  ): Promise<void> {
    await this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'webhook', uid: webhook.uid, name: webhook.name },
      tenantId: webhook.tenant_id,
      detail,
    });
  }
}

/** Null for a secret that cannot be opened any more: it is being replaced. */
function readable(open: () => string): string | null {
  try {
    return open();
  } catch (error) {
    if (error instanceof SecretUnreadableError) return null;
    throw error;
  }
}

/** PostgreSQL's text holds no NUL. */
const textKey = (text: string): string => text.replaceAll('\0', '');

const lacks = () =>
  lacksPermission(
    Permission.manageTenantSources,
    'Webhooks are for administrators of the tenant and holders of ManageTenantSources (104).',
  );

function requireSome(principal: Principal): void {
  const { tenantId, adminOfTenantIds } = principal.subject;
  if (adminOfTenantIds.length === 0 && !managesWebhooks(principal, tenantId)) throw lacks();
}
