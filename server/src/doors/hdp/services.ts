/** What the hdp door is made of: the services it calls and the settings it reads. */
import type { Access, Limits, Shares } from '../../domain/access/index.ts';
import type { AuditLog } from '../../domain/audit/index.ts';
import type { CatalogStore } from '../../domain/catalog/index.ts';
import type { Connectors } from '../../domain/connectors/index.ts';
import type { Identity, Principal } from '../../domain/identity/index.ts';
import type { DoorSources, GroupMembers, Sources } from '../../domain/sources/index.ts';
import type { UsageMeters } from '../../domain/usage/index.ts';
import type { Gateway } from '../../gateway/index.ts';
import type { RateLimiter } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

/** A sign-in service as this door needs it. */
export interface SignInService {
  readonly name: string;
  readonly kind: string;
  /** Slug; null = the whole installation. */
  readonly tenant: string | null;
  readonly description: string | null;
  readonly ldap?: object | null;
  readonly oidc?: object | null;
}

/** What is written of one. */
export interface SignInServiceInput {
  readonly name: string;
  readonly kind: 'ldap' | 'oidc';
  /** Slug. */
  readonly tenant?: string | undefined;
  readonly description?: string | null | undefined;
  readonly ldap?: Readonly<Record<string, string>> | undefined;
  readonly oidc?: Readonly<Record<string, string>> | undefined;
}

/** Sign-in services beside Headgate's own passwords, and who of them is which user (hdp.md §4.9, §5.7). */
export interface SignInDirectory {
  readonly services: {
    numbered(principal: Principal): Promise<readonly { readonly number: number; readonly service: SignInService }[]>;
    create(principal: Principal, input: SignInServiceInput): Promise<{ readonly name: string }>;
    update(principal: Principal, name: string, patch: Omit<SignInServiceInput, 'kind' | 'tenant'>): Promise<unknown>;
    remove(principal: Principal, name: string): Promise<unknown>;
  };
  readonly links: {
    ofUser(principal: Principal, username: string): Promise<readonly { serviceId: number; login: string }[]>;
    replace(
      principal: Principal,
      username: string,
      links: readonly { readonly serviceId: number; readonly login: string }[],
    ): Promise<void>;
  };
}

export interface HdpServices {
  readonly identity: Identity;
  readonly access: Access;
  readonly shares: Shares;
  readonly limits: Limits;
  readonly sources: Sources;
  readonly doorSources: DoorSources;
  readonly groupMembers: GroupMembers;
  readonly catalog: CatalogStore;
  readonly audit: AuditLog;
  readonly usage: UsageMeters;
  readonly connectors: Connectors;
  readonly gateway: Gateway;
  /** Absent where there are only Headgate's own passwords. */
  readonly signIn?: SignInDirectory | undefined;
  readonly log: Logger;
  readonly now: () => Date;
  /** Requests of one user. */
  readonly userLimiter: RateLimiter;
  /** Failed sign-ins from one address. */
  readonly signInLimiter: RateLimiter;
  readonly settings: { readonly publicUrl?: string | undefined; readonly lockoutPeriodSeconds: number };
  readonly version: string;
}
