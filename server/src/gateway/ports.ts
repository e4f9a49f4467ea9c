/**
 * The few calls of the domain that the gateway needs, as structural interfaces: the domain's services satisfy them, and
 * tests stand in with small fakes.
 */
import type { Principal } from '../domain/identity/principal.ts';
import type { CatalogTable, TlsSettings } from '../engines/engine.ts';

/**
 * What the gateway reads of a source's facts. The object's identity matters: the domain hands out the same object as
 * long as it is fresh (≤ 1 s, dropped on NOTIFY), and the gateway keeps what it derives from it beside it.
 */
export interface SourceFacts {
  readonly source: {
    readonly id: number;
    readonly uid: string;
    readonly tenantId: number;
    readonly tenantUid: string;
    readonly name: string;
    readonly engine: string | null;
    readonly ownerId: number;
    readonly enabled: boolean;
    readonly complete: boolean;
    readonly settingsVersion: number;
  };
}

export interface AccessPort<F extends SourceFacts = SourceFacts> {
  resolve(principal: Principal, nameOrUid: string): Promise<F>;
  /** Throws NotFoundError, ForbiddenError or ConflictError. */
  authorise(principal: Principal, action: string, facts: F): void;
}

/** Caps of one query; 0 = none. */
export interface EffectiveLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export interface LimitsPort {
  effectiveLimits(facts: SourceFacts, principal: Principal): EffectiveLimits | Promise<EffectiveLimits>;
}

/** A login to use, in the clear; never logged, never part of an error. */
export interface ResolvedCredential {
  readonly uid: string;
  readonly version: number;
  readonly kind: string;
  readonly username: string;
  readonly password: string;
  readonly level: string;
}

export interface CredentialsPort {
  resolve(
    principal: Principal,
    facts: SourceFacts,
    need: {
      readonly level: 'read' | 'write';
      readonly workspaceUid?: string;
      readonly posted?: { readonly username: string; readonly password: string };
    },
  ): Promise<ResolvedCredential>;
}

/** Everything needed to connect to a source. */
export interface ConnectSettings {
  readonly engine: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly schema: string | null;
  readonly tls: Partial<TlsSettings>;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly username: string | null;
  readonly password: string | null;
  readonly settingsVersion: number;
}

export interface SourcesPort {
  connectSettings(
    facts: SourceFacts,
    credential: ResolvedCredential | null,
  ): ConnectSettings | Promise<ConnectSettings>;
  /** Keeps what a probe found, without a new version of the source. */
  recordProbe(sourceId: number, ok: boolean, code: string | null, serverVersion: string | null): Promise<void>;
}

export interface AuditEvent {
  readonly action: string;
  readonly outcome: 'allowed' | 'denied' | 'failed';
  readonly resource?: { readonly type: string; readonly uid: string; readonly name: string };
  readonly tenantId?: number;
  readonly detail?: object;
}

export interface AuditPort {
  /** Resolves when durable; rejects with UnavailableError `audit_unavailable`. */
  recordNow(principal: Principal, event: AuditEvent): Promise<void>;
}

export interface CatalogInfo {
  readonly capturedAt: Date;
  readonly stale: boolean;
  readonly tables: number;
  readonly columns: number;
}

export interface CatalogPort {
  replace(sourceId: number, settingsVersion: number, tables: AsyncIterable<CatalogTable>): Promise<unknown>;
  info(sourceId: number): Promise<CatalogInfo | null | undefined>;
}

/** The settings of the installation that the gateway reads; units in the names. */
export interface GatewayConfig {
  readonly sourcePoolSize: number;
  readonly sourceWaitMs: number;
  readonly queryTimeoutMs: number;
  readonly queryMaxRows: number;
  readonly queryMaxBytes: number;
  readonly connectTimeoutMs: number;
  readonly idleConnectionSeconds: number;
  readonly allowPrivateAddresses: boolean;
  readonly allowLoopbackAddresses: boolean;
  readonly tenantsAllowPrivateAddresses: boolean;
  readonly auditStatementText: boolean;
}
