/**
 * Tokens, projects and domains as IAM clients know them (dataarts.md §2.3, §7). A tenant is a domain with one project and
 * one product instance. A token is a session that is held to a scope.
 */
import { hexOf, uuidOf } from '../../platform/ids.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { Authenticator } from './authenticator.ts';
import type { IdentityDeps } from './deps.ts';
import { foldName } from './names.ts';
import { Permission } from './permissions.ts';
import type { Principal, PrincipalUser, RequestContext } from './principal.ts';
import { tokenHash, tokenKind } from './secrets.ts';

/** A domain with its project and its product instance; ids are 32 hex digits. */
export interface Site {
  readonly tenantId: number;
  readonly projectId: string;
  /** Name of the region, the same for all. */
  readonly projectName: string;
  readonly instanceId: string;
  readonly domainId: string;
  readonly domainName: string;
  readonly description: string;
  readonly enabled: boolean;
}

/** Where a token is valid. Absent = in its user's whole domain. */
export type TokenScope =
  | { readonly project: { readonly id?: string; readonly name?: string } }
  | { readonly domain: { readonly id?: string; readonly name?: string } };

export interface TokenRequest {
  readonly username: string;
  readonly password: string;
  readonly domainName: string;
  readonly scope?: TokenScope | undefined;
}

/** What is told of a token. */
export interface IamToken {
  readonly user: PrincipalUser;
  readonly site: Site;
  readonly scope: 'project' | 'domain';
  /** Administers its domain. */
  readonly admin: boolean;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Scope of a token for the whole domain: it reaches IAM itself and nothing else. */
export const domainTokenScope = 'iam';
const projectTokenScopes: readonly string[] = ['door:dataarts'];
const lifeMinutes = 24 * 60;

export class Iam {
  readonly #deps: IdentityDeps;
  readonly #authenticator: Authenticator;
  readonly #region: string;

  constructor(deps: IdentityDeps, authenticator: Authenticator) {
    this.#deps = deps;
    this.#authenticator = authenticator;
    this.#region = deps.config.region ?? 'local';
  }

  /** The site of a tenant. */
  async siteOf(tenantId: number): Promise<Site> {
    const row = await this.#deps.store.db
      .selectFrom('tenant')
      .select(['id', 'uid', 'domain_uid', 'instance_uid', 'slug', 'description', 'status'])
      .where('id', '=', tenantId)
      .executeTakeFirst();
    if (row === undefined) throw notFound('project');
    return {
      tenantId: row.id,
      projectId: hexOf(row.uid),
      projectName: this.#region,
      instanceId: hexOf(row.instance_uid),
      domainId: hexOf(row.domain_uid),
      domainName: row.slug,
      description: row.description ?? '',
      enabled: row.status === 1,
    };
  }

  /**
   * Signs a user of a domain in for a day. Throws like `Authenticator.signIn`, with the same `invalid_credentials` for a
   * user of another domain; NotFoundError `project_not_found`, `domain_not_found` for a scope that is not the user's.
   */
  async issue(request: TokenRequest, context: RequestContext): Promise<IamToken & { readonly token: string }> {
    const { username, password, scope } = request;
    let site: Site | undefined;
    const signedIn = await this.#authenticator.signInOn({ username, password }, context, async (user) => {
      site = await this.siteOf(user.tenantId);
      if (foldName(site.domainName) !== foldName(request.domainName)) return null;
      const scopes = scopesOf(site, scope);
      return { minutes: lifeMinutes, scopes };
    });
    const user = signedIn.principal.actor;
    return {
      token: signedIn.token,
      user,
      site: site!, // set before a session opens
      scope: scope !== undefined && 'project' in scope ? 'project' : 'domain',
      admin: isDomainAdmin(user),
      issuedAt: signedIn.createdAt,
      expiresAt: signedIn.expiresAt,
    };
  }

  /**
   * What is told of a token: to its user, and to administrators of its domain. Throws NotFoundError `token_not_found`, also
   * for tokens of others and for what is no token of this kind.
   */
  async describe(principal: Principal, token: string, context: RequestContext): Promise<IamToken> {
    const subject = tokenKind(token) === 'session' ? await this.#bearer(token, context) : null;
    if (subject === null) throw notFound('token');
    const user = subject.actor;
    const own = user.id === principal.subject.id;
    const scopes = subject.scopes ?? new Set();
    const scope = scopes.has(domainTokenScope) ? 'domain' : scopes.has('door:dataarts') ? 'project' : null;
    const administered = isDomainAdmin(principal.subject) && principal.subject.tenantId === user.tenantId;
    if (scope === null || (!own && !administered)) throw notFound('token');
    const row = await this.#deps.store.db
      .selectFrom('session')
      .select(['created_at', 'expires_at'])
      .where('token_hash', '=', tokenHash(token))
      .executeTakeFirst();
    if (row === undefined) throw notFound('token');
    return {
      user,
      site: await this.siteOf(user.tenantId),
      scope,
      admin: isDomainAdmin(user),
      issuedAt: row.created_at,
      expiresAt: row.expires_at,
    };
  }

  async #bearer(token: string, context: RequestContext): Promise<Principal | null> {
    return this.#authenticator.bearer(token, context).catch(() => null);
  }
}

/** Administrator of the installation, or of its own tenant (decisions.md 2). */
function isDomainAdmin(user: PrincipalUser): boolean {
  const { permissions } = user;
  if (permissions.has(Permission.administrator)) return true;
  return permissions.has(Permission.modifyUsers) && user.adminOfTenantIds.includes(user.tenantId);
}

function scopesOf(site: Site, scope: TokenScope | undefined): readonly string[] {
  if (scope === undefined) return [domainTokenScope];
  if ('project' in scope) {
    requireNamed(scope.project, 'project', { id: site.projectId, name: site.projectName });
    return projectTokenScopes;
  }
  requireNamed(scope.domain, 'domain', { id: site.domainId, name: site.domainName });
  return [domainTokenScope];
}

/** What is named must be the user's own; another's looks as if it did not exist. */
function requireNamed(
  named: { readonly id?: string; readonly name?: string },
  what: 'project' | 'domain',
  own: { readonly id: string; readonly name: string },
): void {
  if (named.id === undefined && named.name === undefined) {
    throw new InvalidError('scope_incomplete', `auth.scope.${what} needs id or name.`, { field: `scope.${what}` });
  }
  const sameId = named.id === undefined || uuidOf(named.id) === uuidOf(own.id);
  const sameName = named.name === undefined || foldName(named.name) === foldName(own.name);
  if (!sameId || !sameName) throw notFound(what);
}

function notFound(what: 'project' | 'domain' | 'token'): NotFoundError {
  return new NotFoundError(`${what}_not_found`, `Could not find the ${what}.`);
}
