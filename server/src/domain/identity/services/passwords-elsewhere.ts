/**
 * Checking a password at a directory (F4).
 *
 * Failures are counted by the name typed, as for the internal service, and besides by the directory's entry: a directory
 * takes many spellings for one person (spaces, accents, width), and each would otherwise have tries of its own.
 */
import type { IdentityDeps } from '../deps.ts';
import type { Lockout } from '../lockout.ts';
import type { RequestContext } from '../principal.ts';
import type { ServiceRecord } from './model.ts';
import type { ServicePeople } from './people.ts';
import type { RunningServices } from './running.ts';

export type PasswordAnswer =
  | { readonly kind: 'user'; readonly userId: number }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'locked'; readonly until: Date };

/** What remembers a success is bound to: a changed service is asked again (decisions.md 24). */
export const realmOf = (service: ServiceRecord): string => `${service.uid}:${service.version}`;

/** Spellings that a directory could take for another login never reach it. */
const plainLogin = (login: string): boolean =>
  login === login.normalize('NFKC') && login === login.trim() && !/\s{2}|[\p{Cc}\p{Cf}]/u.test(login) && login !== '*';

export class PasswordsElsewhere {
  readonly #deps: IdentityDeps;
  readonly #services: RunningServices;
  readonly #people: ServicePeople;
  readonly #lockout: Lockout;

  constructor(deps: IdentityDeps, services: RunningServices, people: ServicePeople, lockout: Lockout) {
    this.#deps = deps;
    this.#services = services;
    this.#people = people;
    this.#lockout = lockout;
  }

  /** Throws UnavailableError `sign_in_service_unavailable`; ForbiddenError `no_account`, `identity_changed`. */
  async check(
    service: ServiceRecord,
    login: string,
    password: string,
    context: RequestContext,
  ): Promise<PasswordAnswer> {
    if (!plainLogin(login)) {
      await this.pretend(service);
      return { kind: 'wrong' };
    }
    const { db } = this.#deps.store;
    const key = (subject: string | null): string => `\u0001${service.uid}:${subject ?? ''}`;
    const answer = await this.#services.asking(service, (directory) =>
      directory.check(login, password, (subject) => this.#lockout.lockedUntil(db, key(subject))),
    );
    if (answer.kind === 'locked') return answer;
    if (answer.kind === 'wrong') {
      if (answer.subject !== null) await this.#lockout.fail(db, key(answer.subject));
      return answer;
    }
    await this.#lockout.clear(db, key(answer.person.subject));
    return { kind: 'user', userId: await this.#people.userOf(service, answer.person, context, 'sign-in') };
  }

  /** The same work for nothing; a directory that does not answer is no error here. */
  async pretend(service: ServiceRecord): Promise<void> {
    await this.#services.asking(service, (directory) => directory.pretend()).catch(() => {});
  }
}
