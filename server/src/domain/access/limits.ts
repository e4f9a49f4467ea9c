/** Limits at four levels: system, tenant, user, source (decisions.md 30). */
import type { Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { Access } from './access.ts';
import type { SourceFacts } from './facts.ts';

export interface LimitsDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

export type LimitLevel = 'system' | 'tenant' | 'user' | 'source';

/** Headgate's own caps of one query. */
export const limitNames = ['maxRows', 'maxBytes', 'timeoutMs'] as const;
export type LimitName = (typeof limitNames)[number];

/** The lowest value over all levels; 0 = none is set. */
export interface EffectiveLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export interface LimitInput {
  readonly level: LimitLevel;
  /** Tenant slug, user name, or source name or uid; absent for `system`. */
  readonly subject?: string | undefined;
  readonly name: string;
  /** A whole number > 0; null removes the limit. */
  readonly value: number | null;
}

export interface LimitView {
  readonly level: LimitLevel;
  readonly subject: string | null;
  readonly name: string;
  readonly value: number;
  readonly updatedAt: Date;
}

export class Limits {
  constructor(_deps: LimitsDeps) {}

  /** The limits that hold for this caller on this source: the minimum of all levels. Cached like facts. */
  effectiveLimits(_facts: SourceFacts, _principal: Principal): Promise<EffectiveLimits> {
    throw new Error('not built yet');
  }

  /** Sets or removes one limit. */
  set(_principal: Principal, _input: LimitInput): Promise<LimitView | null> {
    throw new Error('not built yet');
  }

  /** The limits that the caller may see: its own and those it may set. */
  list(_principal: Principal): Promise<LimitView[]> {
    throw new Error('not built yet');
  }
}
