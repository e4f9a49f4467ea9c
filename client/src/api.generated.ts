/** Made by scripts/generate-client.ts from the server's OpenAPI document: do not edit. */

/** An answer that is no JSON: read it from the response. */
export interface Streamed {
  readonly mediaTypes: readonly string[];
}

export interface Problem {
  /** `urn:headgate:problem:` and the code. */
  readonly type: string;
  /** The status code's own words. */
  readonly title: string;
  readonly status: number;
  /** What is wrong, for people. */
  readonly detail: string;
  /** What is wrong, for programs; stable. */
  readonly code: string;
  /** The request id, as in `X-Request-Id` and in the logs. */
  readonly instance: string;
  /** The member of the input that is wrong, e.g. `tls/mode`. */
  readonly field?: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export interface User {
  readonly id: string;
  readonly username: string;
  /** `service`: an account for a program, which signs in by tokens and keys alone. */
  readonly kind: 'person' | 'service';
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  /** Slug. */
  readonly tenant: string;
  readonly roles: ReadonlyArray<string>;
  /** Slugs of tenants. */
  readonly administers: ReadonlyArray<string>;
  /** Effective: of the roles and explicit ones. */
  readonly permissions: ReadonlyArray<string>;
  readonly status: 'active' | 'inactive';
  readonly lockedUntil: string | null;
  readonly mustChangePassword: boolean;
  readonly passwordExpiresAt: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly lastSignInAt: string | null;
}

export interface OfferedSignInService {
  readonly name: string;
  readonly kind: 'internal' | 'ldap' | 'oidc';
}

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly tenant: string;
  readonly permissions: ReadonlyArray<string>;
  readonly builtin: boolean;
  readonly userCount: number;
}

export interface Permission {
  readonly id: number;
  readonly name: string;
  /** What requests and answers write. */
  readonly word: string;
  readonly category: string;
  readonly description: string;
  readonly onSource: boolean;
  readonly onShare: boolean;
}

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  /** The first characters, to recognise it. */
  readonly hint: string;
  readonly scopes: ReadonlyArray<string> | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly tenant: string;
  readonly memberCount: number;
  readonly members: ReadonlyArray<string> | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly status: 'active' | 'inactive';
  readonly admins: ReadonlyArray<string> | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface AccessKey {
  readonly id: string;
  /** The half that names the key in a request. */
  readonly accessKey: string;
  readonly enabled: boolean;
  readonly description: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly lockedUntil: string | null;
}

export interface SignInService {
  readonly id: string;
  readonly name: string;
  readonly kind: 'internal' | 'ldap' | 'oidc' | 'saml' | 'plugin';
  readonly tenant: string | null;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly default: boolean;
  readonly createUsers: boolean;
  readonly syncRoles: boolean;
  readonly roles: ReadonlyArray<string>;
  readonly groupRoles: ReadonlyArray<{
    readonly group: string;
    readonly role: string;
  }>;
  readonly ldap: {
    readonly url: string;
    readonly tls: {
      readonly mode: 'verify-full' | 'verify-ca' | 'require' | 'disable';
      readonly ca: string | null;
    };
    readonly bindDn: string | null;
    readonly bindPassword: string | null;
    readonly userDn: string | null;
    readonly userBase: string | null;
    readonly userFilter: string;
    readonly attributes: {
      readonly login: string;
      readonly subject: string | null;
      readonly firstName: string;
      readonly lastName: string;
      readonly email: string;
    };
    readonly groups: {
      readonly from: 'none' | 'memberOf' | 'search';
      readonly base: string | null;
      readonly filter: string;
      readonly nested: boolean;
    };
    readonly timeoutMs: number;
  } | null;
  readonly oidc: {
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string | null;
    readonly scopes: ReadonlyArray<string>;
    readonly audiences: ReadonlyArray<string>;
    readonly loginClaim: string;
    readonly groupsClaim: string;
    readonly ca: string | null;
    readonly timeoutMs: number;
  } | null;
  readonly linkedUsers: number;
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface SignInServiceTestReport {
  readonly ok: boolean;
  readonly stages: ReadonlyArray<{
    readonly stage: string;
    readonly ok: boolean;
    readonly ms: number;
    readonly code?: string;
    readonly field?: string;
    readonly message?: string;
    readonly remedy?: string;
    readonly warning?: string;
  }>;
  readonly person: {
    readonly login: string;
    readonly subject: string;
    readonly firstName: string | null;
    readonly lastName: string | null;
    readonly email: string | null;
    readonly groups: ReadonlyArray<string>;
    readonly roles: ReadonlyArray<string>;
  } | null;
}

export interface SignInLink {
  readonly id: string;
  readonly username: string;
  readonly login: string | null;
  readonly subject: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly lastSignInAt: string | null;
}

export interface Engine {
  readonly id: string;
  readonly title: string;
  readonly available: boolean;
  readonly defaultPort?: number;
  readonly databaseRequired: boolean;
  readonly optionsSchema?: { readonly [name: string]: unknown };
}

export interface Source {
  readonly id: string;
  readonly name: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly engine: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly schema: string | null;
  readonly tls: {
    readonly mode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
    readonly ca?: string;
    readonly cert?: string;
    readonly hasKey: boolean;
  };
  readonly options: { readonly [name: string]: string | number | boolean };
  readonly metadata: { readonly [name: string]: unknown };
  readonly labels: { readonly [name: string]: string };
  readonly owner: string;
  readonly tenant: string;
  readonly visibility: 'private' | 'workspace' | 'tenant';
  readonly sharesCredential: boolean;
  readonly enabled: boolean;
  readonly complete: boolean;
  readonly health: {
    readonly state: 'online' | 'offline' | 'unknown';
    readonly code?: string;
    /** RFC 3339, UTC. */
    readonly checkedAt?: string;
    readonly serverVersion?: string;
  };
  readonly credential: {
    readonly state: 'set' | 'missing' | 'unreadable';
    readonly kind: 'source' | 'workspace' | 'personal';
    readonly username?: string;
    /** RFC 3339, UTC. */
    readonly since?: string;
    readonly by?: string;
  };
  /** The caller's own, as words. */
  readonly permissions: ReadonlyArray<string>;
  /** Jobs that use it now. */
  readonly inUse: number;
  /** The ETag is `"v<version>"`. */
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  /** RFC 3339, UTC. */
  readonly deletedAt?: string;
}

export interface BlastRadius {
  readonly operation: 'update' | 'delete';
  readonly source: {
    readonly id: string;
    readonly name: string;
    readonly version: number;
  };
  readonly changes: ReadonlyArray<string>;
  readonly blockedChanges: ReadonlyArray<string>;
  readonly refused: boolean;
  readonly holders: ReadonlyArray<{
    readonly kind: 'job' | 'query' | 'session';
    readonly id: string;
    readonly name: string;
    readonly user: string | null;
    /** RFC 3339, UTC. */
    readonly since: string;
    readonly until: string | null;
  }>;
  readonly shares: {
    readonly users: number;
    readonly groups: number;
    readonly tenants: number;
  };
  readonly credentials: { readonly [name: string]: number };
  readonly workspaces: ReadonlyArray<{
    readonly id: string;
    readonly name: string;
  }>;
  readonly jobs: {
    readonly queued: number;
    readonly running: number;
  };
}

export interface TestReport {
  readonly ok: boolean;
  readonly stages: ReadonlyArray<{
    readonly stage: 'name' | 'address' | 'tls' | 'login' | 'database' | 'privileges' | 'clock';
    readonly ok: boolean;
    readonly ms: number;
    readonly code?: string;
    readonly field?: string;
    readonly message?: string;
    readonly remedy?: string;
    readonly warning?: string;
  }>;
  readonly server?: {
    readonly version: string;
    readonly encrypted: boolean;
    readonly latencyMs?: number;
    readonly clockSkewMs?: number;
  };
}

export interface UrlParts {
  readonly engine: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly schema?: string;
  readonly username?: string;
  readonly tls?: {
    /** Absent: `verify-full`, on loopback `prefer`. */
    readonly mode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  };
  readonly options: { readonly [name: string]: string | number | boolean };
  /** It holds a password, which is not repeated: send the URL along. */
  readonly hasPassword: boolean;
}

export interface GroupSourceMember {
  /** Of the member. */
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
}

export interface Credential {
  readonly id: string;
  readonly kind: 'source' | 'workspace' | 'personal';
  /** What the login is for: reads take `read`, else `any`. */
  readonly level: 'any' | 'read' | 'write';
  readonly state: 'set' | 'missing' | 'unreadable';
  readonly username: string | null;
  readonly workspace?: {
    readonly id: string;
    readonly name: string;
  };
  readonly user?: string;
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  readonly by: string | null;
}

export interface Share {
  readonly subject: {
    readonly type: 'user' | 'group' | 'tenant';
    readonly name: string;
  };
  readonly permissions: ReadonlyArray<string>;
  readonly expiresAt: string | null;
  readonly credential: 'source' | 'workspace' | 'personal' | null;
  readonly createdBy: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  readonly version: number;
}

export interface Explanation {
  readonly allowed: boolean;
  readonly because: string;
  readonly permissions: ReadonlyArray<string>;
  readonly layers: ReadonlyArray<{
    readonly layer: string;
    readonly matches: boolean;
    readonly decides: boolean;
    readonly permissions: ReadonlyArray<string>;
  }>;
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'materialized_view' | 'foreign_table';
  readonly comment: string | null;
  readonly rowEstimate: number | null;
  readonly columns: ReadonlyArray<{
    readonly name: string;
    readonly type: string;
    readonly kind: string;
    readonly nullable: boolean;
    readonly default: string | null;
    readonly comment: string | null;
  }>;
  readonly primaryKey: ReadonlyArray<string>;
  readonly uniqueKeys: ReadonlyArray<ReadonlyArray<string>>;
  readonly foreignKeys: ReadonlyArray<{
    readonly name: string;
    readonly columns: ReadonlyArray<string>;
    readonly referencedSchema: string;
    readonly referencedTable: string;
    readonly referencedColumns: ReadonlyArray<string>;
  }>;
}

export interface Provider {
  readonly name: string;
  readonly title: string;
  readonly regions: ReadonlyArray<string>;
}

export interface Account {
  readonly id: string;
  readonly provider: string;
  readonly region: string;
  readonly sources: number;
  /** Those of its sources that were catalogued. */
  readonly catalogued: number;
  /** It stands for sources that were made elsewhere. */
  readonly builtin: boolean;
  readonly createdAt: string | null;
}

export interface NamedSecret {
  readonly name: string;
  readonly username: string | null;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly status: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly source: string | null;
  readonly sourceId: string | null;
  readonly sources: ReadonlyArray<{
    readonly name: string;
    readonly id: string;
    readonly progress?: {
      readonly rows: number;
      readonly bytes: number;
      readonly tablesDone: number;
      readonly tables: number;
      readonly table: string | null;
    };
  }>;
  readonly format: string | null;
  readonly createdBy: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly cancelRequested: boolean;
  readonly progress: {
    readonly rows: number;
    readonly bytes: number;
  };
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly source?: string;
    readonly table?: string;
    readonly column?: string;
  };
  readonly outputs: ReadonlyArray<{
    readonly name: string;
    readonly mediaType: string;
    readonly bytes: number;
    readonly rows: number | null;
    readonly sha256: string;
    readonly expiresAt: string | null;
  }>;
  /** Id of the job that this one repeats. */
  readonly retryOf?: string;
  /** Id of the schedule that submitted it. */
  readonly schedule?: string;
}

export interface SourceCatalog {
  readonly source: string;
  readonly sourceId: string;
  readonly description: string | null;
  /** `personal`: holds personal data; `unknown`: not looked at yet. */
  readonly privacy: 'unknown' | 'none' | 'personal';
  readonly sensitivity: string;
  readonly labels: ReadonlyArray<string>;
  /** By hand: discoveries leave it alone. */
  readonly corrected: boolean;
  readonly tables: number;
  readonly columns: number;
  readonly sampledRows: number;
  /** RFC 3339, UTC. */
  readonly crawledAt: string;
  readonly version: number;
}

export interface Drift {
  readonly id: number;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly change: 'table_added' | 'table_removed' | 'column_added' | 'column_removed' | 'column_changed';
  readonly table: string;
  readonly column: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

export interface CataloguedTable {
  /** Its address in the catalog. */
  readonly name: string;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly comment: string | null;
  readonly keys: {};
  readonly columns: number;
  readonly rowEstimate: number | null;
  readonly sampledRows: number;
  /** `personal`: holds personal data; `unknown`: not looked at yet. */
  readonly privacy: 'unknown' | 'none' | 'personal';
  readonly sensitivity: string;
  readonly identifiers: ReadonlyArray<string>;
  readonly labels: ReadonlyArray<string>;
  /** By hand: discoveries leave it alone. */
  readonly corrected: boolean;
  /** RFC 3339, UTC. */
  readonly changedAt: string;
  readonly detectedAt: string | null;
  readonly version: number;
}

export interface CataloguedColumn {
  readonly name: string;
  readonly position: number;
  readonly type: string;
  readonly nullable: boolean;
  readonly comment: string | null;
  readonly identifiers: ReadonlyArray<{
    readonly name: string;
    readonly score: number;
  }>;
  /** `personal`: holds personal data; `unknown`: not looked at yet. */
  readonly privacy: 'unknown' | 'none' | 'personal';
  readonly sensitivity: string;
  readonly samples: ReadonlyArray<string> | null;
  /** By hand: discoveries leave it alone. */
  readonly corrected: boolean;
  readonly review: 'accepted' | 'rejected' | null;
  readonly modifiedBy: string;
  /** RFC 3339, UTC. */
  readonly modifiedAt: string;
  readonly version: number;
}

export interface Label {
  readonly name: string;
  readonly used: number;
  readonly createdBy: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface Identifier {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly builtin: boolean;
  readonly pattern: string | null;
  readonly headerKeywords: ReadonlyArray<string>;
  readonly excludeKeywords: ReadonlyArray<string>;
  readonly properties: ReadonlyArray<string>;
  readonly inTemplate: boolean;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  readonly version: number;
}

export interface Template {
  /** Number of what it holds now; `init` while it was never changed. */
  readonly snapshot: string;
  readonly identifiers: number;
  readonly properties: ReadonlyArray<{
    readonly name: string;
    readonly kind: 'category' | 'label';
  }>;
}

export interface DiscoveryJob {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly state: 'ready' | 'scheduled' | 'running' | 'paused' | 'stopping' | 'completed';
  readonly sources: ReadonlyArray<{
    readonly source: string | null;
    readonly account: string;
    readonly instance: string | null;
    readonly tables: ReadonlyArray<string>;
  }>;
  readonly provider: string | null;
  readonly cron: string | null;
  readonly depth: number;
  readonly threshold: number;
  readonly changedOnly: boolean;
  readonly overwrite: boolean;
  readonly includeKeywords: ReadonlyArray<string>;
  readonly excludeKeywords: ReadonlyArray<string>;
  readonly nextRunAt: string | null;
  readonly lastStartedAt: string | null;
  readonly lastFinishedAt: string | null;
  readonly createdBy: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  readonly version: number;
}

export interface DiscoveryRun {
  readonly id: number;
  /** The discovery job. */
  readonly job: number;
  readonly state: 'running' | 'stopping' | 'paused' | 'completed' | 'stopped';
  readonly snapshot: string | null;
  readonly sources: {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
  };
  readonly tables: {
    readonly total: number;
    readonly done: number;
  };
  readonly columnsFound: number;
  readonly workJob: string | null;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

export interface RunSource {
  readonly id: number;
  readonly source: string | null;
  readonly account: string;
  readonly instance: string;
  readonly state: 'ready' | 'pending' | 'running' | 'stopping' | 'succeeded' | 'failed' | 'stopped' | 'missing';
  readonly tables: {
    readonly total: number | null;
    readonly done: number;
  };
  readonly columnsFound: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: string | null;
}

export interface RunTable {
  readonly source: string | null;
  readonly instance: string;
  readonly table: string;
  readonly rows: number;
  readonly columnsFound: number;
  readonly error: string | null;
}

export interface RunFinding {
  readonly source: string | null;
  readonly instance: string;
  readonly table: string;
  readonly column: string;
  readonly identifiers: ReadonlyArray<{
    readonly name: string;
    readonly score: number;
  }>;
  /** Masked. */
  readonly samples: ReadonlyArray<string>;
}

export interface Finding {
  readonly id: number;
  readonly source: string;
  readonly sourceId: string;
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly identifiers: ReadonlyArray<{
    readonly name: string;
    readonly score: number;
  }>;
  /** Masked. */
  readonly samples: ReadonlyArray<string>;
  readonly state: 'pending' | 'accepted' | 'rejected';
  readonly foundAt: string | null;
  readonly reviewedBy: string | null;
  readonly reviewedAt: string | null;
}

export interface DiscoverySummary {
  readonly pending: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Found in most columns, at most 20; rejected findings are left out. */
  readonly identifiers: ReadonlyArray<{
    readonly name: string;
    readonly columns: number;
  }>;
}

export interface Query {
  readonly id: string;
  readonly source: {
    readonly id: string;
    readonly name: string;
  };
  readonly user: string;
  readonly door: string;
  readonly state: 'running' | 'complete' | 'truncated' | 'failed' | 'cancelled';
  /** Without its literals. */
  readonly statement: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly columns: ReadonlyArray<{
    readonly name: string;
    readonly kind: string;
    readonly type: string;
  }> | null;
  readonly rows: number;
  readonly bytes: number;
  readonly error: {
    readonly code: string;
    readonly message: string;
  } | null;
}

export interface DatasetPolicy {
  /** Row rules are on. */
  readonly rowsOn: boolean;
  /** Those of the kind `condition`. */
  readonly byConditionOn: boolean;
  /** Those of the kind `tag`. */
  readonly byTagOn: boolean;
  /** Whom no condition rule applies to sees all rows, or none. */
  readonly othersSeeRows: boolean;
  /** Rules on columns are on. */
  readonly columnsOn: boolean;
}

export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly source: {
    readonly id: string;
    readonly name: string;
  };
  readonly workspace: string | null;
  readonly tables: ReadonlyArray<{
    readonly id: string;
    readonly kind: 'table' | 'sql';
    readonly database: string | null;
    readonly schema: string | null;
    readonly name: string | null;
    readonly sql: string | null;
    readonly root: boolean;
  }>;
  readonly relations: ReadonlyArray<{
    readonly from: string;
    readonly to: string;
    readonly type: 'left' | 'right' | 'inner';
    readonly on: ReadonlyArray<{
      readonly from: string;
      readonly to: string;
    }>;
  }>;
  readonly fields: ReadonlyArray<{
    readonly id: string;
    readonly name: string;
    readonly role: 'dimension' | 'measure';
    readonly table: string;
    readonly column: string | null;
    readonly type: 'STRING' | 'NUMBER' | 'DATE' | 'DATETIME';
  }>;
  readonly policy: DatasetPolicy;
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  readonly version: number;
}

export interface DatasetRule {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly kind: 'condition' | 'tag' | 'forbid' | 'mask';
  readonly scope: 'all' | 'none' | 'specified' | 'others';
  /** User names. */
  readonly users: ReadonlyArray<string>;
  readonly groups: ReadonlyArray<string>;
  readonly where?: unknown;
  readonly columns?: ReadonlyArray<{
    readonly table: string;
    readonly column: string;
  }>;
  readonly mask?: unknown;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface EffectivePolicy {
  readonly user: string;
  /** Acts as owner of the source: no rule binds. */
  readonly exempt: boolean;
  readonly unprovable: string | null;
  /** Tables that are not listed are under no rule. */
  readonly tables: ReadonlyArray<{
    readonly schema: string | null;
    readonly name: string;
    readonly rows: unknown;
    readonly columns: ReadonlyArray<{
      readonly column: string;
      readonly shown: 'forbidden' | 'masked';
      readonly mask: unknown | null;
    }>;
    readonly because: ReadonlyArray<string>;
  }>;
}

export interface JobAttempt {
  readonly attempt: number;
  /** Host and process. */
  readonly worker: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'retried' | 'handed_back' | 'lost' | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly source?: string;
    readonly table?: string;
    readonly column?: string;
  } | null;
  readonly progress: {
    readonly rows: number;
    readonly bytes: number;
  };
}

export interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly enabled: boolean;
  readonly job: unknown;
  readonly owner: string | null;
  readonly nextRunAt: string | null;
  readonly lastRunAt: string | null;
  readonly lastJob: string | null;
  readonly lastError?: {
    readonly code: string;
    readonly message: string;
  };
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface NewWebhook {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly url: string;
  readonly events: ReadonlyArray<'job.succeeded' | 'job.failed' | 'job.cancelled'>;
  readonly kind: string | null;
  readonly source: string | null;
  readonly sourceId: string | null;
  readonly enabled: boolean;
  readonly disabledBecause: string | null;
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  /** Shown only now. */
  readonly secret: string;
}

export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly url: string;
  readonly events: ReadonlyArray<'job.succeeded' | 'job.failed' | 'job.cancelled'>;
  readonly kind: string | null;
  readonly source: string | null;
  readonly sourceId: string | null;
  readonly enabled: boolean;
  readonly disabledBecause: string | null;
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface WebhookDelivery {
  readonly id: string;
  /** Header `webhook-id`. */
  readonly eventId: string;
  readonly type: string;
  readonly jobId: string | null;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly attemptedAt: string | null;
  readonly nextAttemptAt: string | null;
  readonly finishedAt: string | null;
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly response: string | null;
  readonly durationMs: number | null;
}

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly summary: string | null;
  readonly public: boolean;
  readonly archivedAt: string | null;
  /** User name. */
  readonly owner: string;
  /** Whether the caller belongs to it. */
  readonly member: boolean;
  /** The caller's. */
  readonly rights: ReadonlyArray<string>;
  readonly members: number;
  readonly stage: {
    readonly id: number;
    readonly name: string;
  } | null;
  readonly tags: ReadonlyArray<string>;
  readonly files: number;
  /** That the caller sees. */
  readonly datasets: number;
  readonly sandbox: {
    /** The source's id. */
    readonly source: string;
    readonly schema: string;
  } | null;
  readonly showSandboxDatasets: boolean;
  readonly picture: {
    /** RFC 3339, UTC. */
    readonly updatedAt: string;
  } | null;
  readonly isProject: boolean;
  readonly projectStatus: 'on_track' | 'needs_attention' | 'at_risk';
  readonly projectStatusReason: string | null;
  readonly milestones: number;
  readonly milestonesAchieved: number;
  readonly targetDate: string | null;
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface WorkspaceStage {
  readonly id: number;
  readonly name: string;
  readonly position: number;
  readonly isDefault: boolean;
  readonly descriptionLong: string;
  readonly descriptionShort: string;
}

export interface WorkspaceMember {
  readonly username: string;
  readonly label: string;
  readonly role: 'viewer' | 'analyst' | 'developer' | 'administrator';
}

export interface WorkspaceGroup {
  readonly group: string;
  readonly role: 'viewer' | 'analyst' | 'developer' | 'administrator';
}

export interface WorkspacePair {
  readonly id: string;
  /** The source's id. */
  readonly source: string;
  readonly username: string;
  /** User name of who stored it first. */
  readonly owner: string;
  readonly refusedAt: string | null;
}

export interface FileVersion {
  readonly number: number;
  readonly message: string | null;
  readonly author: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

export interface WorkspaceFile {
  readonly id: string;
  readonly name: string;
  readonly type: 'sql' | 'text' | 'image' | 'code' | 'xml' | 'other';
  readonly description: string | null;
  readonly owner: string | null;
  readonly runsIn: {
    /** The source's id. */
    readonly source: string;
    readonly schema: string;
  } | null;
  readonly tags: ReadonlyArray<string>;
  /** Counts every change; the ETag is made of it. */
  readonly version: number;
  readonly latest: FileVersion;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface WorkspaceFileContent {
  readonly id: string;
  readonly name: string;
  readonly type: 'sql' | 'text' | 'image' | 'code' | 'xml' | 'other';
  readonly description: string | null;
  readonly owner: string | null;
  readonly runsIn: {
    /** The source's id. */
    readonly source: string;
    readonly schema: string;
  } | null;
  readonly tags: ReadonlyArray<string>;
  /** Counts every change; the ETag is made of it. */
  readonly version: number;
  readonly latest: FileVersion;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  readonly content: string | null;
}

export interface Comment {
  readonly id: string;
  readonly author: string | null;
  readonly body: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

export interface Note {
  readonly id: string;
  readonly author: string | null;
  readonly body: string;
  /** A note may become an insight, and an insight be published. */
  readonly state: 'note' | 'insight' | 'published';
  readonly promotedBy: string | null;
  readonly about: {
    readonly type: 'data_source' | 'dataset' | 'workfile';
    readonly name: string;
  } | null;
  readonly comments: ReadonlyArray<Comment>;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

export interface Activity {
  readonly id: string;
  /** `NOTE`, or what happened. */
  readonly action: string;
  readonly actor: string | null;
  readonly about: {
    readonly type: 'data_source' | 'dataset' | 'workfile';
    readonly name: string;
  } | null;
  readonly detail: { readonly [name: string]: unknown };
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

export interface WorkspaceDataset {
  readonly id: string;
  /** The source's id. */
  readonly source: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'saved_query';
  readonly query: string | null;
  readonly inSandbox: boolean;
  readonly staleAt: string | null;
}

export interface Milestone {
  readonly id: string;
  readonly name: string;
  readonly targetDate: string;
  readonly state: 'planned' | 'achieved';
}

export interface AuditEntry {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
  readonly txid: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly action: string;
  readonly outcome: string;
  readonly door: string;
  readonly actorId: number | null;
  readonly actor: string | null;
  readonly subjectId: number | null;
  readonly subject: string | null;
  readonly resourceType: string | null;
  readonly resourceUid: string | null;
  readonly resource: string | null;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly detail: unknown;
  readonly sequence: number | null;
  readonly hash: string | null;
}

export interface AuditVerification {
  readonly ok: boolean;
  /** Sealed events. */
  readonly checked: number;
  /** Events that nothing binds yet. */
  readonly unsealed: number;
  readonly firstBad: {
    readonly tenantId: number;
    readonly sequence: number | null;
    readonly eventId: number | null;
    readonly problem: string;
    readonly message: string;
  } | null;
  readonly chains: ReadonlyArray<{
    readonly tenantId: number;
    readonly events: number;
    readonly lastSequence: number;
  }>;
  /** What this check cannot see. */
  readonly limits: ReadonlyArray<string>;
}

export interface Limit {
  readonly level: 'system' | 'tenant' | 'user' | 'source';
  readonly subject: string | null;
  readonly name: string;
  readonly value: number;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface PasswordPolicy {
  readonly enabled: boolean;
  readonly name: string;
  readonly description: string | null;
  readonly minLength: number;
  readonly maxLength: number;
  readonly special: number;
  readonly lower: number;
  readonly upper: number;
  readonly digits: number;
  readonly expirationDays: number;
}

export interface Origin {
  readonly id: number;
  readonly origin: string;
  readonly description: string | null;
  readonly modifiedBy: string;
  /** RFC 3339, UTC. */
  readonly modifiedAt: string;
}

export interface AddressLists {
  readonly management: ReadonlyArray<{
    readonly first: string;
    readonly last: string;
  }>;
  readonly administration: ReadonlyArray<{
    readonly first: string;
    readonly last: string;
  }>;
  readonly data: ReadonlyArray<{
    readonly first: string;
    readonly last: string;
  }>;
  readonly console: ReadonlyArray<{
    readonly first: string;
    readonly last: string;
  }>;
}

export interface Usage {
  readonly day: string;
  readonly userId: number;
  readonly sourceId: number;
  readonly accessType: string;
  readonly queries: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface System {
  readonly version: string;
  readonly healthy: boolean;
  /** As of the node that answers. */
  readonly checks: ReadonlyArray<{
    readonly name: string;
    readonly up: boolean;
    readonly milliseconds: number | null;
  }>;
  readonly store: {
    readonly kind: 'pglite' | 'postgresql';
    readonly version: string;
    readonly bytes: number;
  };
  readonly keys: {
    /** Of the key-encryption key that wraps now. */
    readonly currentKeyId: string;
    /** Ids and ages; the keys themselves never leave the vault. */
    readonly dataKeys: ReadonlyArray<{
      readonly id: string;
      readonly state: string;
      readonly keyId: string;
      readonly provider: string;
      /** RFC 3339, UTC. */
      readonly createdAt: string;
      readonly rewrappedAt: string | null;
    }>;
    /** Signs checkpoints of the audit trail. */
    readonly signingKeyId: string;
  };
  readonly work: {
    readonly jobsQueued: number;
    readonly jobsRunning: number;
    readonly auditUnsealed: number;
  };
}

export interface Node {
  readonly id: string;
  readonly host: string;
  readonly processId: number;
  readonly version: string;
  readonly runtime: string;
  readonly address: string | null;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** RFC 3339, UTC. */
  readonly seenAt: string;
  readonly alive: boolean;
  /** The node that answers. */
  readonly current: boolean;
}

/** What each operation takes and answers. */
export interface Operations {
  /** Add a member; no error when it is one already. */
  addGroupMember: {
    request: {
      readonly params: {
        readonly group: string;
        readonly username: string;
      };
    };
    answer: undefined;
  };
  /** Allow an origin. */
  addOrigin: {
    request: {
      readonly body: {
        /** E.g. `https://tools.example`. */
        readonly origin: string;
        readonly description?: string;
      };
    };
    answer: Origin;
  };
  /** Have discoveries look for these identifiers from now on. */
  addToTemplate: {
    request: {
      readonly body: {
        /** Names, or `all`. */
        readonly identifiers: 'all' | ReadonlyArray<string>;
      };
    };
    answer: Template;
  };
  /** Put a table or view at hand, as the source's catalog was last read. */
  addWorkspaceDataset: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        /** The source's name, or its id. */
        readonly source: string;
        readonly schema: string;
        /** Of the table or view. */
        readonly name: string;
      };
    };
    answer: WorkspaceDataset;
  };
  /** Write it: a new version with this content. */
  addWorkspaceFileVersion: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The file's name, or its id. */
        readonly file: string;
      };
      readonly body: {
        readonly content: string;
        readonly message?: string | null;
      };
    };
    answer: WorkspaceFileContent;
  };
  /** Put a tag on it. */
  addWorkspaceTag: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The tag; case does not matter. */
        readonly name: string;
      };
    };
    answer: undefined;
  };
  /** Cancel a job; no error when it is final already. */
  cancelJob: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: Job;
  };
  /** Cancel a running query on its server. */
  cancelQuery: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Change the own password; other sessions end. */
  changeOwnPassword: {
    request: {
      readonly body: {
        readonly currentPassword: string;
        readonly newPassword: string;
      };
    };
    answer: undefined;
  };
  /** Correct what is known of a column; readings and discoveries leave it alone from then on. */
  correctCatalogColumn: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        /** `database.table` or `database.schema.table`. */
        readonly table: string;
        readonly column: string;
      };
      readonly body: {
        /** Names; an empty list: no personal data. */
        readonly identifiers?: ReadonlyArray<string>;
        /** `personal`: holds personal data; `unknown`: not looked at yet. */
        readonly privacy?: 'unknown' | 'none' | 'personal';
        readonly sensitivity?: string;
        readonly comment?: string;
      };
    };
    answer: CataloguedColumn;
  };
  /** Read the tables and columns of every database of a source into its catalog, as a job. */
  crawlSource: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: Job;
  };
  /** Make an access key, which signs requests; its secret is shown once. */
  createAccessKey: {
    request: {
      readonly body: {
        readonly description?: string | null;
      };
    };
    answer: {
      readonly id: string;
      /** The half that names the key in a request. */
      readonly accessKey: string;
      readonly enabled: boolean;
      readonly description: string | null;
      /** RFC 3339, UTC. */
      readonly createdAt: string;
      readonly lastUsedAt: string | null;
      readonly lockedUntil: string | null;
      /** Shown once. */
      readonly secretKey: string;
    };
  };
  /** Register an account of a provider; sources of its id that are there already show again. */
  createAccount: {
    request: {
      readonly body: {
        /** Unique in the tenant, over all providers, ignoring case. */
        readonly id: string;
        readonly provider: 'aws' | 'tencent' | 'google' | 'jdbc-proxy';
        /** Of AWS accounts the installation's own region counts. */
        readonly region?: string;
      };
    };
    answer: Account;
  };
  /** Comment on a note. */
  createComment: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly note: string;
      };
      readonly body: {
        readonly body: string;
      };
    };
    answer: Comment;
  };
  /** Make a dataset: a named model over tables of one source. */
  createDataset: {
    request: {
      readonly body: {
        readonly name: string;
        readonly description?: string | null;
        readonly tables: ReadonlyArray<{
          /** How relations, fields and rules name it; `t1`, `t2`, … unless said. */
          readonly id?: string;
          readonly database?: string;
          /** Where it is looked for; the usual place of the source unless said. */
          readonly schema?: string;
          /** A table or view of the source. */
          readonly name?: string;
          /** A query instead of a table. Rules cannot be kept on it. */
          readonly sql?: string;
          /** The others are joined to it; the first unless said. */
          readonly root?: boolean;
        }>;
        readonly relations?: ReadonlyArray<{
          readonly from: string;
          readonly to: string;
          /** `left` unless said. */
          readonly type?: 'left' | 'right' | 'inner';
          readonly on: ReadonlyArray<{
            readonly from: string;
            readonly to: string;
          }>;
        }>;
        readonly fields?: ReadonlyArray<{
          /** `{table}.{column}` unless said. */
          readonly id?: string;
          /** What people see; the column unless said. */
          readonly name?: string;
          /** `dimension` unless said. */
          readonly role?: 'dimension' | 'measure';
          /** The first unless said. */
          readonly table?: string;
          readonly column: string;
          /** `STRING` unless said. */
          readonly type?: 'STRING' | 'NUMBER' | 'DATE' | 'DATETIME';
        }>;
        readonly workspace?: string | null;
        /** The source's name, or its id. */
        readonly source: string;
      };
    };
    answer: Dataset;
  };
  /** Add a rule: which rows are seen, or what of columns is not. */
  createDatasetRule: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
      };
      readonly body: {
        readonly name: string;
        /** True unless said. */
        readonly enabled?: boolean;
        readonly kind: 'condition' | 'tag' | 'forbid' | 'mask';
        /** Whom it applies to: all, none, the specified ones, or the others. */
        readonly scope: 'all' | 'none' | 'specified' | 'others';
        readonly users?: ReadonlyArray<string>;
        readonly groups?: ReadonlyArray<string>;
        /** Conditions: `{"all": […]}`, `{"any": […]}`, or `{"table"?, "column", "operator", "values"}`; of the kind `tag` with `userTags` or `groupTags` (names) instead of values. Operators: eq, ne, gt, ge, lt, le, between, starts, not_starts, ends, not_ends, contains, not_contains, null, not_null. */
        readonly where?: unknown;
        readonly columns?: ReadonlyArray<{
          /** The only one unless said. */
          readonly table?: string;
          readonly column: string;
        }>;
        /** How values are shown: `{"style": "whole"}`, `{"style": "ends", "first", "last"}`, `{"style": "range", "from", "to"}`, or `{"style": "replace" | "only" | "before" | "after", "words": […]}`. */
        readonly mask?: {
          readonly style: 'whole' | 'ends' | 'range' | 'replace' | 'only' | 'before' | 'after';
          readonly first?: number;
          readonly last?: number;
          readonly from?: number;
          readonly to?: number;
          readonly words?: ReadonlyArray<string>;
        };
      };
    };
    answer: DatasetRule;
  };
  /** Define which sources are looked through for sensitive data, how, and when. */
  createDiscoveryJob: {
    request: {
      readonly body: {
        readonly name: string;
        readonly description?: string | null;
        readonly sources?: ReadonlyArray<{
          readonly source: string;
          /** All when absent. */
          readonly tables?: ReadonlyArray<string>;
        }>;
        readonly provider?: 'aws' | 'tencent' | 'google' | 'jdbc-proxy' | null;
        readonly cron?: string | null;
        /** Rows of each table; 100 when absent. */
        readonly depth?: number;
        /** Share of values from which on it counts; 0.2 when absent. */
        readonly threshold?: number;
        /** Only tables that changed since they were looked at; true when absent. */
        readonly changedOnly?: boolean;
        /** Also what was corrected by hand. */
        readonly overwrite?: boolean;
        /** Parts of column names. */
        readonly includeKeywords?: ReadonlyArray<string>;
        /** Parts of column names. */
        readonly excludeKeywords?: ReadonlyArray<string>;
      };
    };
    answer: DiscoveryJob;
  };
  /** Create a group. */
  createGroup: {
    request: {
      readonly body: {
        readonly name: string;
        readonly description?: string | null;
        /** Slug; the own tenant when absent. */
        readonly tenant?: string;
      };
    };
    answer: Group;
  };
  /** Add an identifier by a pattern, keywords of column names, or both. */
  createIdentifier: {
    request: {
      readonly body: {
        readonly name: string;
        readonly description?: string | null;
        readonly pattern?: string | null;
        readonly headerKeywords?: ReadonlyArray<string>;
        readonly excludeKeywords?: ReadonlyArray<string>;
        /** Categories and labels, by name. */
        readonly properties?: ReadonlyArray<string>;
      };
    };
    answer: Identifier;
  };
  /** Submit a job: an export of one query into a file, or an extraction of tables of several sources. */
  createJob: {
    request: {
      readonly body:
        | {
            readonly kind: 'export';
            readonly source: string;
            readonly sql: string;
            /** Positional: `$1` or `?`. */
            readonly parameters?: ReadonlyArray<unknown>;
            readonly format: 'ndjson' | 'csv' | 'parquet';
            /** Of the whole file; Parquet compresses itself. */
            readonly compression?: 'gzip' | 'zstd';
            readonly maxRows?: number;
            readonly timeoutMs?: number;
            readonly fileName?: string;
            /** Uid of the workspace whose credential is used. */
            readonly workspace?: string;
          }
        | {
            readonly kind: 'extract';
            readonly sources: ReadonlyArray<{
              readonly source: string;
              readonly tables: ReadonlyArray<{
                /** The engine's default when absent: `public`, `dbo`, the database, the user. */
                readonly schema?: string;
                readonly table: string;
                /** All when absent. */
                readonly columns?: ReadonlyArray<string>;
                readonly filters?: {
                  readonly [name: string]: { readonly [name: string]: ReadonlyArray<string | number | boolean | null> };
                };
              }>;
              /** Uid of the workspace whose credential is used. */
              readonly workspace?: string;
            }>;
            /** `json`: one object, source → table → rows; else a file a table. */
            readonly format: 'ndjson' | 'csv' | 'parquet' | 'json';
            readonly compression?: 'gzip' | 'zstd';
            readonly timeoutMs?: number;
          };
    };
    answer: Job;
  };
  /** Make a label for sources and tables. */
  createLabel: {
    request: {
      readonly body: {
        readonly name: string;
      };
    };
    answer: Label;
  };
  /** Plan a milestone. */
  createMilestone: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        readonly name: string;
        readonly targetDate: string;
      };
    };
    answer: Milestone;
  };
  /** Write a note. */
  createNote: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        readonly body: string;
        /** A note may become an insight, and an insight be published. */
        readonly state?: 'note' | 'insight' | 'published';
      };
    };
    answer: Note;
  };
  /** Create a role. */
  createRole: {
    request: {
      readonly body: {
        readonly name: string;
        readonly description?: string | null;
        /** Slug; the own tenant when absent. */
        readonly tenant?: string;
        /** By word or name. */
        readonly permissions: ReadonlyArray<string>;
      };
    };
    answer: Role;
  };
  /** Have a job submitted again and again, with your rights of then. */
  createSchedule: {
    request: {
      readonly body: {
        readonly name: string;
        /** Minute, hour, day, month, day of the week: `0 3 * * 1-5`; or `@daily` and its kin. */
        readonly cron: string;
        /** IANA name; UTC when absent. */
        readonly timeZone?: string;
        readonly enabled?: boolean;
        readonly job:
          | {
              readonly kind: 'export';
              readonly source: string;
              readonly sql: string;
              /** Positional: `$1` or `?`. */
              readonly parameters?: ReadonlyArray<unknown>;
              readonly format: 'ndjson' | 'csv' | 'parquet';
              /** Of the whole file; Parquet compresses itself. */
              readonly compression?: 'gzip' | 'zstd';
              readonly maxRows?: number;
              readonly timeoutMs?: number;
              readonly fileName?: string;
              /** Uid of the workspace whose credential is used. */
              readonly workspace?: string;
            }
          | {
              readonly kind: 'extract';
              readonly sources: ReadonlyArray<{
                readonly source: string;
                readonly tables: ReadonlyArray<{
                  /** The engine's default when absent: `public`, `dbo`, the database, the user. */
                  readonly schema?: string;
                  readonly table: string;
                  /** All when absent. */
                  readonly columns?: ReadonlyArray<string>;
                  readonly filters?: {
                    readonly [name: string]: {
                      readonly [name: string]: ReadonlyArray<string | number | boolean | null>;
                    };
                  };
                }>;
                /** Uid of the workspace whose credential is used. */
                readonly workspace?: string;
              }>;
              /** `json`: one object, source → table → rows; else a file a table. */
              readonly format: 'ndjson' | 'csv' | 'parquet' | 'json';
              readonly compression?: 'gzip' | 'zstd';
              readonly timeoutMs?: number;
            };
      };
    };
    answer: Schedule;
  };
  /** Create a service account: a user for a program, which signs in by tokens and keys alone. */
  createServiceAccount: {
    request: {
      readonly body: {
        readonly username: string;
        /** Whom to ask about it. */
        readonly email?: string;
        readonly roles?: ReadonlyArray<string>;
        /** Permissions beside the roles', by word or name. */
        readonly permissions?: ReadonlyArray<string>;
        /** Slug; the own tenant when absent. */
        readonly tenant?: string;
      };
    };
    answer: User;
  };
  /** Add an LDAP directory or an OpenID provider to sign in with. */
  createSignInService: {
    request: {
      readonly body: {
        readonly name: string;
        readonly kind: 'ldap' | 'oidc';
        /** Slug; the own tenant when absent. */
        readonly tenant?: string;
        readonly description?: string | null;
        readonly enabled?: boolean;
        /** Asked for names that no user here has; one of all LDAP services. */
        readonly default?: boolean;
        /** Make a user for whom the service knows and nobody is here. */
        readonly createUsers?: boolean;
        /** Renew roles at every sign-in, not only the first. */
        readonly syncRoles?: boolean;
        readonly roles?: ReadonlyArray<string>;
        readonly groupRoles?: ReadonlyArray<{
          /** Name or DN. */
          readonly group: string;
          readonly role: string;
        }>;
        readonly ldap?: {
          /** `ldaps://host`, or `ldap://host`, which is upgraded by STARTTLS. */
          readonly url?: string;
          readonly tls?: {
            readonly mode?: 'verify-full' | 'verify-ca' | 'require' | 'disable';
            readonly ca?: string | null;
          } | null;
          readonly bindDn?: string | null;
          readonly bindPassword?: string | null;
          readonly userDn?: string | null;
          readonly userBase?: string | null;
          readonly userFilter?: string | null;
          readonly attributes?: {
            readonly login?: string | null;
            readonly subject?: string | null;
            readonly firstName?: string | null;
            readonly lastName?: string | null;
            readonly email?: string | null;
          } | null;
          readonly groups?: {
            readonly from?: 'none' | 'memberOf' | 'search' | null;
            readonly base?: string | null;
            readonly filter?: string | null;
            readonly nested?: boolean | null;
          } | null;
          readonly timeoutMs?: number | null;
        };
        readonly oidc?: {
          readonly issuer?: string;
          readonly clientId?: string;
          readonly clientSecret?: string | null;
          readonly scopes?: ReadonlyArray<string> | null;
          readonly audiences?: ReadonlyArray<string> | null;
          readonly loginClaim?: string | null;
          readonly groupsClaim?: string | null;
          readonly ca?: string | null;
          readonly timeoutMs?: number | null;
        };
      };
    };
    answer: SignInService;
  };
  /** Register a data source, by its parts or by a connection URL. */
  createSource: {
    request: {
      readonly body: {
        /** Letters, digits, `-` and `_`, at most 128; unique in the tenant ignoring case. */
        readonly name: string;
        readonly title?: string;
        readonly description?: string;
        /** A connection URL (libpq, JDBC, DSN) instead of its parts; parts that are given too win over it. */
        readonly url?: string;
        /** See `GET /api/v1/engines`. */
        readonly engine?: string;
        readonly host?: string;
        readonly port?: number;
        readonly database?: string;
        readonly schema?: string;
        readonly username?: string;
        /** Never shown again; `********` keeps the stored one. */
        readonly password?: string;
        readonly tls?: {
          /** Absent: `verify-full`, on loopback `prefer`. */
          readonly mode?: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
          /** PEM. */
          readonly ca?: string;
          /** PEM. */
          readonly cert?: string;
          /** PEM; never shown again. */
          readonly key?: string;
        };
        readonly options?: { readonly [name: string]: string | number | boolean };
        readonly metadata?: { readonly [name: string]: unknown };
        readonly labels?: { readonly [name: string]: string };
        readonly permissions?: ReadonlyArray<string>;
        readonly visibility?: 'private' | 'workspace' | 'tenant';
        readonly sharesCredential?: boolean;
        readonly enabled?: boolean;
      };
    };
    answer: Source;
  };
  /** Create a tenant with its roles and default workspace. */
  createTenant: {
    request: {
      readonly body: {
        readonly name: string;
        readonly slug?: string;
        readonly description?: string | null;
      };
    };
    answer: Tenant;
  };
  /** Make an API token; it is shown once. */
  createToken: {
    request: {
      readonly body: {
        readonly name: string;
        readonly scopes?: ReadonlyArray<string> | null;
        readonly expiresAt?: string | null;
      };
    };
    answer: {
      readonly id: string;
      readonly name: string;
      /** The first characters, to recognise it. */
      readonly hint: string;
      readonly scopes: ReadonlyArray<string> | null;
      /** RFC 3339, UTC. */
      readonly createdAt: string;
      readonly expiresAt: string | null;
      readonly lastUsedAt: string | null;
      readonly revokedAt: string | null;
      /** Shown once. */
      readonly token: string;
    };
  };
  /** Create a user. */
  createUser: {
    request: {
      readonly body: {
        readonly username: string;
        readonly password: string;
        readonly firstName?: string;
        readonly lastName?: string;
        readonly email?: string;
        readonly roles?: ReadonlyArray<string>;
        /** Permissions beside the roles', by word or name. */
        readonly permissions?: ReadonlyArray<string>;
        /** Slug; the own tenant when absent. */
        readonly tenant?: string;
        readonly administers?: ReadonlyArray<string>;
      };
    };
    answer: User;
  };
  /** Make a token for a service account; it is shown once. */
  createUserToken: {
    request: {
      readonly params: {
        readonly username: string;
      };
      readonly body: {
        readonly name: string;
        readonly scopes?: ReadonlyArray<string> | null;
        readonly expiresAt?: string | null;
      };
    };
    answer: {
      readonly id: string;
      readonly name: string;
      /** The first characters, to recognise it. */
      readonly hint: string;
      readonly scopes: ReadonlyArray<string> | null;
      /** RFC 3339, UTC. */
      readonly createdAt: string;
      readonly expiresAt: string | null;
      readonly lastUsedAt: string | null;
      readonly revokedAt: string | null;
      /** Shown once. */
      readonly token: string;
    };
  };
  /** Create a webhook; its secret is shown once. */
  createWebhook: {
    request: {
      readonly body: {
        readonly name: string;
        /** http or https, without user and fragment. */
        readonly url: string;
        readonly events?: ReadonlyArray<'job.succeeded' | 'job.failed' | 'job.cancelled'>;
        readonly kind?: string | null;
        readonly source?: string | null;
        readonly enabled?: boolean;
        /** A tenant's slug; the caller's own unless said. */
        readonly tenant?: string;
      };
    };
    answer: NewWebhook;
  };
  /** Make a workspace; the caller owns it. */
  createWorkspace: {
    request: {
      readonly body: {
        readonly name: string;
        readonly summary?: string | null;
        /** Everyone of the tenant may read it. */
        readonly public?: boolean;
      };
    };
    answer: Workspace;
  };
  /** Make a file with its first version. */
  createWorkspaceFile: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        /** Letters, digits, blanks and `_ . ( ) -`; its ending tells the type. */
        readonly name: string;
        readonly description?: string | null;
        readonly content?: string;
        readonly runsIn?: {
          /** The source's name, or its id. */
          readonly source: string;
          readonly schema: string;
        } | null;
      };
    };
    answer: WorkspaceFileContent;
  };
  /** Delete an access key. */
  deleteAccessKey: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Delete an account: its catalogs go, its sources stay. */
  deleteAccount: {
    request: {
      readonly params: {
        /** The account's id. */
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Delete a comment. */
  deleteComment: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly note: string;
        readonly comment: string;
      };
    };
    answer: undefined;
  };
  /** Delete a dataset and its rules: what they kept back is seen again. */
  deleteDataset: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
      };
    };
    answer: undefined;
  };
  /** Delete a rule. */
  deleteDatasetRule: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
        readonly rule: string;
      };
    };
    answer: undefined;
  };
  /** Delete a discovery job; its runs stay. */
  deleteDiscoveryJob: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: undefined;
  };
  /** Delete a group; what was shared with it is shared no more. */
  deleteGroup: {
    request: {
      readonly params: {
        readonly group: string;
      };
    };
    answer: undefined;
  };
  /** Delete an identifier that was added and is not in the template. */
  deleteIdentifier: {
    request: {
      readonly params: {
        readonly name: string;
      };
    };
    answer: undefined;
  };
  /** Delete a label, and take it away from everything that carries it. */
  deleteLabel: {
    request: {
      readonly params: {
        readonly name: string;
      };
    };
    answer: undefined;
  };
  /** Delete a milestone. */
  deleteMilestone: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Delete a note. */
  deleteNote: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly note: string;
      };
    };
    answer: undefined;
  };
  /** Remove the caller's own pair. */
  deletePersonalCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: undefined;
  };
  /** Delete a role that nobody has. */
  deleteRole: {
    request: {
      readonly params: {
        readonly role: string;
      };
    };
    answer: undefined;
  };
  /** Delete a schedule; its jobs stay. */
  deleteSchedule: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Delete a named secret; connections that name it keep the pair that they have. */
  deleteSecret: {
    request: {
      readonly params: {
        readonly name: string;
      };
    };
    answer: undefined;
  };
  /** End one share. */
  deleteShare: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        readonly subjects: 'users' | 'groups' | 'tenants';
        readonly subject: string;
      };
    };
    answer: undefined;
  };
  /** Stop sharing with everybody. */
  deleteShares: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: undefined;
  };
  /** Delete a service. Refused while users are linked, unless `unlink` is true. */
  deleteSignInService: {
    request: {
      readonly params: {
        /** The service's name, or its id. */
        readonly service: string;
      };
      readonly query?: {
        readonly unlink?: boolean;
      };
    };
    answer: undefined;
  };
  /** Delete a source (it can be brought back); with `dryRun` only tell what that would touch. */
  deleteSource: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** Only tell what would be touched. */
        readonly dryRun?: boolean;
      };
    };
    answer: BlastRadius | undefined;
  };
  /** Remove the source's own pair. */
  deleteSourceCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: undefined;
  };
  /** Delete a tenant without users and sources. */
  deleteTenant: {
    request: {
      readonly params: {
        readonly slug: string;
      };
    };
    answer: undefined;
  };
  /** Delete a user. Refused while it owns sources, unless told to delete them too. */
  deleteUser: {
    request: {
      readonly params: {
        readonly username: string;
      };
      readonly query?: {
        readonly ownedSources?: 'refuse' | 'delete';
      };
    };
    answer: undefined;
  };
  /** Delete a webhook with the log of its deliveries. */
  deleteWebhook: {
    request: {
      readonly params: {
        /** The webhook's id, or its name. */
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Delete a workspace and its pairs. */
  deleteWorkspace: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
    };
    answer: undefined;
  };
  /** Remove a workspace's pair. */
  deleteWorkspaceCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        readonly uid: string;
      };
      readonly query?: {
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: undefined;
  };
  /** Delete a file with all its versions. */
  deleteWorkspaceFile: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The file's name, or its id. */
        readonly file: string;
      };
    };
    answer: undefined;
  };
  /** Remove it. */
  deleteWorkspacePair: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The source's name, or its id. */
        readonly source: string;
      };
    };
    answer: undefined;
  };
  /** Take its picture away. */
  deleteWorkspacePicture: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
    };
    answer: undefined;
  };
  /** It has a sandbox no more; the tables stay where they are. */
  deleteWorkspaceSandbox: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
    };
    answer: undefined;
  };
  /** Let the schedule of a job rest. */
  disableDiscovery: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: DiscoveryJob;
  };
  /** Let the schedule of a job go on. */
  enableDiscovery: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: DiscoveryJob;
  };
  /** May a user do something with a source, and why. */
  explainAccess: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** User name; the caller when absent. */
        readonly user?: string;
        /** E.g. `query` or `source.query`; `source.view` when absent. */
        readonly action?: string;
      };
    };
    answer: Explanation;
  };
  /** Read what a user may see of the tables of a source, and which rules say so. */
  explainPolicy: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** Whose; your own unless said. */
        readonly user?: string;
      };
    };
    answer: EffectivePolicy;
  };
  /** Events as NDJSON, oldest first, to be verified offline with `headgate audit verify`. */
  exportAuditEvents: {
    request: {
      readonly query?: {
        /** Exactly, or a prefix that ends in `.`. */
        readonly action?: string;
        readonly actor?: string;
        readonly resource?: string;
        readonly outcome?: 'allowed' | 'denied' | 'failed';
        readonly tenant?: string;
        readonly door?: string;
        /** Of a statement: equal for statements that differ in literals alone. */
        readonly fingerprint?: string;
        /** RFC 3339 with an offset, e.g. `2027-01-31T12:00:00Z`. */
        readonly since?: string;
        /** RFC 3339 with an offset, e.g. `2027-01-31T12:00:00Z`. */
        readonly until?: string;
      };
    };
    answer: Streamed & { readonly mediaTypes: readonly ['application/x-ndjson'] };
  };
  /** Where the OpenID provider sends the browser back to; sets the session cookie. */
  finishOpenIdSignIn: {
    request: {
      readonly params: {
        /** The service's name, or its id. */
        readonly service: string;
      };
    };
    answer: never;
  };
  /** Read an account. */
  getAccount: {
    request: {
      readonly params: {
        /** The account's id. */
        readonly id: string;
      };
    };
    answer: Account;
  };
  /** Addresses from which parts may be reached: of the system, a tenant, or the caller. */
  getAddressLists: {
    request: {
      readonly params: {
        /** `user`: the caller. */
        readonly level: 'system' | 'tenant' | 'user';
      };
      readonly query?: {
        /** Slug, with level `tenant`. */
        readonly tenant?: string;
      };
    };
    answer: AddressLists;
  };
  /** The newest signed checkpoint of each chain, and the key to check it with. */
  getAuditCheckpoints: {
    request: object;
    answer: {
      readonly checkpoints: ReadonlyArray<{
        readonly tenantId: number;
        readonly sequence: number;
        readonly hash: string;
        /** RFC 3339, UTC. */
        readonly at: string;
        readonly keyId: string;
        readonly signature: string;
      }>;
      readonly keyId: string;
      readonly publicKeyPem: string;
    };
  };
  /** Read a table of the catalog. */
  getCatalogTable: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        /** `database.table` or `database.schema.table`. */
        readonly table: string;
      };
    };
    answer: CataloguedTable;
  };
  /** The session that this request is signed in with. */
  getCurrentSession: {
    request: object;
    answer: {
      readonly id: string;
      readonly door: string;
      readonly address: string | null;
      readonly userAgent: string | null;
      /** RFC 3339, UTC. */
      readonly createdAt: string;
      /** RFC 3339, UTC. */
      readonly lastSeenAt: string;
      /** RFC 3339, UTC. */
      readonly expiresAt: string;
      readonly current: boolean;
    } | null;
  };
  /** Read a dataset. */
  getDataset: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
      };
    };
    answer: Dataset;
  };
  /** Read which kinds of rules of a dataset are on. */
  getDatasetPolicy: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
      };
    };
    answer: DatasetPolicy;
  };
  /** Read a rule. */
  getDatasetRule: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
        readonly rule: string;
      };
    };
    answer: DatasetRule;
  };
  /** Read a discovery job. */
  getDiscoveryJob: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: DiscoveryJob;
  };
  /** Read how far a run is. */
  getDiscoveryRun: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: DiscoveryRun;
  };
  /** How many findings wait, were accepted and rejected, and what was found most. */
  getDiscoverySummary: { request: object; answer: DiscoverySummary };
  /** Read a finding. */
  getFinding: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: Finding;
  };
  /** Read a group with its members. */
  getGroup: {
    request: {
      readonly params: {
        readonly group: string;
      };
    };
    answer: Group;
  };
  /** Read an identifier. */
  getIdentifier: {
    request: {
      readonly params: {
        readonly name: string;
      };
    };
    answer: Identifier;
  };
  /** Read a job. */
  getJob: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: Job;
  };
  /** Download an output. */
  getJobOutput: {
    request: {
      readonly params: {
        readonly id: string;
        readonly name: string;
      };
    };
    answer: Streamed & { readonly mediaTypes: readonly ['application/x-ndjson', 'text/csv'] };
  };
  /** Who the caller is and what it may do. */
  getMe: {
    request: object;
    answer: {
      readonly user: User;
      readonly permissions: ReadonlyArray<string>;
      readonly tenant: {
        readonly id: string;
        readonly slug: string;
      };
      /** How the caller signed in. */
      readonly method: string;
      readonly scopes: ReadonlyArray<string> | null;
    };
  };
  /** What a new password must have, beyond 8 characters. */
  getPasswordPolicy: { request: object; answer: PasswordPolicy };
  /** Read the caller's own pair, without its password. */
  getPersonalCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: Credential;
  };
  /** Read a query: its columns, its state, how far it is. */
  getQuery: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: Query;
  };
  /** Read a role, by name or id. */
  getRole: {
    request: {
      readonly params: {
        readonly role: string;
      };
    };
    answer: Role;
  };
  /** Download what a run found, as a workbook or as CSV. */
  getRunReport: {
    request: {
      readonly params: {
        readonly id: number;
      };
      readonly query?: {
        /** `xlsx` when absent. */
        readonly format?: 'xlsx' | 'csv';
      };
    };
    answer: Streamed & {
      readonly mediaTypes: readonly ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'text/csv'];
    };
  };
  /** Read a schedule. */
  getSchedule: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: Schedule;
  };
  /** Tables, views, columns and keys. What was never read before is read now. */
  getSchema: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        readonly schema?: string;
        /** Part of a table or column name. */
        readonly q?: string;
        /** Read from the server now, past the cache; one page, without a cursor. */
        readonly live?: boolean;
      };
    };
    answer: {
      readonly catalog: {
        /** RFC 3339, UTC. */
        readonly capturedAt: string;
        readonly ageSeconds: number;
        /** The way to connect has changed since. */
        readonly stale: boolean;
        readonly tables: number;
        readonly columns: number;
      } | null;
      readonly items: ReadonlyArray<Table>;
      readonly nextCursor: string | null;
    };
  };
  /** Read who a named secret signs in. */
  getSecret: {
    request: {
      readonly params: {
        readonly name: string;
      };
    };
    answer: NamedSecret;
  };
  /** Read one share. */
  getShare: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        readonly subjects: 'users' | 'groups' | 'tenants';
        readonly subject: string;
      };
    };
    answer: Share;
  };
  /** Read a service. */
  getSignInService: {
    request: {
      readonly params: {
        /** The service's name, or its id. */
        readonly service: string;
      };
    };
    answer: SignInService;
  };
  /** Read a source. Its password is never shown. */
  getSource: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: Source;
  };
  /** Read what is known of a source as a whole. */
  getSourceCatalog: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: SourceCatalog;
  };
  /** Read the source's own pair, without its password. */
  getSourceCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: Credential;
  };
  /** Version, health, store, keys and waiting work; for administrators. */
  getSystem: { request: object; answer: System };
  /** Read the template's snapshot, and the categories and labels that identifiers may carry. */
  getTemplate: { request: object; answer: Template };
  /** Read a tenant. */
  getTenant: {
    request: {
      readonly params: {
        readonly slug: string;
      };
    };
    answer: Tenant;
  };
  /** Read a user. */
  getUser: {
    request: {
      readonly params: {
        readonly username: string;
      };
    };
    answer: User;
  };
  /** Read a webhook. */
  getWebhook: {
    request: {
      readonly params: {
        /** The webhook's id, or its name. */
        readonly id: string;
      };
    };
    answer: Webhook;
  };
  /** Read a workspace. */
  getWorkspace: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
    };
    answer: Workspace;
  };
  /** Read a workspace's pair, without its password. */
  getWorkspaceCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        readonly uid: string;
      };
      readonly query?: {
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: Credential;
  };
  /** A file with the content of its last version. */
  getWorkspaceFile: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The file's name, or its id. */
        readonly file: string;
      };
    };
    answer: WorkspaceFileContent;
  };
  /** The bytes of a version. */
  getWorkspaceFileContent: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The file's name, or its id. */
        readonly file: string;
      };
      readonly query?: {
        /** The last one when absent. */
        readonly version?: number;
      };
    };
    answer: Streamed & { readonly mediaTypes: readonly ['application/octet-stream'] };
  };
  /** The workspace's pair for a source, without its password. */
  getWorkspacePair: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The source's name, or its id. */
        readonly source: string;
      };
    };
    answer: WorkspacePair;
  };
  /** Its picture. */
  getWorkspacePicture: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
    };
    answer: Streamed & { readonly mediaTypes: readonly ['image/png', 'image/jpeg', 'image/gif'] };
  };
  /** Let a user sign in with the service. */
  linkUser: {
    request: {
      readonly params: {
        /** The service's name, or its id. */
        readonly service: string;
      };
      readonly body: {
        readonly username: string;
        /** What the person is called there; at a directory the user name when absent. `*`: whoever the service knows. */
        readonly login?: string;
        /** The service's lasting id, when it is known. */
        readonly subject?: string;
        /** Take other ways of signing in away. */
        readonly exclusive?: boolean;
      };
    };
    answer: SignInLink;
  };
  /** The caller's access keys, newest first. */
  listAccessKeys: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<AccessKey>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List accounts with the number of their sources. */
  listAccounts: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** Part of the id. */
        readonly q?: string;
        readonly provider?: 'aws' | 'tencent' | 'google' | 'jdbc-proxy';
      };
    };
    answer: {
      readonly items: ReadonlyArray<Account>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** What happened, newest first. */
  listAuditEvents: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** Exactly, or a prefix that ends in `.`. */
        readonly action?: string;
        readonly actor?: string;
        readonly resource?: string;
        readonly outcome?: 'allowed' | 'denied' | 'failed';
        readonly tenant?: string;
        readonly door?: string;
        /** Of a statement: equal for statements that differ in literals alone. */
        readonly fingerprint?: string;
        /** RFC 3339 with an offset, e.g. `2027-01-31T12:00:00Z`. */
        readonly since?: string;
        /** RFC 3339 with an offset, e.g. `2027-01-31T12:00:00Z`. */
        readonly until?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<AuditEntry>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the columns of a table with what was found in them and masked samples. */
  listCatalogColumns: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        /** `database.table` or `database.schema.table`. */
        readonly table: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<CataloguedColumn>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** What differed between two readings, newest first. */
  listCatalogDrift: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Drift>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List tables with their labels and what was found in them. */
  listCatalogTables: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** Part of a table or column name. */
        readonly q?: string;
        /** Only tables in which it was found. */
        readonly identifier?: string;
        readonly label?: string;
        /** `personal`: holds personal data; `unknown`: not looked at yet. */
        readonly privacy?: 'unknown' | 'none' | 'personal';
      };
    };
    answer: {
      readonly items: ReadonlyArray<CataloguedTable>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The credentials of a source, without their passwords. */
  listCredentials: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Credential>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the rules of a dataset. */
  listDatasetRules: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<DatasetRule>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List datasets over sources that you may see. */
  listDatasets: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** The source's name, or its id. */
        readonly source?: string;
        /** Part of the name. */
        readonly q?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Dataset>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List discovery jobs, newest first. */
  listDiscoveryJobs: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<DiscoveryJob>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the runs of a discovery job, newest first. */
  listDiscoveryRuns: {
    request: {
      readonly params: {
        readonly id: number;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<DiscoveryRun>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The database engines, and the options that each takes. */
  listEngines: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<Engine>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Columns in which personal data was found, and what people said of that. */
  listFindings: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** `pending` waits for a review. */
        readonly state?: 'pending' | 'accepted' | 'rejected';
        readonly source?: string;
        readonly identifier?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Finding>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The members of a group data source that the caller may see. */
  listGroupSourceMembers: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<GroupSourceMember>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List groups. */
  listGroups: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Group>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List identifiers: the product's own and those that were added. */
  listIdentifiers: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** Part of the name or description. */
        readonly q?: string;
        readonly builtin?: boolean;
        readonly inTemplate?: boolean;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Identifier>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Its attempts and how each ended, the newest first. */
  listJobAttempts: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<JobAttempt>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List jobs, newest first. */
  listJobs: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        readonly status?: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
        readonly kind?: string;
        readonly source?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Job>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the labels of the tenant. */
  listLabels: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Label>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Who uses the source now. */
  listLeases: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<{
        readonly kind: 'job' | 'query' | 'session';
        readonly id: string;
        readonly name: string;
        readonly user: string | null;
        /** RFC 3339, UTC. */
        readonly since: string;
        readonly until: string | null;
      }>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The limits that the caller may see. */
  listLimits: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<Limit>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Target dates, the next first. */
  listMilestones: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Milestone>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The processes of this installation; for administrators. */
  listNodes: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<Node>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Notes, the newest first. */
  listNotes: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Note>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The services that one can sign in with: names and kinds. */
  listOfferedSignInServices: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<OfferedSignInService>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Origins of web pages that may call, while the limit CORSBehavior is 2. */
  listOrigins: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<Origin>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The permissions and the words for them. */
  listPermissions: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<Permission>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The providers of accounts, and the regions that are known of them. */
  listProviders: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<Provider>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Queries that run on this node, and the last finished ones. */
  listQueries: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<Query>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the roles that the caller may see. */
  listRoles: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<Role>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** What a run found, as it was then, whatever was said of it later. */
  listRunFindings: {
    request: {
      readonly params: {
        readonly id: number;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<RunFinding>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** How far each source of a run is. */
  listRunSources: {
    request: {
      readonly params: {
        readonly id: number;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<RunSource>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The tables that a run is through with. */
  listRunTables: {
    request: {
      readonly params: {
        readonly id: number;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<RunTable>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List schedules, newest first. */
  listSchedules: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Schedule>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List named secrets; their passwords are never shown. */
  listSecrets: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<NamedSecret>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** With whom a source is shared; for its owner. */
  listShares: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Share>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Who of the service is which user. */
  listSignInLinks: {
    request: {
      readonly params: {
        /** The service's name, or its id. */
        readonly service: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<SignInLink>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the services that the caller administers, and the internal one. */
  listSignInServices: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<SignInService>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List, filter and search the sources that the caller may see. */
  listSources: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** Part of the name, title, host or description. */
        readonly q?: string;
        readonly engine?: string;
        readonly label?: string | ReadonlyArray<string>;
        /** User name. */
        readonly owner?: string;
        /** Deleted ones that the caller may bring back. */
        readonly deleted?: 'only';
      };
    };
    answer: {
      readonly items: ReadonlyArray<Source>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the tenants that the caller may see. */
  listTenants: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Tenant>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The caller's tokens, newest first. */
  listTokens: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<ApiToken>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Queries, rows and bytes by day, user, source and way of access. */
  listUsage: {
    request: {
      readonly query?: {
        readonly userId?: number;
        readonly sourceId?: number;
        readonly from?: string;
        readonly to?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Usage>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The tokens of a user, newest first. */
  listUserTokens: {
    request: {
      readonly params: {
        readonly username: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<ApiToken>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the users that the caller may see. */
  listUsers: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** Part of the user name, a name or the e-mail address. */
        readonly q?: string;
        readonly tenant?: string;
        readonly kind?: 'person' | 'service';
      };
    };
    answer: {
      readonly items: ReadonlyArray<User>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** What was delivered, newest first; kept 30 days. */
  listWebhookDeliveries: {
    request: {
      readonly params: {
        /** The webhook's id, or its name. */
        readonly id: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        readonly status?: 'pending' | 'delivered' | 'failed';
      };
    };
    answer: {
      readonly items: ReadonlyArray<WebhookDelivery>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** List the webhooks that the caller manages. */
  listWebhooks: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Webhook>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** What happened in it, the newest first. */
  listWorkspaceActivities: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Activity>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Tables and views that are at hand, those of the sandbox among them, and saved queries. */
  listWorkspaceDatasets: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** Part of the name. */
        readonly q?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<WorkspaceDataset>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Its versions, the newest first. */
  listWorkspaceFileVersions: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The file's name, or its id. */
        readonly file: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<FileVersion>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Files of a workspace, without their content. */
  listWorkspaceFiles: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
        /** Part of the name. */
        readonly q?: string;
        readonly type?: 'sql' | 'text' | 'image' | 'code' | 'xml' | 'other';
        /** `name` when absent. */
        readonly order?: 'name' | 'newest';
      };
    };
    answer: {
      readonly items: ReadonlyArray<WorkspaceFile>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Groups whose users belong to it. */
  listWorkspaceGroups: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<WorkspaceGroup>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Who belongs to it. */
  listWorkspaceMembers: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<WorkspaceMember>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The workspace's pairs, without their passwords. */
  listWorkspacePairs: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<WorkspacePair>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** The stages that a workspace goes through, in order. */
  listWorkspaceStages: {
    request: object;
    answer: {
      readonly items: ReadonlyArray<WorkspaceStage>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Public workspaces, and those that the caller belongs to. */
  listWorkspaces: {
    request: {
      readonly query?: {
        /** Items a page; 50 when absent. */
        readonly limit?: number;
        /** `nextCursor` of the page before; opaque. */
        readonly cursor?: string;
      };
    };
    answer: {
      readonly items: ReadonlyArray<Workspace>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Lay the run aside, to go on where it was. */
  pauseDiscovery: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: DiscoveryJob;
  };
  /** Send an event `ping` to a webhook. */
  pingWebhook: {
    request: {
      readonly params: {
        /** The webhook's id, or its name. */
        readonly id: string;
      };
    };
    answer: WebhookDelivery;
  };
  /** Show rows of a dataset, under the rules that bind you; as a query streams them. */
  previewDataset: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
      };
      readonly body: {
        readonly format?: 'ndjson' | 'csv' | 'json';
        /** 100 unless said. */
        readonly maxRows?: number;
      };
    };
    answer: Streamed & { readonly mediaTypes: readonly ['application/x-ndjson', 'text/csv', 'application/json'] };
  };
  /** Replace these lists. They hold at once, also for the caller; a part without ranges is open. */
  putAddressLists: {
    request: {
      readonly params: {
        /** `user`: the caller. */
        readonly level: 'system' | 'tenant' | 'user';
      };
      readonly query?: {
        /** Slug, with level `tenant`. */
        readonly tenant?: string;
      };
      readonly body: {
        readonly management?: ReadonlyArray<{
          readonly first: string;
          /** Absent: one address. */
          readonly last?: string;
        }>;
        readonly administration?: ReadonlyArray<{
          readonly first: string;
          /** Absent: one address. */
          readonly last?: string;
        }>;
        readonly data?: ReadonlyArray<{
          readonly first: string;
          /** Absent: one address. */
          readonly last?: string;
        }>;
        readonly console?: ReadonlyArray<{
          readonly first: string;
          /** Absent: one address. */
          readonly last?: string;
        }>;
      };
    };
    answer: AddressLists;
  };
  /** Make a source of the group's owner a member, or change its prefix. */
  putGroupSourceMember: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        /** The member's name, or its id. */
        readonly member: string;
      };
      readonly body: {
        /** Put before the names of the member's entities; unique in the group ignoring case. */
        readonly prefix: string;
      };
    };
    answer: GroupSourceMember;
  };
  /** Replace the password policy. It counts for passwords that are set from now on. */
  putPasswordPolicy: {
    request: {
      readonly body: {
        readonly enabled: boolean;
        readonly minLength: number;
        readonly maxLength: number;
        readonly special: number;
        readonly lower: number;
        readonly upper: number;
        readonly digits: number;
        /** 0 = never. */
        readonly expirationDays: number;
      };
    };
    answer: PasswordPolicy;
  };
  /** Set the caller's own pair. */
  putPersonalCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly body: {
        readonly username: string;
        /** Never shown again; `********` keeps the stored one. */
        readonly password: string;
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: Credential;
  };
  /** Make or replace a named secret; connections that name it use the new pair from now on. */
  putSecret: {
    request: {
      readonly params: {
        readonly name: string;
      };
      readonly body: {
        readonly username: string;
        readonly password: string;
      };
    };
    answer: NamedSecret;
  };
  /** Share with a user, group or tenant: exactly these permissions, no others. */
  putShare: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        readonly subjects: 'users' | 'groups' | 'tenants';
        readonly subject: string;
      };
      readonly body: {
        readonly permissions: ReadonlyArray<string>;
        readonly expiresAt?: string | null;
        readonly credential?: 'source' | 'workspace' | 'personal' | null;
      };
    };
    answer: Share;
  };
  /** Set the source's own pair. */
  putSourceCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly body: {
        readonly username: string;
        /** Never shown again; `********` keeps the stored one. */
        readonly password: string;
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: Credential;
  };
  /** Set a workspace's pair. */
  putWorkspaceCredential: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        readonly uid: string;
      };
      readonly body: {
        readonly username: string;
        /** Never shown again; `********` keeps the stored one. */
        readonly password: string;
        /** What the login is for: reads take `read`, else `any`. */
        readonly level?: 'any' | 'read' | 'write';
      };
    };
    answer: Credential;
  };
  /** Say which groups belong to it; all others do no more. */
  putWorkspaceGroups: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        readonly groups: ReadonlyArray<{
          /** The group's name. */
          readonly group: string;
          readonly role?: 'viewer' | 'analyst' | 'developer' | 'administrator';
        }>;
      };
    };
    answer: {
      readonly items: ReadonlyArray<WorkspaceGroup>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Add one user, or give another label or role. */
  putWorkspaceMember: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly username: string;
      };
      readonly body: {
        /** What they are in it. */
        readonly label?: string;
        readonly role?: 'viewer' | 'analyst' | 'developer' | 'administrator';
      };
    };
    answer: WorkspaceMember;
  };
  /** Say who belongs to it; all others do no more. */
  putWorkspaceMembers: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        readonly members: ReadonlyArray<{
          readonly username: string;
          /** What they are in it. */
          readonly label?: string;
          readonly role?: 'viewer' | 'analyst' | 'developer' | 'administrator';
        }>;
      };
    };
    answer: {
      readonly items: ReadonlyArray<WorkspaceMember>;
      /** Null on the last page. */
      readonly nextCursor: string | null;
    };
  };
  /** Store the pair of everybody who works in it, once a connection with it has worked. */
  putWorkspacePair: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The source's name, or its id. */
        readonly source: string;
      };
      readonly body: {
        readonly username: string;
        readonly password: string;
      };
    };
    answer: WorkspacePair;
  };
  /** Set its picture: PNG, JPEG or GIF, at most 5 MB. */
  putWorkspacePicture: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        /** Base64. */
        readonly content: string;
        readonly fileName?: string;
      };
    };
    answer: undefined;
  };
  /** Say in which schema it may make tables; one that is not there yet is made. */
  putWorkspaceSandbox: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        /** The source's name, or its id: a PostgreSQL database. */
        readonly source: string;
        readonly schema: string;
        readonly showSandboxDatasets?: boolean;
      };
    };
    answer: Workspace;
  };
  /** Send an event of the log once more, under its own id. */
  redeliverWebhookEvent: {
    request: {
      readonly params: {
        readonly id: string;
        readonly delivery: string;
      };
    };
    answer: WebhookDelivery;
  };
  /** Read the schema from the server into the cache. */
  refreshSchema: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: {
      /** RFC 3339, UTC. */
      readonly capturedAt: string;
      readonly ageSeconds: number;
      /** The way to connect has changed since. */
      readonly stale: boolean;
      readonly tables: number;
      readonly columns: number;
    };
  };
  /** Have discoveries look for these identifiers no more. */
  removeFromTemplate: {
    request: {
      readonly body: {
        /** Names, or `all`. */
        readonly identifiers: 'all' | ReadonlyArray<string>;
      };
    };
    answer: Template;
  };
  /** Remove a member. */
  removeGroupMember: {
    request: {
      readonly params: {
        readonly group: string;
        readonly username: string;
      };
    };
    answer: undefined;
  };
  /** Take a member out of a group data source; the member itself stays. */
  removeGroupSourceMember: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        /** The member's name, or its id. */
        readonly member: string;
      };
    };
    answer: undefined;
  };
  /** Allow an origin no longer. */
  removeOrigin: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: undefined;
  };
  /** Take it away; no table is dropped. */
  removeWorkspaceDataset: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly dataset: string;
      };
    };
    answer: undefined;
  };
  /** Take one user out; its owner stays. */
  removeWorkspaceMember: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly username: string;
      };
    };
    answer: undefined;
  };
  /** Take a tag off it. */
  removeWorkspaceTag: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The tag; case does not matter. */
        readonly name: string;
      };
    };
    answer: undefined;
  };
  /** Replace the definition of a dataset; its rules stay. */
  replaceDataset: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
      };
      readonly body: {
        readonly name: string;
        readonly description?: string | null;
        readonly tables: ReadonlyArray<{
          /** How relations, fields and rules name it; `t1`, `t2`, … unless said. */
          readonly id?: string;
          readonly database?: string;
          /** Where it is looked for; the usual place of the source unless said. */
          readonly schema?: string;
          /** A table or view of the source. */
          readonly name?: string;
          /** A query instead of a table. Rules cannot be kept on it. */
          readonly sql?: string;
          /** The others are joined to it; the first unless said. */
          readonly root?: boolean;
        }>;
        readonly relations?: ReadonlyArray<{
          readonly from: string;
          readonly to: string;
          /** `left` unless said. */
          readonly type?: 'left' | 'right' | 'inner';
          readonly on: ReadonlyArray<{
            readonly from: string;
            readonly to: string;
          }>;
        }>;
        readonly fields?: ReadonlyArray<{
          /** `{table}.{column}` unless said. */
          readonly id?: string;
          /** What people see; the column unless said. */
          readonly name?: string;
          /** `dimension` unless said. */
          readonly role?: 'dimension' | 'measure';
          /** The first unless said. */
          readonly table?: string;
          readonly column: string;
          /** `STRING` unless said. */
          readonly type?: 'STRING' | 'NUMBER' | 'DATE' | 'DATETIME';
        }>;
        readonly workspace?: string | null;
      };
    };
    answer: Dataset;
  };
  /** Replace a rule. */
  replaceDatasetRule: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
        readonly rule: string;
      };
      readonly body: {
        readonly name: string;
        /** True unless said. */
        readonly enabled?: boolean;
        readonly kind: 'condition' | 'tag' | 'forbid' | 'mask';
        /** Whom it applies to: all, none, the specified ones, or the others. */
        readonly scope: 'all' | 'none' | 'specified' | 'others';
        readonly users?: ReadonlyArray<string>;
        readonly groups?: ReadonlyArray<string>;
        /** Conditions: `{"all": […]}`, `{"any": […]}`, or `{"table"?, "column", "operator", "values"}`; of the kind `tag` with `userTags` or `groupTags` (names) instead of values. Operators: eq, ne, gt, ge, lt, le, between, starts, not_starts, ends, not_ends, contains, not_contains, null, not_null. */
        readonly where?: unknown;
        readonly columns?: ReadonlyArray<{
          /** The only one unless said. */
          readonly table?: string;
          readonly column: string;
        }>;
        /** How values are shown: `{"style": "whole"}`, `{"style": "ends", "first", "last"}`, `{"style": "range", "from", "to"}`, or `{"style": "replace" | "only" | "before" | "after", "words": […]}`. */
        readonly mask?: {
          readonly style: 'whole' | 'ends' | 'range' | 'replace' | 'only' | 'before' | 'after';
          readonly first?: number;
          readonly last?: number;
          readonly from?: number;
          readonly to?: number;
          readonly words?: ReadonlyArray<string>;
        };
      };
    };
    answer: DatasetRule;
  };
  /** Take up the run that was laid aside. */
  resumeDiscovery: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: DiscoveryJob;
  };
  /** Submit a job that failed or was cancelled once more: a new job. */
  retryJob: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: Job;
  };
  /** Accept or reject findings, all or none; discoveries leave their columns alone from then on. */
  reviewFindings: {
    request: {
      readonly body: {
        readonly findings: ReadonlyArray<number>;
        /** `rejected`: the column holds no personal data. */
        readonly verdict: 'accepted' | 'rejected';
      };
    };
    answer: {
      readonly items: ReadonlyArray<Finding>;
    };
  };
  /** Revoke a token. */
  revokeToken: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Revoke a token of a user. */
  revokeUserToken: {
    request: {
      readonly params: {
        readonly username: string;
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Make a new secret; the one before signs beside it for a day. */
  rotateWebhookSecret: {
    request: {
      readonly params: {
        /** The webhook's id, or its name. */
        readonly id: string;
      };
    };
    answer: NewWebhook;
  };
  /** Run one statement and stream its result. */
  runQuery: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly body: {
        readonly sql: string;
        /** Positional: `$1` or `?`. */
        readonly parameters?: ReadonlyArray<unknown>;
        /** `ndjson` when absent. */
        readonly format?: 'ndjson' | 'csv' | 'json' | 'arrow' | 'parquet';
        readonly maxRows?: number;
        readonly timeoutMs?: number;
        /** Must be true for a statement that writes. */
        readonly write?: boolean;
        /** Uid of the workspace whose credential is used. */
        readonly workspace?: string;
        /** How 64-bit integers and decimals are written in JSON. */
        readonly numbers?: 'string' | 'json';
        /** Used once, never kept. */
        readonly credential?: {
          readonly username: string;
          readonly password: string;
        };
      };
    };
    answer: Streamed & {
      readonly mediaTypes: readonly [
        'application/x-ndjson',
        'text/csv',
        'application/json',
        'application/vnd.apache.parquet',
      ];
    };
  };
  /** Run its last version with the workspace's credentials; the rows stream as those of a query. */
  runWorkspaceFile: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The file's name, or its id. */
        readonly file: string;
      };
      readonly body: {
        /** Positional: `$1` or `?`. */
        readonly parameters?: ReadonlyArray<unknown>;
        /** `ndjson` when absent. */
        readonly format?: 'ndjson' | 'csv' | 'json' | 'arrow' | 'parquet';
        readonly maxRows?: number;
        readonly timeoutMs?: number;
        /** Must be true for a statement that writes. */
        readonly write?: boolean;
        /** How 64-bit integers and decimals are written in JSON. */
        readonly numbers?: 'string' | 'json';
      };
    };
    answer: Streamed & {
      readonly mediaTypes: readonly [
        'application/x-ndjson',
        'text/csv',
        'application/json',
        'application/vnd.apache.parquet',
      ];
    };
  };
  /** Set or remove a limit of the system, a tenant, a user or a source. */
  setLimit: {
    request: {
      readonly body: {
        readonly level: 'system' | 'tenant' | 'user' | 'source';
        /** Tenant slug, user name or source name; absent for `system`. */
        readonly subject?: string;
        /** `maxRows`, `maxBytes`, `timeoutMs`, `maxConcurrentQueries`, or one of hdp. */
        readonly name: string;
        readonly value: number | null;
      };
    };
    answer: Limit | null;
  };
  /** Set a user's password; its sessions end. */
  setUserPassword: {
    request: {
      readonly params: {
        readonly username: string;
      };
      readonly body: {
        readonly password: string;
        /** It must be changed at the next sign-in. */
        readonly temporary?: boolean;
      };
    };
    answer: undefined;
  };
  /** Sign in with a user name and password. */
  signIn: {
    request: {
      readonly body: {
        readonly username: string;
        readonly password: string;
        /** A service of `GET /api/v1/sign-in/services` that takes passwords. */
        readonly service?: string;
      };
    };
    answer: {
      readonly user: User;
      /** Shown once; also set as the cookie `headgate_session`. */
      readonly token: string;
      /** RFC 3339, UTC. */
      readonly expiresAt: string;
    };
  };
  /** Sign out: the session ends. */
  signOut: { request: object; answer: undefined };
  /** Split a connection URL into the parts of a source, without its password. */
  splitConnectionUrl: {
    request: {
      readonly body: {
        /** A connection URL (libpq, JDBC, DSN) instead of its parts; parts that are given too win over it. */
        readonly url: string;
        /** Told by the URL when absent. */
        readonly engine?: string;
      };
    };
    answer: UrlParts;
  };
  /** Start a run, or take up the one that was laid aside; no error when one runs already. */
  startDiscovery: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: DiscoveryJob;
  };
  /** Sign in with an OpenID provider: redirects there. */
  startOpenIdSignIn: {
    request: {
      readonly params: {
        /** The service's name, or its id. */
        readonly service: string;
      };
      readonly query?: {
        /** A path of this server to go to afterwards. */
        readonly returnTo?: string;
      };
    };
    answer: never;
  };
  /** Stop the run: what it has found stays. */
  stopDiscovery: {
    request: {
      readonly params: {
        readonly id: number;
      };
    };
    answer: DiscoveryJob;
  };
  /** Test a connection before it is saved. */
  testConnection: {
    request: {
      readonly body: {
        readonly name?: string;
        /** A connection URL (libpq, JDBC, DSN) instead of its parts; parts that are given too win over it. */
        readonly url?: string;
        /** See `GET /api/v1/engines`. */
        readonly engine?: string;
        readonly host?: string;
        readonly port?: number;
        readonly database?: string;
        readonly schema?: string;
        readonly username?: string;
        /** Never shown again; `********` keeps the stored one. */
        readonly password?: string;
        readonly tls?: {
          /** Absent: `verify-full`, on loopback `prefer`. */
          readonly mode?: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
          /** PEM. */
          readonly ca?: string;
          /** PEM. */
          readonly cert?: string;
          /** PEM; never shown again. */
          readonly key?: string;
        };
        readonly options?: { readonly [name: string]: string | number | boolean };
      };
    };
    answer: TestReport;
  };
  /** Test a service stage by stage. */
  testSignInService: {
    request: {
      readonly params: {
        /** The service's name, or its id. */
        readonly service: string;
      };
      readonly body: {
        /** Somebody to look up; LDAP with `bindDn` only. */
        readonly login?: string;
      };
    };
    answer: SignInServiceTestReport;
  };
  /** Test the connection of a saved source, perhaps with other settings, stage by stage. */
  testSource: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly body: {
        /** A connection URL (libpq, JDBC, DSN) instead of its parts; parts that are given too win over it. */
        readonly url?: string;
        /** See `GET /api/v1/engines`. */
        readonly engine?: string;
        readonly host?: string;
        readonly port?: number;
        readonly database?: string;
        readonly schema?: string;
        readonly username?: string;
        /** Never shown again; `********` keeps the stored one. */
        readonly password?: string;
        readonly tls?: {
          /** Absent: `verify-full`, on loopback `prefer`. */
          readonly mode?: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
          /** PEM. */
          readonly ca?: string;
          /** PEM. */
          readonly cert?: string;
          /** PEM; never shown again. */
          readonly key?: string;
        };
        readonly options?: { readonly [name: string]: string | number | boolean };
      };
    };
    answer: TestReport;
  };
  /** Bring a deleted source back. */
  undeleteSource: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
    };
    answer: Source;
  };
  /** Take a link away; the sessions that came by it end. */
  unlinkUser: {
    request: {
      readonly params: {
        readonly service: string;
        readonly id: string;
      };
    };
    answer: undefined;
  };
  /** Forget failed sign-ins. */
  unlockUser: {
    request: {
      readonly params: {
        readonly username: string;
      };
    };
    answer: User;
  };
  /** Switch an access key off or on. */
  updateAccessKey: {
    request: {
      readonly params: {
        readonly id: string;
      };
      readonly body: {
        readonly enabled?: boolean;
        readonly description?: string | null;
      };
    };
    answer: AccessKey;
  };
  /** Correct what is known of a table, and label it. */
  updateCatalogTable: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
        /** `database.table` or `database.schema.table`. */
        readonly table: string;
      };
      readonly body: {
        /** `personal`: holds personal data; `unknown`: not looked at yet. */
        readonly privacy?: 'unknown' | 'none' | 'personal';
        readonly sensitivity?: string;
        /** By name; exactly these. */
        readonly labels?: ReadonlyArray<string>;
      };
    };
    answer: CataloguedTable;
  };
  /** Switch kinds of rules of a dataset on and off. */
  updateDatasetPolicy: {
    request: {
      readonly params: {
        /** The dataset's id. */
        readonly dataset: string;
      };
      readonly body: {
        /** Row rules are on. */
        readonly rowsOn?: boolean;
        /** Those of the kind `condition`. */
        readonly byConditionOn?: boolean;
        /** Those of the kind `tag`. */
        readonly byTagOn?: boolean;
        /** Whom no condition rule applies to sees all rows, or none. */
        readonly othersSeeRows?: boolean;
        /** Rules on columns are on. */
        readonly columnsOn?: boolean;
      };
    };
    answer: DatasetPolicy;
  };
  /** Change a discovery job; a run that is under way goes by what it started with. */
  updateDiscoveryJob: {
    request: {
      readonly params: {
        readonly id: number;
      };
      readonly body: {
        readonly name?: string;
        readonly description?: string | null;
        readonly sources?: ReadonlyArray<{
          readonly source: string;
          /** All when absent. */
          readonly tables?: ReadonlyArray<string>;
        }>;
        readonly provider?: 'aws' | 'tencent' | 'google' | 'jdbc-proxy' | null;
        readonly cron?: string | null;
        /** Rows of each table; 100 when absent. */
        readonly depth?: number;
        /** Share of values from which on it counts; 0.2 when absent. */
        readonly threshold?: number;
        /** Only tables that changed since they were looked at; true when absent. */
        readonly changedOnly?: boolean;
        /** Also what was corrected by hand. */
        readonly overwrite?: boolean;
        /** Parts of column names. */
        readonly includeKeywords?: ReadonlyArray<string>;
        /** Parts of column names. */
        readonly excludeKeywords?: ReadonlyArray<string>;
      };
    };
    answer: DiscoveryJob;
  };
  /** Change an identifier that was added. */
  updateIdentifier: {
    request: {
      readonly params: {
        readonly name: string;
      };
      readonly body: {
        readonly name?: string;
        readonly description?: string | null;
        readonly pattern?: string | null;
        readonly headerKeywords?: ReadonlyArray<string>;
        readonly excludeKeywords?: ReadonlyArray<string>;
        /** Categories and labels, by name. */
        readonly properties?: ReadonlyArray<string>;
      };
    };
    answer: Identifier;
  };
  /** Change a milestone. */
  updateMilestone: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly id: string;
      };
      readonly body: {
        readonly name?: string;
        readonly targetDate?: string;
        readonly state?: 'planned' | 'achieved';
      };
    };
    answer: Milestone;
  };
  /** Change what a note says, or make it an insight, publish it, and take that back. */
  updateNote: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        readonly note: string;
      };
      readonly body: {
        readonly body?: string;
        /** A note may become an insight, and an insight be published. */
        readonly state?: 'note' | 'insight' | 'published';
      };
    };
    answer: Note;
  };
  /** Change a role. Built-in ones stay as they are. */
  updateRole: {
    request: {
      readonly params: {
        readonly role: string;
      };
      readonly body: {
        readonly name?: string;
        readonly description?: string | null;
        /** By word or name. */
        readonly permissions?: ReadonlyArray<string>;
      };
    };
    answer: Role;
  };
  /** Change members of a schedule; a new job replaces the old one whole. */
  updateSchedule: {
    request: {
      readonly params: {
        readonly id: string;
      };
      readonly body: {
        readonly name?: string;
        /** Minute, hour, day, month, day of the week: `0 3 * * 1-5`; or `@daily` and its kin. */
        readonly cron?: string;
        /** IANA name; UTC when absent. */
        readonly timeZone?: string;
        readonly enabled?: boolean;
        readonly job?:
          | {
              readonly kind: 'export';
              readonly source: string;
              readonly sql: string;
              /** Positional: `$1` or `?`. */
              readonly parameters?: ReadonlyArray<unknown>;
              readonly format: 'ndjson' | 'csv' | 'parquet';
              /** Of the whole file; Parquet compresses itself. */
              readonly compression?: 'gzip' | 'zstd';
              readonly maxRows?: number;
              readonly timeoutMs?: number;
              readonly fileName?: string;
              /** Uid of the workspace whose credential is used. */
              readonly workspace?: string;
            }
          | {
              readonly kind: 'extract';
              readonly sources: ReadonlyArray<{
                readonly source: string;
                readonly tables: ReadonlyArray<{
                  /** The engine's default when absent: `public`, `dbo`, the database, the user. */
                  readonly schema?: string;
                  readonly table: string;
                  /** All when absent. */
                  readonly columns?: ReadonlyArray<string>;
                  readonly filters?: {
                    readonly [name: string]: {
                      readonly [name: string]: ReadonlyArray<string | number | boolean | null>;
                    };
                  };
                }>;
                /** Uid of the workspace whose credential is used. */
                readonly workspace?: string;
              }>;
              /** `json`: one object, source → table → rows; else a file a table. */
              readonly format: 'ndjson' | 'csv' | 'parquet' | 'json';
              readonly compression?: 'gzip' | 'zstd';
              readonly timeoutMs?: number;
            };
      };
    };
    answer: Schedule;
  };
  /** Change a service by a merge patch. Switched off, the sessions that it opened end. */
  updateSignInService: {
    request: {
      readonly params: {
        /** The service's name, or its id. */
        readonly service: string;
      };
      readonly body: {
        readonly name?: string;
        readonly description?: string | null;
        readonly enabled?: boolean;
        /** Asked for names that no user here has; one of all LDAP services. */
        readonly default?: boolean;
        /** Make a user for whom the service knows and nobody is here. */
        readonly createUsers?: boolean;
        /** Renew roles at every sign-in, not only the first. */
        readonly syncRoles?: boolean;
        readonly roles?: ReadonlyArray<string>;
        readonly groupRoles?: ReadonlyArray<{
          /** Name or DN. */
          readonly group: string;
          readonly role: string;
        }>;
        readonly ldap?: {
          /** `ldaps://host`, or `ldap://host`, which is upgraded by STARTTLS. */
          readonly url?: string;
          readonly tls?: {
            readonly mode?: 'verify-full' | 'verify-ca' | 'require' | 'disable';
            readonly ca?: string | null;
          } | null;
          readonly bindDn?: string | null;
          readonly bindPassword?: string | null;
          readonly userDn?: string | null;
          readonly userBase?: string | null;
          readonly userFilter?: string | null;
          readonly attributes?: {
            readonly login?: string | null;
            readonly subject?: string | null;
            readonly firstName?: string | null;
            readonly lastName?: string | null;
            readonly email?: string | null;
          } | null;
          readonly groups?: {
            readonly from?: 'none' | 'memberOf' | 'search' | null;
            readonly base?: string | null;
            readonly filter?: string | null;
            readonly nested?: boolean | null;
          } | null;
          readonly timeoutMs?: number | null;
        };
        readonly oidc?: {
          readonly issuer?: string;
          readonly clientId?: string;
          readonly clientSecret?: string | null;
          readonly scopes?: ReadonlyArray<string> | null;
          readonly audiences?: ReadonlyArray<string> | null;
          readonly loginClaim?: string | null;
          readonly groupsClaim?: string | null;
          readonly ca?: string | null;
          readonly timeoutMs?: number | null;
        };
      };
    };
    answer: SignInService;
  };
  /** Change a source by a JSON merge patch; with `dryRun` only tell what that would touch. */
  updateSource: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly query?: {
        /** Only tell what would be touched. */
        readonly dryRun?: boolean;
      };
      readonly body: {
        readonly name?: string;
        readonly title?: string | null;
        readonly description?: string | null;
        /** A connection URL (libpq, JDBC, DSN) instead of its parts; parts that are given too win over it. */
        readonly url?: string;
        readonly engine?: string | null;
        readonly host?: string | null;
        readonly port?: number | null;
        readonly database?: string | null;
        readonly schema?: string | null;
        readonly username?: string | null;
        readonly password?: string | null;
        readonly tls?: {
          readonly mode?: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full' | null;
          readonly ca?: string | null;
          readonly cert?: string | null;
          readonly key?: string | null;
        } | null;
        readonly options?: { readonly [name: string]: string | number | boolean | null } | null;
        readonly metadata?: { readonly [name: string]: unknown } | null;
        readonly labels?: { readonly [name: string]: string | null } | null;
        readonly permissions?: ReadonlyArray<string> | null;
        readonly visibility?: 'private' | 'workspace' | 'tenant' | null;
        readonly sharesCredential?: boolean | null;
        readonly enabled?: boolean | null;
      };
    };
    answer: Source | BlastRadius | undefined;
  };
  /** Correct what is known of a source, and label it. */
  updateSourceCatalog: {
    request: {
      readonly params: {
        /** The source's name, or its id. */
        readonly name: string;
      };
      readonly body: {
        readonly description?: string | null;
        /** `personal`: holds personal data; `unknown`: not looked at yet. */
        readonly privacy?: 'unknown' | 'none' | 'personal';
        readonly sensitivity?: string;
        /** By name; exactly these. */
        readonly labels?: ReadonlyArray<string>;
      };
    };
    answer: SourceCatalog;
  };
  /** Change a tenant, or who administers it. */
  updateTenant: {
    request: {
      readonly params: {
        readonly slug: string;
      };
      readonly body: {
        readonly name?: string;
        readonly description?: string | null;
        /** The users of an inactive tenant cannot sign in. */
        readonly status?: 'active' | 'inactive';
        /** User names; exactly these. */
        readonly admins?: ReadonlyArray<string>;
      };
    };
    answer: Tenant;
  };
  /** Change a user. Absent members stay, null empties. */
  updateUser: {
    request: {
      readonly params: {
        readonly username: string;
      };
      readonly body: {
        readonly firstName?: string | null;
        readonly lastName?: string | null;
        readonly email?: string | null;
        readonly roles?: ReadonlyArray<string>;
        /** Permissions beside the roles', by word or name. */
        readonly permissions?: ReadonlyArray<string>;
        readonly administers?: ReadonlyArray<string>;
        readonly status?: 'active' | 'inactive';
        /** Slug: moves a user who owns no sources; give roles of that tenant with it. */
        readonly tenant?: string;
        readonly passwordExpiresAt?: string | null;
      };
    };
    answer: User;
  };
  /** Change a webhook. */
  updateWebhook: {
    request: {
      readonly params: {
        /** The webhook's id, or its name. */
        readonly id: string;
      };
      readonly body: {
        readonly name?: string;
        /** http or https, without user and fragment. */
        readonly url?: string;
        readonly events?: ReadonlyArray<'job.succeeded' | 'job.failed' | 'job.cancelled'>;
        readonly kind?: string | null;
        readonly source?: string | null;
        /** False gives up what waits. */
        readonly enabled?: boolean;
      };
    };
    answer: Webhook;
  };
  /** Change a workspace: members its name and summary, its owner everything. */
  updateWorkspace: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
      };
      readonly body: {
        readonly name?: string;
        readonly summary?: string | null;
        readonly public?: boolean;
        /** True freezes its content. */
        readonly archived?: boolean;
        readonly projectStatus?: 'on_track' | 'needs_attention' | 'at_risk';
        readonly projectStatusReason?: string | null;
        /** Id of a stage, see `/workspace-stages`. */
        readonly stage?: number;
        /** User name of a member, who owns it from then on. */
        readonly owner?: string;
        /** Status and milestones are shown. */
        readonly isProject?: boolean;
        /** Tables of the sandbox are among its datasets. */
        readonly showSandboxDatasets?: boolean;
      };
    };
    answer: Workspace;
  };
  /** Rename it, describe it, or say where it runs; without a place it runs in the sandbox. */
  updateWorkspaceFile: {
    request: {
      readonly params: {
        /** The workspace's name, or its id. */
        readonly workspace: string;
        /** The file's name, or its id. */
        readonly file: string;
      };
      readonly body: {
        readonly name?: string;
        readonly description?: string | null;
        readonly runsIn?: {
          /** The source's name, or its id. */
          readonly source: string;
          readonly schema: string;
        } | null;
      };
    };
    answer: WorkspaceFileContent;
  };
  /** Check every chain in the store, event by event; for administrators. */
  verifyAudit: { request: object; answer: AuditVerification };
  /** Watch a job as server-sent events, until it is over. */
  watchJob: {
    request: {
      readonly params: {
        readonly id: string;
      };
    };
    answer: Streamed & { readonly mediaTypes: readonly ['text/event-stream'] };
  };
}

/** Method and path below `/api/v1` of each operation. */
export const routes: { readonly [Id in keyof Operations]: string } = {
  addGroupMember: 'PUT /groups/{group}/members/{username}',
  addOrigin: 'POST /policies/origins',
  addToTemplate: 'POST /discovery/template/add',
  addWorkspaceDataset: 'POST /workspaces/{workspace}/datasets',
  addWorkspaceFileVersion: 'POST /workspaces/{workspace}/files/{file}/versions',
  addWorkspaceTag: 'PUT /workspaces/{workspace}/tags/{name}',
  cancelJob: 'POST /jobs/{id}/cancel',
  cancelQuery: 'DELETE /queries/{id}',
  changeOwnPassword: 'PUT /me/password',
  correctCatalogColumn: 'PATCH /sources/{name}/catalog/tables/{table}/columns/{column}',
  crawlSource: 'POST /sources/{name}/catalog/crawls',
  createAccessKey: 'POST /access-keys',
  createAccount: 'POST /accounts',
  createComment: 'POST /workspaces/{workspace}/notes/{note}/comments',
  createDataset: 'POST /datasets',
  createDatasetRule: 'POST /datasets/{dataset}/rules',
  createDiscoveryJob: 'POST /discovery/jobs',
  createGroup: 'POST /groups',
  createIdentifier: 'POST /discovery/identifiers',
  createJob: 'POST /jobs',
  createLabel: 'POST /catalog/labels',
  createMilestone: 'POST /workspaces/{workspace}/milestones',
  createNote: 'POST /workspaces/{workspace}/notes',
  createRole: 'POST /roles',
  createSchedule: 'POST /schedules',
  createServiceAccount: 'POST /service-accounts',
  createSignInService: 'POST /sign-in-services',
  createSource: 'POST /sources',
  createTenant: 'POST /tenants',
  createToken: 'POST /tokens',
  createUser: 'POST /users',
  createUserToken: 'POST /users/{username}/tokens',
  createWebhook: 'POST /webhooks',
  createWorkspace: 'POST /workspaces',
  createWorkspaceFile: 'POST /workspaces/{workspace}/files',
  deleteAccessKey: 'DELETE /access-keys/{id}',
  deleteAccount: 'DELETE /accounts/{id}',
  deleteComment: 'DELETE /workspaces/{workspace}/notes/{note}/comments/{comment}',
  deleteDataset: 'DELETE /datasets/{dataset}',
  deleteDatasetRule: 'DELETE /datasets/{dataset}/rules/{rule}',
  deleteDiscoveryJob: 'DELETE /discovery/jobs/{id}',
  deleteGroup: 'DELETE /groups/{group}',
  deleteIdentifier: 'DELETE /discovery/identifiers/{name}',
  deleteLabel: 'DELETE /catalog/labels/{name}',
  deleteMilestone: 'DELETE /workspaces/{workspace}/milestones/{id}',
  deleteNote: 'DELETE /workspaces/{workspace}/notes/{note}',
  deletePersonalCredential: 'DELETE /sources/{name}/credentials/personal',
  deleteRole: 'DELETE /roles/{role}',
  deleteSchedule: 'DELETE /schedules/{id}',
  deleteSecret: 'DELETE /secrets/{name}',
  deleteShare: 'DELETE /sources/{name}/shares/{subjects}/{subject}',
  deleteShares: 'DELETE /sources/{name}/shares',
  deleteSignInService: 'DELETE /sign-in-services/{service}',
  deleteSource: 'DELETE /sources/{name}',
  deleteSourceCredential: 'DELETE /sources/{name}/credentials/source',
  deleteTenant: 'DELETE /tenants/{slug}',
  deleteUser: 'DELETE /users/{username}',
  deleteWebhook: 'DELETE /webhooks/{id}',
  deleteWorkspace: 'DELETE /workspaces/{workspace}',
  deleteWorkspaceCredential: 'DELETE /sources/{name}/credentials/workspaces/{uid}',
  deleteWorkspaceFile: 'DELETE /workspaces/{workspace}/files/{file}',
  deleteWorkspacePair: 'DELETE /workspaces/{workspace}/credentials/{source}',
  deleteWorkspacePicture: 'DELETE /workspaces/{workspace}/picture',
  deleteWorkspaceSandbox: 'DELETE /workspaces/{workspace}/sandbox',
  disableDiscovery: 'POST /discovery/jobs/{id}/disable',
  enableDiscovery: 'POST /discovery/jobs/{id}/enable',
  explainAccess: 'GET /sources/{name}/access',
  explainPolicy: 'GET /sources/{name}/policy',
  exportAuditEvents: 'GET /audit/export',
  finishOpenIdSignIn: 'GET /sign-in/oidc/{service}/callback',
  getAccount: 'GET /accounts/{id}',
  getAddressLists: 'GET /policies/addresses/{level}',
  getAuditCheckpoints: 'GET /audit/checkpoint',
  getCatalogTable: 'GET /sources/{name}/catalog/tables/{table}',
  getCurrentSession: 'GET /sessions/current',
  getDataset: 'GET /datasets/{dataset}',
  getDatasetPolicy: 'GET /datasets/{dataset}/policy',
  getDatasetRule: 'GET /datasets/{dataset}/rules/{rule}',
  getDiscoveryJob: 'GET /discovery/jobs/{id}',
  getDiscoveryRun: 'GET /discovery/runs/{id}',
  getDiscoverySummary: 'GET /discovery/summary',
  getFinding: 'GET /discovery/findings/{id}',
  getGroup: 'GET /groups/{group}',
  getIdentifier: 'GET /discovery/identifiers/{name}',
  getJob: 'GET /jobs/{id}',
  getJobOutput: 'GET /jobs/{id}/outputs/{name}',
  getMe: 'GET /me',
  getPasswordPolicy: 'GET /policies/passwords',
  getPersonalCredential: 'GET /sources/{name}/credentials/personal',
  getQuery: 'GET /queries/{id}',
  getRole: 'GET /roles/{role}',
  getRunReport: 'GET /discovery/runs/{id}/report',
  getSchedule: 'GET /schedules/{id}',
  getSchema: 'GET /sources/{name}/schema',
  getSecret: 'GET /secrets/{name}',
  getShare: 'GET /sources/{name}/shares/{subjects}/{subject}',
  getSignInService: 'GET /sign-in-services/{service}',
  getSource: 'GET /sources/{name}',
  getSourceCatalog: 'GET /sources/{name}/catalog',
  getSourceCredential: 'GET /sources/{name}/credentials/source',
  getSystem: 'GET /system',
  getTemplate: 'GET /discovery/template',
  getTenant: 'GET /tenants/{slug}',
  getUser: 'GET /users/{username}',
  getWebhook: 'GET /webhooks/{id}',
  getWorkspace: 'GET /workspaces/{workspace}',
  getWorkspaceCredential: 'GET /sources/{name}/credentials/workspaces/{uid}',
  getWorkspaceFile: 'GET /workspaces/{workspace}/files/{file}',
  getWorkspaceFileContent: 'GET /workspaces/{workspace}/files/{file}/content',
  getWorkspacePair: 'GET /workspaces/{workspace}/credentials/{source}',
  getWorkspacePicture: 'GET /workspaces/{workspace}/picture',
  linkUser: 'POST /sign-in-services/{service}/users',
  listAccessKeys: 'GET /access-keys',
  listAccounts: 'GET /accounts',
  listAuditEvents: 'GET /audit',
  listCatalogColumns: 'GET /sources/{name}/catalog/tables/{table}/columns',
  listCatalogDrift: 'GET /sources/{name}/catalog/drift',
  listCatalogTables: 'GET /sources/{name}/catalog/tables',
  listCredentials: 'GET /sources/{name}/credentials',
  listDatasetRules: 'GET /datasets/{dataset}/rules',
  listDatasets: 'GET /datasets',
  listDiscoveryJobs: 'GET /discovery/jobs',
  listDiscoveryRuns: 'GET /discovery/jobs/{id}/runs',
  listEngines: 'GET /engines',
  listFindings: 'GET /discovery/findings',
  listGroupSourceMembers: 'GET /sources/{name}/members',
  listGroups: 'GET /groups',
  listIdentifiers: 'GET /discovery/identifiers',
  listJobAttempts: 'GET /jobs/{id}/attempts',
  listJobs: 'GET /jobs',
  listLabels: 'GET /catalog/labels',
  listLeases: 'GET /sources/{name}/leases',
  listLimits: 'GET /limits',
  listMilestones: 'GET /workspaces/{workspace}/milestones',
  listNodes: 'GET /system/nodes',
  listNotes: 'GET /workspaces/{workspace}/notes',
  listOfferedSignInServices: 'GET /sign-in/services',
  listOrigins: 'GET /policies/origins',
  listPermissions: 'GET /permissions',
  listProviders: 'GET /providers',
  listQueries: 'GET /queries',
  listRoles: 'GET /roles',
  listRunFindings: 'GET /discovery/runs/{id}/findings',
  listRunSources: 'GET /discovery/runs/{id}/sources',
  listRunTables: 'GET /discovery/runs/{id}/tables',
  listSchedules: 'GET /schedules',
  listSecrets: 'GET /secrets',
  listShares: 'GET /sources/{name}/shares',
  listSignInLinks: 'GET /sign-in-services/{service}/users',
  listSignInServices: 'GET /sign-in-services',
  listSources: 'GET /sources',
  listTenants: 'GET /tenants',
  listTokens: 'GET /tokens',
  listUsage: 'GET /usage',
  listUserTokens: 'GET /users/{username}/tokens',
  listUsers: 'GET /users',
  listWebhookDeliveries: 'GET /webhooks/{id}/deliveries',
  listWebhooks: 'GET /webhooks',
  listWorkspaceActivities: 'GET /workspaces/{workspace}/activities',
  listWorkspaceDatasets: 'GET /workspaces/{workspace}/datasets',
  listWorkspaceFileVersions: 'GET /workspaces/{workspace}/files/{file}/versions',
  listWorkspaceFiles: 'GET /workspaces/{workspace}/files',
  listWorkspaceGroups: 'GET /workspaces/{workspace}/groups',
  listWorkspaceMembers: 'GET /workspaces/{workspace}/members',
  listWorkspacePairs: 'GET /workspaces/{workspace}/credentials',
  listWorkspaceStages: 'GET /workspace-stages',
  listWorkspaces: 'GET /workspaces',
  pauseDiscovery: 'POST /discovery/jobs/{id}/pause',
  pingWebhook: 'POST /webhooks/{id}/ping',
  previewDataset: 'POST /datasets/{dataset}/preview',
  putAddressLists: 'PUT /policies/addresses/{level}',
  putGroupSourceMember: 'PUT /sources/{name}/members/{member}',
  putPasswordPolicy: 'PUT /policies/passwords',
  putPersonalCredential: 'PUT /sources/{name}/credentials/personal',
  putSecret: 'PUT /secrets/{name}',
  putShare: 'PUT /sources/{name}/shares/{subjects}/{subject}',
  putSourceCredential: 'PUT /sources/{name}/credentials/source',
  putWorkspaceCredential: 'PUT /sources/{name}/credentials/workspaces/{uid}',
  putWorkspaceGroups: 'PUT /workspaces/{workspace}/groups',
  putWorkspaceMember: 'PUT /workspaces/{workspace}/members/{username}',
  putWorkspaceMembers: 'PUT /workspaces/{workspace}/members',
  putWorkspacePair: 'PUT /workspaces/{workspace}/credentials/{source}',
  putWorkspacePicture: 'PUT /workspaces/{workspace}/picture',
  putWorkspaceSandbox: 'PUT /workspaces/{workspace}/sandbox',
  redeliverWebhookEvent: 'POST /webhooks/{id}/deliveries/{delivery}/redeliver',
  refreshSchema: 'POST /sources/{name}/schema/refresh',
  removeFromTemplate: 'POST /discovery/template/remove',
  removeGroupMember: 'DELETE /groups/{group}/members/{username}',
  removeGroupSourceMember: 'DELETE /sources/{name}/members/{member}',
  removeOrigin: 'DELETE /policies/origins/{id}',
  removeWorkspaceDataset: 'DELETE /workspaces/{workspace}/datasets/{dataset}',
  removeWorkspaceMember: 'DELETE /workspaces/{workspace}/members/{username}',
  removeWorkspaceTag: 'DELETE /workspaces/{workspace}/tags/{name}',
  replaceDataset: 'PUT /datasets/{dataset}',
  replaceDatasetRule: 'PUT /datasets/{dataset}/rules/{rule}',
  resumeDiscovery: 'POST /discovery/jobs/{id}/resume',
  retryJob: 'POST /jobs/{id}/retry',
  reviewFindings: 'POST /discovery/findings/review',
  revokeToken: 'DELETE /tokens/{id}',
  revokeUserToken: 'DELETE /users/{username}/tokens/{id}',
  rotateWebhookSecret: 'POST /webhooks/{id}/rotate-secret',
  runQuery: 'POST /sources/{name}/query',
  runWorkspaceFile: 'POST /workspaces/{workspace}/files/{file}/run',
  setLimit: 'PUT /limits',
  setUserPassword: 'PUT /users/{username}/password',
  signIn: 'POST /sessions',
  signOut: 'DELETE /sessions/current',
  splitConnectionUrl: 'POST /connection-urls',
  startDiscovery: 'POST /discovery/jobs/{id}/start',
  startOpenIdSignIn: 'GET /sign-in/oidc/{service}/start',
  stopDiscovery: 'POST /discovery/jobs/{id}/stop',
  testConnection: 'POST /connection-tests',
  testSignInService: 'POST /sign-in-services/{service}/test',
  testSource: 'POST /sources/{name}/test',
  undeleteSource: 'POST /sources/{name}/undelete',
  unlinkUser: 'DELETE /sign-in-services/{service}/users/{id}',
  unlockUser: 'POST /users/{username}/unlock',
  updateAccessKey: 'PATCH /access-keys/{id}',
  updateCatalogTable: 'PATCH /sources/{name}/catalog/tables/{table}',
  updateDatasetPolicy: 'PATCH /datasets/{dataset}/policy',
  updateDiscoveryJob: 'PATCH /discovery/jobs/{id}',
  updateIdentifier: 'PATCH /discovery/identifiers/{name}',
  updateMilestone: 'PATCH /workspaces/{workspace}/milestones/{id}',
  updateNote: 'PATCH /workspaces/{workspace}/notes/{note}',
  updateRole: 'PATCH /roles/{role}',
  updateSchedule: 'PATCH /schedules/{id}',
  updateSignInService: 'PATCH /sign-in-services/{service}',
  updateSource: 'PATCH /sources/{name}',
  updateSourceCatalog: 'PATCH /sources/{name}/catalog',
  updateTenant: 'PATCH /tenants/{slug}',
  updateUser: 'PATCH /users/{username}',
  updateWebhook: 'PATCH /webhooks/{id}',
  updateWorkspace: 'PATCH /workspaces/{workspace}',
  updateWorkspaceFile: 'PATCH /workspaces/{workspace}/files/{file}',
  verifyAudit: 'POST /audit/verify',
  watchJob: 'GET /jobs/{id}/events',
};
