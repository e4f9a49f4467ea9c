/** Which user a checked JWT stands for: (issuer, subject), never the e-mail address alone (decisions.md 23). */
import { type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { IdentityDeps } from './deps.ts';
import type { JwtClaims } from './jwt.ts';
import { checkName, checkText, foldName } from './names.ts';
import { Permission } from './permissions.ts';
import { type RequestContext, systemPrincipal, systemTenantId } from './principal.ts';

export class JwtUsers {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** The user's id; makes the user when the issuer says `createUsers`; null = nobody. */
  async userOf(claims: JwtClaims, context: RequestContext): Promise<number | null> {
    const known = await this.#find(this.#deps.store.db, claims);
    if (known !== null || claims.issuer.createUsers !== true) return known;
    try {
      return await this.#create(claims, context);
    } catch (error) {
      // The name belongs to somebody else, or two requests came first together.
      if (isUniqueViolation(error)) return this.#find(this.#deps.store.db, claims);
      throw error;
    }
  }

  async #find(executor: Executor, { issuer, subject }: JwtClaims): Promise<number | null> {
    const row = await executor
      .selectFrom('external_identity')
      .select('user_id')
      .where('issuer', '=', issuer.issuer)
      .where('subject', '=', subject)
      .executeTakeFirst();
    return row?.user_id ?? null;
  }

  /** Null when the claims do not make a user: no usable name, a tenant that does not exist. */
  async #create(claims: JwtClaims, context: RequestContext): Promise<number | null> {
    const { issuer, payload, subject } = claims;
    const text = (name: string | undefined): string | undefined => {
      const value = name === undefined ? undefined : payload[name];
      return typeof value === 'string' && value !== '' ? value : undefined;
    };
    const wanted = issuer.userClaim === undefined ? (text('preferred_username') ?? subject) : text(issuer.userClaim);
    const username = wanted === undefined ? null : usableName(wanted);
    if (username === null) return null;
    const slug = issuer.tenantClaim === undefined ? null : (text(issuer.tenantClaim) ?? '');
    return this.#deps.store.transaction(async (trx) => {
      const tenant = await trx
        .selectFrom('tenant')
        .select('id')
        .where((where) => (slug === null ? where('id', '=', systemTenantId) : where('slug', '=', slug)))
        .executeTakeFirst();
      if (tenant === undefined) return null;
      const uid = uuidv7();
      const { id } = await trx
        .insertInto('user_account')
        .values({
          uid,
          tenant_id: tenant.id,
          username,
          username_folded: foldName(username),
          first_name: optionalText(text('given_name')),
          last_name: optionalText(text('family_name')),
          email: optionalText(text('email')),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      const roles = await this.#giveRoles(
        trx,
        id,
        tenant.id,
        issuer.roleClaim === undefined ? [] : payload[issuer.roleClaim],
      );
      await trx.insertInto('external_identity').values({ issuer: issuer.issuer, subject, user_id: id }).execute();
      await this.#deps.audit.record(
        trx,
        { ...systemPrincipal(context.door, context.requestId), address: context.address },
        {
          action: 'user.create',
          outcome: 'allowed',
          resource: { type: 'user', uid, name: username },
          tenantId: tenant.id,
          detail: { issuer: issuer.issuer, subject, roles },
        },
      );
      return id;
    });
  }

  /** Roles of the tenant by the names in the claim, `User` when none fits; never one that gives 12. */
  async #giveRoles(executor: Executor, userId: number, tenantId: number, claim: unknown): Promise<string[]> {
    const asked = (Array.isArray(claim) ? claim : [claim]).filter((one) => typeof one === 'string').map(foldName);
    const all = await executor
      .selectFrom('role')
      .select(['id', 'name', 'name_folded', 'permissions'])
      .where('tenant_id', '=', tenantId)
      .execute();
    const allowed = all.filter((role) => !role.permissions.includes(Permission.administrator));
    const fitting = allowed.filter((role) => asked.includes(role.name_folded));
    const roles = fitting.length > 0 ? fitting : allowed.filter((role) => role.name_folded === 'user');
    if (roles.length > 0) {
      await executor
        .insertInto('user_role')
        .values(roles.map((role) => ({ user_id: userId, role_id: role.id })))
        .execute();
    }
    return roles.map((role) => role.name);
  }
}

function usableName(name: string): string | null {
  try {
    return checkName(name, 'username');
  } catch {
    return null;
  }
}

function optionalText(text: string | undefined): string | null {
  return checkText(text?.slice(0, 256).replaceAll('\0', ''), 'profile');
}
