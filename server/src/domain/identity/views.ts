/** What identity shows of its rows, and what it takes. */

export interface UserView {
  /** Uid. */
  readonly id: string;
  readonly username: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  /** Tenant slug. */
  readonly tenant: string;
  /** Role names. */
  readonly roles: string[];
  /** Slugs of the tenants it administers. */
  readonly administers: string[];
  /** Effective: roles ∪ explicit, ascending. */
  readonly permissions: number[];
  readonly status: 'active' | 'inactive';
  /** Set while sign-in is locked after failures. */
  readonly lockedUntil: Date | null;
  readonly createdAt: Date;
  readonly lastSignInAt: Date | null;
}

export interface UserInput {
  readonly username: string;
  readonly password: string;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  readonly email?: string | null | undefined;
  /** Role names; `["user"]` when absent. */
  readonly roles?: readonly string[] | undefined;
  /** Tenant slug; the caller's when absent. */
  readonly tenant?: string | undefined;
  /** Explicit permissions beside the roles'. */
  readonly permissions?: readonly number[] | undefined;
  /** Slugs of tenants to administer; the own tenant when absent and a role is Tenant Administrator. */
  readonly administers?: readonly string[] | undefined;
}

/** Absent members stay as they are; null empties. */
export interface UserPatch {
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly permissions?: readonly number[] | undefined;
  readonly administers?: readonly string[] | undefined;
  readonly status?: 'active' | 'inactive' | undefined;
}

export interface GroupView {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** Tenant slug. */
  readonly tenant: string;
  readonly memberCount: number;
  /** User names; null when the caller may not see them. Only in `get`. */
  readonly members: string[] | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface TenantView {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface RoleView {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** Tenant slug. */
  readonly tenant: string;
  readonly permissions: number[];
  readonly builtin: boolean;
}

export interface ApiTokenView {
  readonly id: string;
  readonly name: string;
  /** First characters of the token, to recognise it. */
  readonly hint: string;
  /** Null = everything its user may. */
  readonly scopes: string[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface SessionView {
  readonly id: string;
  readonly door: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  /** The session that asks. */
  readonly current: boolean;
}
