/** OpenID providers as services name them: discovered, addressed only where allowed, their tokens checked. */
import * as openid from 'openid-client';
import { isLoopbackHost } from '../../../platform/network/addresses.ts';
import { checkedFetch, type FetchInit, type FetchLimits } from '../../../platform/network/checked-fetch.ts';
import { OutboundError } from '../../../platform/network/outbound.ts';
import type { IdentityDeps } from '../deps.ts';
import { JwtVerifier } from '../jwt.ts';
import { foldGroup } from './directory.ts';
import type { ExternalPerson, OidcSettings, ServiceRecord } from './model.ts';
import { outboundPolicy } from './outbound-policy.ts';
import { serviceUnavailable } from './running.ts';
import { oidcOf, openSecrets } from './service-rows.ts';

/** What is known of one service's provider. */
export interface Provider {
  readonly settings: OidcSettings;
  readonly client: openid.Configuration;
  /** For bearer tokens; null when none are accepted. */
  readonly verifier: JwtVerifier | null;
}

const maxAnswerBytes = 512 * 1024;
const maxAgeMs = 60 * 60_000;
/** A provider that did not answer is not asked again for so long. */
const retryAfterMs = 2000;

export class Providers {
  readonly #deps: IdentityDeps;
  /** By service and version: a changed service is discovered anew. */
  readonly #known = new Map<string, { readonly until: number; readonly provider: Promise<Provider> }>();

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** Throws UnavailableError `sign_in_service_unavailable`. */
  async of(service: ServiceRecord): Promise<Provider> {
    const key = `${service.uid}:${service.version}`;
    const now = performance.now();
    let entry = this.#known.get(key);
    if (entry === undefined || entry.until <= now) {
      if (this.#known.size > 1000) this.#known.clear();
      const provider = this.discover(service);
      entry = { until: now + maxAgeMs, provider };
      this.#known.set(key, entry);
      provider.catch(() => this.#known.set(key, { until: performance.now() + retryAfterMs, provider }));
    }
    try {
      return await entry.provider;
    } catch (error) {
      this.#deps.log.warn({ service: service.name, reason: reasonOf(error) }, 'sign-in service failed');
      throw serviceUnavailable(service, error);
    }
  }

  /** Discovers afresh. Rejects with OutboundError or the library's error. */
  async discover(service: ServiceRecord): Promise<Provider> {
    const settings = oidcOf(service);
    const limits: FetchLimits = {
      policy: await outboundPolicy(this.#deps, service.tenantId),
      timeoutMs: settings.timeoutMs,
      maxBytes: maxAnswerBytes,
      ca: settings.ca ?? undefined,
    };
    const fetcher = (url: string, options: FetchInit): Promise<Response> => checkedFetch(url, options, limits);
    const customFetch: openid.CustomFetch = (url, { method, headers, body, signal }) =>
      fetcher(url, {
        method,
        headers,
        ...(typeof body === 'string' || body instanceof URLSearchParams ? { body } : {}),
        signal,
      });
    const plain = new URL(settings.issuer).protocol === 'http:';
    const found = await openid.discovery(new URL(settings.issuer), settings.clientId, undefined, openid.None(), {
      [openid.customFetch]: customFetch,
      timeout: settings.timeoutMs / 1000,
      ...(plain ? { execute: [openid.allowInsecureRequests] } : {}),
    });
    const metadata = found.serverMetadata();
    for (const address of [metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri]) {
      if (address === undefined || !isSafe(address)) {
        throw new OutboundError('address_refused', 'The provider names an endpoint that is not https.');
      }
    }
    const secret = openSecrets(this.#deps.vault, service).clientSecret;
    const client = new openid.Configuration(metadata, settings.clientId, undefined, authentication(metadata, secret));
    client[openid.customFetch] = customFetch;
    client.timeout = settings.timeoutMs / 1000;
    if (plain) openid.allowInsecureRequests(client);
    // The ID token's signature is checked although it comes from the provider's own endpoint.
    openid.enableNonRepudiationChecks(client);
    return { settings, client, verifier: this.#verifier(settings, metadata.jwks_uri!, fetcher) };
  }

  #verifier(
    settings: OidcSettings,
    jwksUrl: string,
    fetcher: (url: string, options: FetchInit) => Promise<Response>,
  ): JwtVerifier | null {
    if (settings.audiences.length === 0) return null;
    // The verifier calls its fetch with a text and these members alone.
    const asFetch = ((url: string, init: FetchInit) => fetcher(url, init)) as typeof fetch;
    return new JwtVerifier([{ issuer: settings.issuer, jwksUrl, audience: settings.audiences }], {
      clock: this.#deps.clock,
      fetch: asFetch,
    });
  }
}

/** The person that checked claims speak of; null without a subject. */
export function personOf(settings: OidcSettings, claims: Readonly<Record<string, unknown>>): ExternalPerson | null {
  const text = (name: string): string | null => {
    const value = claims[name];
    return typeof value === 'string' && value !== '' ? value.replaceAll('\0', '').slice(0, 256) : null;
  };
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > 512) return null;
  const groups = claims[settings.groupsClaim];
  const names = (Array.isArray(groups) ? groups : [groups]).filter((one) => typeof one === 'string');
  return {
    subject: sub,
    login: text(settings.loginClaim) ?? sub,
    firstName: text('given_name'),
    lastName: text('family_name'),
    email: text('email'),
    groups: new Set(names.map((one) => foldGroup(one.trim()))),
  };
}

/** What went wrong, for the log and the test of a service: never what the provider sent. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : 'unknown';
}

function authentication(metadata: openid.ServerMetadata, secret: string | undefined): openid.ClientAuth {
  if (secret === undefined) return openid.None();
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_basic') ? openid.ClientSecretBasic(secret) : openid.ClientSecretPost(secret);
}

function isSafe(address: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
}
