/**
 * An OpenID provider for tests: oidc-provider on loopback, with a sign-in page that signs `account` in without asking,
 * and its signing key in the test's hands to make tokens of every kind.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import Provider from 'oidc-provider';

export interface OidcServer {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who is signed in next; null = the provider refuses. */
  account: string | null;
  /** Claims by account, beside `sub`. */
  readonly claims: Map<string, Record<string, unknown>>;
  /** Requests so far, as method and path. */
  readonly requests: string[];
  /** A token signed with the provider's key, valid for this client unless the claims say otherwise. */
  token(claims: JWTPayload): Promise<string>;
  /** Opens an address as a browser that follows redirects until one leads to `until`; answers that address. */
  browse(address: string, until: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a provider that knows one client with the redirect address given. */
export async function startOidc(redirectUris: readonly string[]): Promise<OidcServer> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'test', use: 'sig', alg: 'RS256' };
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  const client = { clientId: 'headgate', clientSecret: 'client-secret-of-the-test' };
  const state = {
    account: 'ann' as string | null,
    claims: new Map<string, Record<string, unknown>>(),
    requests: [] as string[],
  };
  const provider = makeProvider(issuer, jwk, client, redirectUris, state.claims);
  const handle = provider.callback();
  server.on('request', (request, response) => {
    state.requests.push(`${request.method} ${request.url?.split('?')[0]}`);
    if (!request.url?.startsWith('/interaction/')) return handle(request, response);
    const result =
      state.account === null
        ? { error: 'access_denied' }
        : { login: { accountId: `subject-of-${state.account}`, remember: false } };
    void provider.interactionFinished(request, response, result);
  });
  return Object.assign(state, {
    issuer,
    ...client,
    token: (claims: JWTPayload) =>
      new SignJWT({ iss: issuer, aud: client.clientId, exp: Math.floor(Date.now() / 1000) + 300, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'test' })
        .sign(privateKey),
    browse,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function makeProvider(
  issuer: string,
  jwk: object,
  client: { clientId: string; clientSecret: string },
  redirectUris: readonly string[],
  claims: ReadonlyMap<string, Record<string, unknown>>,
): Provider {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [jwk] },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    cookies: { keys: ['a key for the cookies of the test'] },
    claims: {
      openid: ['sub', 'groups', 'preferred_username'],
      profile: ['given_name', 'family_name'],
      email: ['email'],
    },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: nameOf(id), ...claims.get(nameOf(id)) }),
    }),
    // biome-ignore lint/suspicious/noExplicitAny: the context of a library without types
    loadExistingGrant: async ({ oidc }: any) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
  return provider;
}

const nameOf = (subject: string): string => subject.replace('subject-of-', '');

/** One browser: cookies are kept for this walk. */
async function browse(address: string, until: string): Promise<string> {
  const cookies = new Map<string, string>();
  let at = address;
  for (let step = 0; step < 10; step += 1) {
    if (at.startsWith(until)) return at;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    const text = await response.text();
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`The walk ended at ${at}: ${response.status} ${text.slice(0, 500)}`);
    at = new URL(location, at).href;
  }
  throw new Error('Too many redirects.');
}
