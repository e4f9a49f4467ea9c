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
