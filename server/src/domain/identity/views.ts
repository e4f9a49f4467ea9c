/** What identity shows of its rows, and what it takes. */

/** Which user: by name, ignoring case, or by number. */
export type UserRef = string | { readonly id: number };

/** Which tenant: by slug or by number. */
export type TenantRef = string | { readonly id: number };

/** Which role: by name within the user's tenant, or by number. */
export type RoleRef = string | { readonly id: number };

/** A user as whoever administers it sees it, with the numbers that legacy doors show. */
export interface UserAccount {
  readonly id: number;
  readonly username: string;
  readonly tenantId: number;
  readonly tenantName: string;
  readonly status: 'active' | 'inactive';
  readonly roleIds: readonly number[];
  /** Beside the roles'. */
  readonly explicitPermissions: readonly number[];
  readonly effectivePermissions: readonly number[];
  /** 1 = in force, 2 = to be changed at the next sign-in. */
  readonly passwordStatus: number;
  readonly passwordExpiresAt: Date | null;
  readonly lockedAt: Date | null;
  readonly lockedUntil: Date | null;
}

/** A `service` account is for a program: it signs in by tokens and keys alone. */
export type UserKind = 'person' | 'service';

export interface UserView {
  /** Uid. */
  readonly id: string;
  readonly username: string;
  readonly kind: UserKind;
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
  /** The password must be changed before anything else. */
  readonly mustChangePassword: boolean;
  readonly passwordExpiresAt: Date | null;
  readonly createdAt: Date;
  readonly lastSignInAt: Date | null;
}

/** What only administrators say of a user. */
interface AdministeredMembers {
  /** 2 = a temporary password: it must be changed at the next sign-in. */
  readonly passwordStatus?: 1 | 2 | undefined;
  /** When the password must be changed; null = never. */
  readonly passwordExpiresAt?: Date | null | undefined;
  /** Locks sign-in until then; null unlocks. */
  readonly lockedUntil?: Date | null | undefined;
}

export interface UserInput extends AdministeredMembers {
  readonly username: string;
  /** `person` when absent. */
  readonly kind?: UserKind | undefined;
  /** Without one nobody signs in by password until one is set. */
  readonly password?: string | undefined;
  /** Characters of the password at least, where a door's contract takes fewer than Headgate itself. */
  readonly shortestPassword?: number | undefined;
  readonly status?: 'active' | 'inactive' | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  readonly email?: string | null | undefined;
  /** `["user"]` when absent. */
  readonly roles?: readonly RoleRef[] | undefined;
  /** The caller's when absent. */
  readonly tenant?: TenantRef | undefined;
  /** Explicit permissions beside the roles'. */
  readonly permissions?: readonly number[] | undefined;
  /** Slugs of tenants to administer; the own tenant when absent and a role is Tenant Administrator. */
  readonly administers?: readonly string[] | undefined;
}

/** Absent members stay as they are; null empties. */
export interface UserPatch extends AdministeredMembers {
  readonly username?: string | undefined;
  /** Moves the user: who owns sources stays. Roles of the new tenant must be given with it. */
  readonly tenant?: TenantRef | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly roles?: readonly RoleRef[] | undefined;
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
  /** The users of an inactive tenant cannot sign in. */
  readonly status: 'active' | 'inactive';
  /** User names of its administrators; null when the caller may not see them. Only in `get`. */
  readonly admins: string[] | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A tenant with the numbers that legacy doors show. */
export interface TenantRecord {
  readonly id: number;
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly parentId: number | null;
  /** As hdp keeps it; it has no effect. */
  readonly legacyStatus: number;
  readonly roleIds: readonly number[];
  readonly adminIds: readonly number[];
}

/** A role with the numbers that legacy doors show. */
export interface RoleRecord {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly tenantId: number;
  readonly permissions: number[];
  readonly userIds: readonly number[];
  readonly builtin: boolean;
}

export interface RoleView {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** Tenant slug. */
  readonly tenant: string;
  readonly permissions: number[];
  readonly builtin: boolean;
  /** Users that have it. */
  readonly userCount: number;
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

/** What a token is made of. Scopes: see `scopes.ts`; absent = everything its user may. */
export interface TokenInput {
  readonly name: string;
  readonly scopes?: readonly string[] | null | undefined;
  readonly expiresAt?: Date | null | undefined;
}

/** With the token itself, which is shown once. */
export interface NewApiToken extends ApiTokenView {
  readonly token: string;
}

/** A key that signs requests; its secret is shown once, when it is made. */
export interface AccessKeyView {
  readonly id: string;
  /** The half that names the key in a request. */
  readonly accessKey: string;
  readonly enabled: boolean;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  /** After too many wrong signatures. */
  readonly lockedUntil: Date | null;
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
