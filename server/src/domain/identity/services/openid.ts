/**
 * Signing in with an OpenID provider: the authorization code flow with PKCE for browsers (RFC 7636, OpenID Connect Core
 * §3.1), and bearer tokens for the APIs.
 *
 * Invariants of the flow: an answer counts once, within ten minutes, in the browser that asked. The store keeps hashes
 * only; code verifier and nonce are derived from the browser's cookie, so that nobody without it can finish.
 */
import { createHmac, randomBytes } from 'node:crypto';
import * as openid from 'openid-client';
import { OutboundError } from '../../../platform/network/outbound.ts';
import { InvalidError, UnauthenticatedError } from '../../errors.ts';
import type { IdentityDeps } from '../deps.ts';
import { unverifiedIssuer } from '../jwt.ts';
import { anonymousPrincipal, type RequestContext } from '../principal.ts';
import { tokenHash } from '../secrets.ts';
import type { ServiceRecord } from './model.ts';
import type { ServicePeople } from './people.ts';
import { type Providers, personOf, reasonOf } from './provider.ts';
import { type RunningServices, serviceUnavailable } from './running.ts';

/** How long a browser may take. */
export const attemptSeconds = 600;
const maxReturnTo = 512;

/** Where a service's provider sends browsers back to. The service has the name that it is registered by. */
export type RedirectUri = (service: string) => string;

/** A browser that is sent to the provider. */
export interface Departure {
  /** At the provider. */
  readonly url: string;
  /** For a cookie; without it the answer is refused. */
  readonly browser: string;
}

/** Whom the provider has sent back. */
export interface Arrival {
  readonly userId: number;
  readonly serviceId: number;
  readonly returnTo: string;
}

export class OpenIdSignIn {
  readonly #deps: IdentityDeps;
  readonly #services: RunningServices;
  readonly #providers: Providers;
  readonly #people: ServicePeople;

  constructor(deps: IdentityDeps, services: RunningServices, providers: Providers, people: ServicePeople) {
    this.#deps = deps;
    this.#services = services;
    this.#providers = providers;
    this.#people = people;
  }

  /**
   * Begins. `returnTo`: a path of this server. Throws InvalidError `sign_in_service_not_found`, `invalid_return_path`;
   * UnavailableError `sign_in_service_unavailable`.
   */
  async start(
    name: string,
    input: { readonly redirectUri: RedirectUri; readonly returnTo: string },
  ): Promise<Departure> {
    const service = await this.#service(name);
    const returnTo = checkReturnPath(input.returnTo);
    const { client, settings } = await this.#providers.of(service);
    const state = randomBytes(32).toString('base64url');
    const browser = randomBytes(32).toString('base64url');
    await this.sweep();
    await this.#deps.store.db
      .insertInto('sign_in_attempt')
      .values({
        state_hash: tokenHash(state),
        browser_hash: tokenHash(browser),
        service_id: service.id,
        return_to: returnTo,
        expires_at: new Date(this.#deps.clock.now().getTime() + attemptSeconds * 1000),
      })
      .execute();
    const url = openid.buildAuthorizationUrl(client, {
      redirect_uri: input.redirectUri(service.name),
      scope: settings.scopes.join(' '),
      state,
      nonce: derived(browser, 'nonce'),
      code_challenge: await openid.calculatePKCECodeChallenge(derived(browser, 'verifier')),
      code_challenge_method: 'S256',
    });
    return { url: url.href, browser };
  }

  /**
   * Takes the provider's answer. `query` is the one that the browser came back with. Throws UnauthenticatedError
   * `sign_in_expired` (also for an answer that comes twice, or to another browser), `sign_in_refused`, `sign_in_failed`;
   * ForbiddenError `no_account`; UnavailableError.
   */
  async finish(
    name: string,
    input: { readonly redirectUri: RedirectUri; readonly query: string; readonly browser: string | undefined },
    context: RequestContext,
  ): Promise<Arrival> {
    const service = await this.#service(name);
    const currentUrl = new URL(`${input.redirectUri(service.name)}?${input.query}`);
    const state = currentUrl.searchParams.get('state');
    const attempt = state === null ? null : await this.#attempt(service, state, input.browser ?? '');
    if (attempt === null || state === null || input.browser === undefined) {
      throw new UnauthenticatedError('sign_in_expired', 'This sign-in is over, or began in another browser.', {
        remedy: 'Begin again.',
      });
    }
    try {
      const claims = await this.#exchange(service, currentUrl, state, input.browser);
      const person = personOf(claims.settings, claims.payload);
      if (person === null) throw new UnauthenticatedError('sign_in_failed', 'The provider names nobody.');
      const userId = await this.#people.userOf(service, person, context, 'sign-in');
      return { userId, serviceId: service.id, returnTo: attempt.returnTo };
    } catch (error) {
      if (error instanceof UnauthenticatedError) await this.#denied(service, context, error.code);
      throw error;
    }
  }

  /** The user of a bearer token of a service's issuer; null when no service has it. Throws UnauthenticatedError. */
  async bearer(
    token: string,
    context: RequestContext,
  ): Promise<{ userId: number; scopes: ReadonlySet<string> | null; expiresAt: number } | null> {
    const services = await this.#services.byIssuer(unverifiedIssuer(token));
    let refusal: unknown;
    for (const service of services) {
      try {
        const { verifier, settings } = await this.#providers.of(service);
        if (verifier === null) continue;
        const { payload, scopes, expiresAt } = await verifier.verify(token);
        const person = personOf(settings, payload);
        if (person !== null)
          return { userId: await this.#people.userOf(service, person, context, 'request'), scopes, expiresAt };
      } catch (error) {
        // Another service of the same issuer may accept this audience.
        refusal = error;
      }
    }
    if (refusal !== undefined) throw refusal;
    return null;
  }

  /** Removes attempts that nobody came back from. */
  async sweep(): Promise<void> {
    await this.#deps.store.db.deleteFrom('sign_in_attempt').where('expires_at', '<', this.#deps.clock.now()).execute();
  }

  async #service(name: string): Promise<ServiceRecord> {
    const service = await this.#services.byName(name, 'service');
    if (service.kind === 'oidc') return service;
    throw new InvalidError('sign_in_service_kind', `${service.name} is no OpenID Connect service.`, {
      field: 'service',
      remedy: 'Sign in with POST /api/v1/sessions.',
    });
  }

  /** Uses the attempt up. */
  async #attempt(service: ServiceRecord, state: string, browser: string): Promise<{ returnTo: string } | null> {
    const row = await this.#deps.store.db
      .deleteFrom('sign_in_attempt')
      .where('state_hash', '=', tokenHash(state))
      .where('browser_hash', '=', tokenHash(browser))
      .where('service_id', '=', service.id)
      .returning(['return_to', 'expires_at'])
      .executeTakeFirst();
    if (row === undefined || row.expires_at <= this.#deps.clock.now()) return null;
    return { returnTo: row.return_to };
  }

  async #exchange(service: ServiceRecord, currentUrl: URL, state: string, browser: string) {
    const { client, settings } = await this.#providers.of(service);
    try {
      const tokens = await openid.authorizationCodeGrant(client, currentUrl, {
        pkceCodeVerifier: derived(browser, 'verifier'),
        expectedNonce: derived(browser, 'nonce'),
        expectedState: state,
        idTokenExpected: true,
      });
      const claims: Readonly<Record<string, unknown>> = { ...tokens.claims() };
      if (claims[settings.loginClaim] !== undefined || client.serverMetadata().userinfo_endpoint === undefined) {
        return { settings, payload: claims };
      }
      // Some providers keep names out of the ID token; what that says wins.
      const more = await openid.fetchUserInfo(client, tokens.access_token, String(claims.sub));
      return { settings, payload: { ...more, ...claims } };
    } catch (error) {
      const reason = reasonOf(error);
      this.#deps.log.warn({ service: service.name, reason }, 'sign-in at the provider failed');
      if (outboundIn(error)) throw serviceUnavailable(service, error);
      if (error instanceof openid.AuthorizationResponseError) {
        throw new UnauthenticatedError('sign_in_refused', `${service.name} has refused the sign-in.`, { cause: error });
      }
      throw new UnauthenticatedError('sign_in_failed', `The answer of ${service.name} is not valid.`, {
        cause: error,
        remedy: 'Begin again; when it lasts, an administrator finds the reason in the log.',
      });
    }
  }

  async #denied(service: ServiceRecord, context: RequestContext, reason: string): Promise<void> {
    await this.#deps.audit.recordNow(anonymousPrincipal(context), {
      action: 'session.create',
      outcome: 'denied',
      resource: { type: 'sign_in_service', uid: service.uid, name: service.name },
      tenantId: service.tenantId,
      detail: { reason },
    });
  }
}

/** A path of this server to go to afterwards. Throws InvalidError `invalid_return_path` for what leads elsewhere. */
export function checkReturnPath(path: string): string {
  const here = 'https://here.invalid';
  const plain = path.length <= maxReturnTo && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes('\\');
  const url = plain ? URL.parse(path, here) : null;
  // Dots are taken out first: what is left may begin with two slashes, which browsers read as a host.
  if (url !== null && url.origin === here && !url.pathname.startsWith('//'))
    return url.pathname + url.search + url.hash;
  throw new InvalidError('invalid_return_path', 'The path to return to is one of this server, such as /console.', {
    field: 'returnTo',
  });
}

const derived = (browser: string, what: string): string =>
  createHmac('sha256', browser).update(`headgate sign-in ${what}`).digest('base64url');

/** The library wraps what its fetch throws. */
function outboundIn(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    if (one instanceof OutboundError) return true;
  }
  return false;
}
