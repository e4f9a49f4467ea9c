/**
 * OAuth: programs that users register, and the tokens that such programs get to read in a user's name (hdp.md §4.12; RFC
 * 6749). Codes, tokens and client secrets are random and kept as SHA-256. A token says no more than who it is for; where it
 * is taken is the doors' affair.
 */
import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { InvalidError, NotFoundError, UnauthenticatedError } from '../errors.ts';
import type { Authenticator } from './authenticator.ts';
import type { IdentityDeps } from './deps.ts';
import { checkName, checkText } from './names.ts';
import { mustChangePassword, type Principal, principalOf, type RequestContext } from './principal.ts';
import type { Principals } from './principals.ts';
import { requireScope } from './scopes.ts';
import { tokenHash } from './secrets.ts';

export interface OAuthClient {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly redirectUrls: readonly string[];
  readonly clientId: string;
}

export interface OAuthClientInput {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly redirectUrls: readonly string[];
}

export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
  readonly scope: string;
}

/** What a program asks for, as RFC 6749 names it. */
export type TokenRequest = {
  readonly clientId: string;
  readonly clientSecret: string;
} & (
  | { readonly grant: 'password'; readonly username: string; readonly password: string }
  | { readonly grant: 'authorization_code'; readonly code: string; readonly redirectUrl: string | undefined }
  | { readonly grant: 'refresh_token'; readonly refreshToken: string }
);

/** The one scope there is. */
export const oauthScope = 'api.access.odata';

const lifeSeconds = { code: 60, access: 3_600, refresh: 30 * 86_400 } as const;
type Kind = keyof typeof lifeSeconds;
const columns = ['id', 'name', 'description', 'redirect_urls', 'client_id'] as const;

const invalidGrant = (): UnauthenticatedError =>
  new UnauthenticatedError('invalid_grant', 'The grant is not valid, or not any more.');
const notFound = (): NotFoundError => new NotFoundError('oauth_client_not_found', 'There is no such application.');

export class OAuth {
  readonly #deps: IdentityDeps;
  readonly #principals: Principals;
  readonly #authenticator: () => Authenticator;

  constructor(deps: IdentityDeps, principals: Principals, authenticator: () => Authenticator) {
    this.#deps = deps;
    this.#principals = principals;
    this.#authenticator = authenticator;
  }

  /** The applications that the caller registered. */
  async list(principal: Principal): Promise<OAuthClient[]> {
    requireScope(principal, 'read');
    const rows = await this.#deps.store.db
      .selectFrom('oauth_client')
      .select(columns)
      .where('user_id', '=', principal.subject.id)
      .orderBy('id')
      .execute();
    return rows.map(toView);
  }

  /** Throws NotFoundError `oauth_client_not_found`. */
  async get(principal: Principal, id: number): Promise<OAuthClient> {
    const found = (await this.list(principal)).find((client) => client.id === id);
    if (found === undefined) throw notFound();
    return found;
  }

  /** Answers the secret, once. Throws InvalidError `invalid_redirect_url`. */
  async create(
    principal: Principal,
    input: OAuthClientInput,
  ): Promise<OAuthClient & { readonly clientSecret: string }> {
    requireScope(principal, 'admin');
    const values = checked(input);
    const secret = uuidLike();
    const clientId = `${randomInt(100_000_000, 999_999_999)}${randomInt(1000, 9999)}.apps.headgate`;
    return this.#deps.store.transaction(async (trx) => {
      const row = await trx
        .insertInto('oauth_client')
        .values({
          ...values,
          uid: uuidv7(),
          tenant_id: principal.subject.tenantId,
          user_id: principal.subject.id,
          client_id: clientId,
          secret_hash: tokenHash(secret),
        })
        .returning(columns)
        .executeTakeFirstOrThrow();
      await this.#record(trx, principal, 'oauth_client.create', row.name, { clientId });
      return { ...toView(row), clientSecret: secret };
    });
  }

  async update(principal: Principal, id: number, input: OAuthClientInput): Promise<OAuthClient> {
    requireScope(principal, 'admin');
    const values = checked(input);
    return this.#change(principal, id, 'oauth_client.update', (trx) =>
      trx
        .updateTable('oauth_client')
        .set({ ...values, updated_at: this.#deps.clock.now() })
        .where('id', '=', id)
        .execute(),
    );
  }

  /** A new secret, answered once; what was granted ends. */
  async reset(principal: Principal, id: number): Promise<OAuthClient & { readonly clientSecret: string }> {
    requireScope(principal, 'admin');
    const secret = uuidLike();
    const client = await this.#change(principal, id, 'oauth_client.reset', async (trx) => {
      await trx
        .updateTable('oauth_client')
        .set({ secret_hash: tokenHash(secret) })
        .where('id', '=', id)
        .execute();
      await trx.deleteFrom('oauth_grant').where('client_id', '=', id).execute();
    });
    return { ...client, clientSecret: secret };
  }

  async remove(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'admin');
    await this.#change(principal, id, 'oauth_client.delete', (trx) =>
      trx.deleteFrom('oauth_client').where('id', '=', id).execute(),
    );
  }

  /** Applications that may act in the caller's name now. */
  async allowed(principal: Principal): Promise<OAuthClient[]> {
    requireScope(principal, 'read');
    const rows = await this.#deps.store.db
      .selectFrom('oauth_client')
      .select(columns)
      .where((where) =>
        where.exists(
          where
            .selectFrom('oauth_grant as g')
            .select('g.client_id')
            .whereRef('g.client_id', '=', 'oauth_client.id')
            .where('g.user_id', '=', principal.subject.id)
            .where('g.expires_at', '>', this.#deps.clock.now()),
        ),
      )
      .orderBy('id')
      .execute();
    return rows.map(toView);
  }

  /** Takes back what the caller allowed an application. Throws NotFoundError `oauth_client_not_found`. */
  async revoke(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const removed = await trx
        .deleteFrom('oauth_grant')
        .where('client_id', '=', id)
        .where('user_id', '=', principal.subject.id)
        .returning('client_id')
        .execute();
      if (removed.length === 0) throw notFound();
      await this.#record(trx, principal, 'oauth_grant.revoke', String(id), {});
    });
  }

  /** The application that asks for consent, when it may be sent back there. Throws InvalidError `invalid_request`. */
  async requesting(
    clientId: string,
    redirectUrl: string | undefined,
  ): Promise<OAuthClient & { readonly redirectUrl: string }> {
    const row = await this.#deps.store.db
      .selectFrom('oauth_client')
      .select(columns)
      .where('client_id', '=', clientId)
      .executeTakeFirst();
    const target = redirectUrl ?? row?.redirect_urls[0];
    if (row === undefined || target === undefined || !row.redirect_urls.includes(target)) {
      throw new InvalidError(
        'invalid_request',
        'There is no such application, or it does not expect to be called there.',
      );
    }
    return { ...toView(row), redirectUrl: target };
  }

  /** A code for an application that the caller consents to. */
  async consent(principal: Principal, clientId: string, redirectUrl: string): Promise<string> {
    requireScope(principal, 'admin');
    const client = await this.requesting(clientId, redirectUrl);
    const record = await this.#principals.recordOf(principal.actor.id);
    if (record === null) throw invalidGrant();
    return this.#deps.store.transaction(async (trx) => {
      const code = await this.#grant(trx, 'code', client.id, record.user.id, record.authVersion, redirectUrl);
      await this.#record(trx, principal, 'oauth_grant.create', client.name, { clientId });
      return code;
    });
  }

  /** Tokens for a grant. Throws UnauthenticatedError `invalid_client`, `invalid_grant`, and those of a sign-in. */
  async token(request: TokenRequest, context: RequestContext): Promise<TokenSet> {
    const client = await this.#client(request.clientId, request.clientSecret);
    if (request.grant === 'password') {
      const principal = await this.#authenticator().basic(request.username, request.password, context);
      const record = await this.#principals.recordOf(principal.actor.id);
      if (record === null || mustChangePassword(principal, this.#deps.clock.now()) || principal.method !== 'password')
        throw invalidGrant();
      return this.#deps.store.transaction((trx) => this.#issue(trx, client, record.user.id, record.authVersion));
    }
    const isCode = request.grant === 'authorization_code';
    const used = await this.#use(isCode ? 'code' : 'refresh', isCode ? request.code : request.refreshToken, client);
    if (isCode && used.redirect_url !== (request.redirectUrl ?? used.redirect_url)) throw invalidGrant();
    const record = await this.#principals.recordOf(used.user_id);
    if (record === null || record.authVersion !== used.auth_version) throw invalidGrant();
    return this.#deps.store.transaction((trx) => this.#issue(trx, client, used.user_id, used.auth_version));
  }

  /** Whom an access token speaks for. Throws UnauthenticatedError `invalid_token`. */
  async bearer(token: string, context: RequestContext): Promise<Principal> {
    const row = await this.#deps.store.db
      .selectFrom('oauth_grant')
      .select(['user_id', 'auth_version'])
      .where('token_hash', '=', tokenHash(token))
      .where('kind', '=', 'access')
      .where('expires_at', '>', this.#deps.clock.now())
      .executeTakeFirst();
    const record = row === undefined ? null : await this.#principals.recordOf(row.user_id);
    if (row === undefined || record === null || record.authVersion !== row.auth_version) {
      throw new UnauthenticatedError('invalid_token', 'This token is not valid, or not any more.');
    }
    return principalOf(record.user, context, { method: 'api_token', scopes: new Set(['door:odata']) });
  }

  /** Removes grants that have ended. */
  async sweep(): Promise<void> {
    await this.#deps.store.db.deleteFrom('oauth_grant').where('expires_at', '<', this.#deps.clock.now()).execute();
  }

  async #client(clientId: string, secret: string): Promise<number> {
    const row = await this.#deps.store.db
      .selectFrom('oauth_client')
      .select(['id', 'secret_hash'])
      .where('client_id', '=', clientId)
      .executeTakeFirst();
    const given = tokenHash(secret);
    // The same comparison for a client that does not exist.
    const fits = timingSafeEqual(given, row?.secret_hash ?? Buffer.alloc(32));
    if (row === undefined || !fits) {
      throw new UnauthenticatedError('invalid_client', 'The client id or the client secret is wrong.');
    }
    return row.id;
  }

  /** Takes a code or refresh token out of circulation: each is good once. */
  async #use(kind: Kind, token: string, clientId: number) {
    const row = await this.#deps.store.db
      .deleteFrom('oauth_grant')
      .where('token_hash', '=', tokenHash(token))
      .where('kind', '=', kind)
      .where('client_id', '=', clientId)
      .returning(['user_id', 'auth_version', 'redirect_url', 'expires_at'])
      .executeTakeFirst();
    if (row === undefined || row.expires_at <= this.#deps.clock.now()) throw invalidGrant();
    return row;
  }

  async #issue(trx: Executor, clientId: number, userId: number, authVersion: number): Promise<TokenSet> {
    const accessToken = await this.#grant(trx, 'access', clientId, userId, authVersion, null);
    const refreshToken = await this.#grant(trx, 'refresh', clientId, userId, authVersion, null);
    return { accessToken, refreshToken, expiresInSeconds: lifeSeconds.access, scope: oauthScope };
  }

  async #grant(
    trx: Executor,
    kind: Kind,
    clientId: number,
    userId: number,
    authVersion: number,
    redirectUrl: string | null,
  ): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await trx
      .insertInto('oauth_grant')
      .values({
        token_hash: tokenHash(token),
        kind,
        client_id: clientId,
        user_id: userId,
        auth_version: authVersion,
        scope: oauthScope,
        redirect_url: redirectUrl,
        expires_at: new Date(this.#deps.clock.now().getTime() + lifeSeconds[kind] * 1000),
      })
      .execute();
    return token;
  }

  async #change(
    principal: Principal,
    id: number,
    action: string,
    work: (trx: Executor) => Promise<unknown>,
  ): Promise<OAuthClient> {
    const before = await this.get(principal, id);
    await this.#deps.store.transaction(async (trx) => {
      await sql`select id from oauth_client where id = ${id} for update`.execute(trx);
      await work(trx);
      await this.#record(trx, principal, action, before.name, { clientId: before.clientId });
    });
    return (await this.list(principal)).find((client) => client.id === id) ?? before;
  }

  #record(trx: Executor, principal: Principal, action: string, name: string, detail: object): Promise<void> {
    return this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'oauth_client', uid: null, name },
      tenantId: principal.subject.tenantId,
      detail,
    });
  }
}

/** The shape that programs of the vendor expect of a client secret. */
function uuidLike(): string {
  const hex = randomBytes(16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function checked(input: OAuthClientInput): { name: string; description: string | null; redirect_urls: string[] } {
  for (const text of input.redirectUrls) {
    const url = URL.canParse(text) && text.length <= 2048 ? new URL(text) : null;
    if (url === null || url.hash !== '' || /^(javascript|data|vbscript|file|blob):$/.test(url.protocol)) {
      throw new InvalidError('invalid_redirect_url', 'That is no address to send people back to.', {
        field: 'redirectUrls',
      });
    }
  }
  if (input.redirectUrls.length > 32) {
    throw new InvalidError('too_many', 'An application has at most 32 redirect URLs.', { field: 'redirectUrls' });
  }
  return {
    name: checkName(input.name, 'name'),
    description: checkText(input.description, 'description'),
    redirect_urls: [...input.redirectUrls],
  };
}

function toView(row: {
  id: number;
  name: string;
  description: string | null;
  redirect_urls: string[];
  client_id: string;
}): OAuthClient {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    redirectUrls: row.redirect_urls,
    clientId: row.client_id,
  };
}
