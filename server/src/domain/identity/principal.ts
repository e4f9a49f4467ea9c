/** Who is asking. Every way of signing in ends in one `Principal`; nothing else reaches the domain. */

/** The doors of Headgate (architecture.md §1). `gateway` is not a door: it asks with the door of its caller. */
export type DoorName = 'rest' | 'chorus' | 'sdps' | 'hdp' | 'odata' | 'dataarts' | 'fetcher' | 'pgwire' | 'mcp';

/** How a principal signed in. */
export type SignInMethod = 'session' | 'api_token' | 'jwt' | 'password' | 'access_key' | 'system';

/** The facts about one user that decisions rest on; loaded once, cached at most a second (decisions.md 29). */
export interface PrincipalUser {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
  readonly tenantUid: string;
  readonly username: string;
  /** roles ∪ explicit (hdp.md §3.3). */
  readonly permissions: ReadonlySet<number>;
  readonly groupIds: readonly number[];
  /** Tenants this user administers. */
  readonly adminOfTenantIds: readonly number[];
  /** Unarchived workspaces the user belongs to, directly or by a group. */
  readonly workspaceIds: readonly number[];
  /** From then on the password is to be changed before anything else; null and absent = never. */
  readonly passwordDueAt?: Date | null | undefined;
}

export interface Principal {
  /** Who signed in. */
  readonly actor: PrincipalUser;
  /** On whose behalf it acts (hdp `?user=`); the same object as `actor` otherwise. Decisions are made for the subject. */
  readonly subject: PrincipalUser;
  readonly method: SignInMethod;
  /** Scopes of the API token or JWT; null = unrestricted. */
  readonly scopes: ReadonlySet<string> | null;
  readonly door: DoorName;
  /** Carried into audit events and logs. */
  readonly requestId: string;
  readonly address: string | null;
  /** Uid of the session or token, for "revoke this one" and for audit. */
  readonly credentialUid: string | null;
}

/** Whether the principal signed in with a password that is to be changed before anything else. */
export function mustChangePassword({ actor, method }: Principal, now: Date): boolean {
  if (method !== 'session' && method !== 'password') return false;
  return actor.passwordDueAt != null && actor.passwordDueAt <= now;
}

/** What is known of a request beside its sign-in. */
export interface RequestContext {
  readonly door: DoorName;
  readonly requestId: string;
  /** The caller's IP address, when there is one. */
  readonly address: string | null;
  readonly userAgent?: string | undefined;
}

/** The tenant that exists from the first start; its administrators are the installation's. */
export const systemTenantId = 1;

const nobody = (username: string, permissions: readonly number[]): PrincipalUser =>
  Object.freeze({
    id: 0,
    uid: '00000000-0000-0000-0000-000000000000',
    tenantId: systemTenantId,
    tenantUid: '00000000-0000-0000-0000-000000000000',
    username,
    permissions: new Set(permissions),
    groupIds: [],
    adminOfTenantIds: [],
    workspaceIds: [],
  });

const system = nobody('system', [12]);
const anonymous = nobody('anonymous', []);

/** Headgate itself: background work and start-up. It may do everything, and audit shows it as `system`. */
export function systemPrincipal(door: DoorName = 'rest', requestId = 'system'): Principal {
  return principalOf(system, { door, requestId, address: null }, { method: 'system' });
}

/** Somebody who is not signed in: may do nothing; its failed sign-ins are audited. */
export function anonymousPrincipal(context: RequestContext): Principal {
  return principalOf(anonymous, context, { method: 'password' });
}

/**
 * Whoever reaches a door that is open without a sign-in (decisions.md 22): acts as owner of what that door made in the
 * system tenant, and for nothing else.
 */
export function openDoorPrincipal(context: RequestContext): Principal {
  return principalOf(anonymous, context, { method: 'system', scopes: new Set([`door:${context.door}`]) });
}

/** A user id as the store keeps it: null for Headgate itself and for nobody. */
export function storedUserId(user: PrincipalUser): number | null {
  return user.id === 0 ? null : user.id;
}

/** The principal of a user who signed in. */
export function principalOf(
  user: PrincipalUser,
  context: RequestContext,
  signIn: {
    method: SignInMethod;
    scopes?: ReadonlySet<string> | null;
    credentialUid?: string | null;
  },
): Principal {
  return {
    actor: user,
    subject: user,
    method: signIn.method,
    scopes: signIn.scopes ?? null,
    door: context.door,
    requestId: context.requestId,
    address: context.address,
    credentialUid: signIn.credentialUid ?? null,
  };
}
