/** What the services of identity are made from. */
import type { Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import type { PasswordCost } from './passwords.ts';

/** One issuer whose JWTs are accepted (decisions.md 23). */
export interface JwtIssuer {
  readonly issuer: string;
  /** https, or http on loopback. */
  readonly jwksUrl: string;
  readonly audience: string | readonly string[];
  /** Asymmetric ones only; RS256, PS256, ES256, EdDSA and their larger relatives when absent. */
  readonly algorithms?: readonly string[] | undefined;
  /** Claim with the tenant's slug for users made on first sight; the system tenant when absent. */
  readonly tenantClaim?: string | undefined;
  /** Claim with the user name for users made on first sight; `preferred_username`, else `sub`, when absent. */
  readonly userClaim?: string | undefined;
  /** Claim with role names for users made on first sight; never an administrator. */
  readonly roleClaim?: string | undefined;
  /** Make a user for a (issuer, sub) that is not known yet; otherwise it is refused. */
  readonly createUsers?: boolean | undefined;
}

export interface IdentityConfig {
  readonly sessionTtlMinutes: number;
  /** A session unused for longer ends; absent or 0 = never. */
  readonly sessionIdleMinutes?: number | undefined;
  readonly lockoutLimit: number;
  readonly lockoutWindowSeconds: number;
  readonly lockoutPeriodSeconds: number;
  readonly jwtIssuers: readonly JwtIssuer[];
  /** Name of every project, as IAM clients write it. */
  readonly region?: string | undefined;
  /** Where sign-in services may be: as for sources. */
  readonly allowPrivateAddresses?: boolean | undefined;
  readonly allowLoopbackAddresses?: boolean | undefined;
  readonly tenantsAllowPrivateAddresses?: boolean | undefined;
  /** False: lists of allowed addresses are kept but not enforced, for an administrator who has locked himself out. */
  readonly addressLists?: boolean | undefined;
}

export interface IdentityDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: IdentityConfig;
  /** Cost of a password hash; the default is argon2id with 64 MiB. Tests take less. */
  readonly passwordCost?: PasswordCost | undefined;
}
