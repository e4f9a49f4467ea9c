/** Services as those who run them need them: found by name, by user, by issuer; their directories and policies made. */
import { type RawBuilder, sql } from 'kysely';
import { InvalidError, UnavailableError } from '../../errors.ts';
import type { IdentityDeps } from '../deps.ts';
import { foldName } from '../names.ts';
import { Directory, DirectoryError } from './directory.ts';
import { internalServiceId, type ServiceRecord } from './model.ts';
import { outboundPolicy } from './outbound-policy.ts';
import { ldapOf, openSecrets, readServices, toRecord } from './service-rows.ts';

/** The service does not answer: nobody can tell now. */
export function serviceUnavailable(service: ServiceRecord, cause: unknown): UnavailableError {
  return new UnavailableError('sign_in_service_unavailable', `The sign-in service ${service.name} does not answer.`, {
    cause,
    remedy: 'Try again later; an administrator finds the reason with the test of the service.',
  });
}

export class RunningServices {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** An enabled service by name. Throws InvalidError `sign_in_service_not_found`. */
  async byName(name: string, field: string): Promise<ServiceRecord> {
    const service = name.length > 256 ? null : await this.#one(sql`s.enabled and s.name_folded = ${foldName(name)}`);
    if (service !== null) return service;
    throw new InvalidError('sign_in_service_not_found', 'There is no such sign-in service.', {
      field,
      remedy: 'GET /api/v1/sign-in/services lists them.',
    });
  }

  /** An enabled LDAP service by id. */
  async directoryService(id: number): Promise<ServiceRecord | null> {
    return this.#one(sql`s.enabled and s.kind = 'ldap' and s.id = ${id}`);
  }

  /**
   * The directory that is asked for names that no user has, and whose work is done for names that are wrong: the
   * default one; else, for the work alone, the first.
   */
  async fallback(): Promise<ServiceRecord | null> {
    const { rows } = await sql<{ id: number }>`
      select id from sign_in_service where enabled and kind = 'ldap' order by is_default desc, id limit 1`.execute(
      this.#deps.store.db,
    );
    return rows[0] === undefined ? null : this.directoryService(rows[0].id);
  }

  /** Enabled OpenID Connect services of an issuer. */
  async byIssuer(issuer: string): Promise<ServiceRecord[]> {
    const condition = sql`s.enabled and s.kind = 'oidc' and s.settings ->> 'issuer' = ${issuer}`;
    return (await readServices(this.#deps.store.db, condition, 50)).map(toRecord);
  }

  /** The directory of an LDAP service. */
  async directory(service: ServiceRecord): Promise<Directory> {
    const policy = await outboundPolicy(this.#deps, service.tenantId);
    return new Directory(ldapOf(service), openSecrets(this.#deps.vault, service).bindPassword ?? null, policy);
  }

  /** Runs work on a service's directory. Throws UnavailableError `sign_in_service_unavailable` when it cannot tell. */
  async asking<T>(service: ServiceRecord, work: (directory: Directory) => Promise<T>): Promise<T> {
    try {
      return await work(await this.directory(service));
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error;
      const { code, stage } = error;
      this.#deps.log.warn({ service: service.name, code, stage, reason: error.message }, 'sign-in service failed');
      throw serviceUnavailable(service, error);
    }
  }

  /** Whether the user may sign in with the password kept here: no links, or one to the internal service. */
  async allowsInternal(userId: number): Promise<boolean> {
    const links = await this.#deps.store.db
      .selectFrom('sign_in_link')
      .select('service_id')
      .where('user_id', '=', userId)
      .execute();
    return links.length === 0 || links.some((one) => one.service_id === internalServiceId);
  }

  async #one(condition: RawBuilder<unknown>): Promise<ServiceRecord | null> {
    const [row] = await readServices(this.#deps.store.db, condition, 1);
    return row === undefined ? null : toRecord(row);
  }
}
