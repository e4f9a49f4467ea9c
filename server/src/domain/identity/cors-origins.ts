/** Origins of web pages that may call (hdp.md §4.11); `CORSBehavior` (limit 5) says whether the list counts. */
import { sql } from 'kysely';
import { isUniqueViolation } from '../../platform/database/index.ts';
import { announce } from '../access/facts.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { checkText } from './names.ts';
import { Permission } from './permissions.ts';
import type { Policies } from './policies.ts';
import type { Principal } from './principal.ts';
import { systemTenantId } from './principal.ts';
import { requireAdministers } from './rules.ts';
import { requireScope } from './scopes.ts';

export interface CorsOrigin {
  readonly id: number;
  readonly origin: string;
  readonly description: string | null;
  readonly modifiedBy: string;
  readonly modifiedAt: Date;
}

export interface CorsOriginInput {
  readonly origin: string;
  readonly description?: string | null | undefined;
}

const columns = ['id', 'origin', 'description', 'modified_by', 'modified_at'] as const;

interface Row {
  id: number;
  origin: string;
  description: string | null;
  modified_by: string;
  modified_at: Date;
}

const notFound = (): NotFoundError => new NotFoundError('origin_not_found', 'There is no such origin.');

export class CorsOrigins {
  readonly #deps: IdentityDeps;
  readonly #policies: Policies;

  constructor(deps: IdentityDeps, policies: Policies) {
    this.#deps = deps;
    this.#policies = policies;
  }

  /** How pages of this origin stand: `listed` may do everything, `any` what a page may that nobody vouches for. */
  async standing(origin: string): Promise<'listed' | 'any' | 'refused'> {
    const { cors } = this.#policies.cached() ?? (await this.#policies.current());
    if (cors.behaviour === 'off') return 'refused';
    if (cors.behaviour === 'all') return 'any';
    return cors.origins.has(origin.toLowerCase()) ? 'listed' : 'refused';
  }

  async list(principal: Principal): Promise<CorsOrigin[]> {
    this.#requireMay(principal);
    const rows = await this.#deps.store.db.selectFrom('cors_origin').select(columns).orderBy('id').execute();
    return rows.map(toView);
  }

  /** Throws NotFoundError `origin_not_found`. */
  async get(principal: Principal, id: number): Promise<CorsOrigin> {
    const found = (await this.list(principal)).find((one) => one.id === id);
    if (found === undefined) throw notFound();
    return found;
  }

  /** Adds several, all or none. Throws ConflictError `origin_taken`, InvalidError `invalid_origin`. */
  async add(principal: Principal, inputs: readonly CorsOriginInput[]): Promise<CorsOrigin[]> {
    this.#requireMay(principal);
    const values = inputs.map((input, index) => this.#columns(principal, input, `whitelist/${index}/domain`));
    return this.#change(principal, 'cors_origin.create', async (trx) =>
      values.length === 0 ? [] : await trx.insertInto('cors_origin').values(values).returning(columns).execute(),
    );
  }

  async update(principal: Principal, id: number, input: CorsOriginInput): Promise<CorsOrigin> {
    this.#requireMay(principal);
    const values = this.#columns(principal, input, 'domain');
    const [changed] = await this.#change(principal, 'cors_origin.update', async (trx) =>
      trx.updateTable('cors_origin').set(values).where('id', '=', id).returning(columns).execute(),
    );
    if (changed === undefined) throw notFound();
    return changed;
  }

  async remove(principal: Principal, id: number): Promise<void> {
    this.#requireMay(principal);
    const removed = await this.#change(principal, 'cors_origin.delete', async (trx) =>
      trx.deleteFrom('cors_origin').where('id', '=', id).returning(columns).execute(),
    );
    if (removed.length === 0) throw notFound();
  }

  /** CORSwhitelist (23) and administration of the system tenant. */
  #requireMay(principal: Principal): void {
    requireScope(principal, 'admin');
    requireAdministers(principal, systemTenantId, Permission.corsWhitelist);
  }

  #columns(principal: Principal, input: CorsOriginInput, field: string) {
    const origin = checkOrigin(input.origin, field);
    return {
      origin,
      origin_folded: origin.toLowerCase(),
      description: checkText(input.description, 'description', 1024),
      modified_by: principal.actor.username,
      modified_at: this.#deps.clock.now(),
    };
  }

  async #change(
    principal: Principal,
    action: string,
    work: (trx: Parameters<Parameters<IdentityDeps['store']['transaction']>[0]>[0]) => Promise<Row[]>,
  ): Promise<CorsOrigin[]> {
    try {
      return await this.#deps.store.transaction(async (trx) => {
        await sql`lock table cors_origin in share row exclusive mode`.execute(trx);
        const rows = await work(trx);
        for (const row of rows) {
          await this.#deps.audit.record(trx, principal, {
            action,
            outcome: 'allowed',
            resource: { type: 'cors_origin', uid: null, name: row.origin },
            tenantId: systemTenantId,
            detail: { description: row.description },
          });
        }
        await announce(trx, '*');
        return rows.map(toView);
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ConflictError('origin_taken', 'This origin is on the list already.', { field: 'domain' });
    }
  }
}

/** `https://tools.example:8443`: scheme, host and port, nothing else. */
function checkOrigin(text: string, field: string): string {
  const url = text.length <= 1024 && URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.host !== '';
  if (plain && url.username === '' && url.password === '' && url.pathname === '/' && url.search + url.hash === '') {
    return url.origin;
  }
  throw new InvalidError('invalid_origin', 'An origin is a scheme, a host and perhaps a port.', {
    field,
    remedy: 'Write e.g. https://tools.example or https://tools.example:8443.',
  });
}

function toView(row: Row): CorsOrigin {
  return {
    id: row.id,
    origin: row.origin,
    description: row.description,
    modifiedBy: row.modified_by,
    modifiedAt: row.modified_at,
  };
}
