/** Data sources: register, read, change, delete, bring back. */

import type { Store } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { SourceFacts } from '../access/facts.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { Page, PageRequest } from '../paging.ts';
import type {
  BlastRadius,
  ConnectSettings,
  EngineFacts,
  LeaseHolder,
  ResolvedCredential,
  SourceFilter,
  SourceInput,
  SourcePatch,
  SourceView,
} from './model.ts';

export interface SourcesDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly engines: EngineFacts;
  readonly clock: Clock;
}

export interface ChangeOptions {
  /** The version that the caller saw; another one → PreconditionError `stale_version` with `currentVersion`. */
  readonly ifMatch?: number;
}

export class Sources {
  constructor(_deps: SourcesDeps) {}
  create(_principal: Principal, _input: SourceInput): Promise<SourceView> {
    throw new Error('not built yet');
  }
  get(_principal: Principal, _nameOrUid: string): Promise<SourceView> {
    throw new Error('not built yet');
  }
  list(_principal: Principal, _filter: SourceFilter, _page: PageRequest): Promise<Page<SourceView>> {
    throw new Error('not built yet');
  }
  update(
    _principal: Principal,
    _nameOrUid: string,
    _patch: SourcePatch,
    _options?: ChangeOptions,
  ): Promise<SourceView> {
    throw new Error('not built yet');
  }
  remove(_principal: Principal, _nameOrUid: string, _options?: ChangeOptions): Promise<void> {
    throw new Error('not built yet');
  }
  undelete(_principal: Principal, _nameOrUid: string): Promise<SourceView> {
    throw new Error('not built yet');
  }
  preview(_principal: Principal, _nameOrUid: string, _operation: 'update', _patch: SourcePatch): Promise<BlastRadius>;
  preview(_principal: Principal, _nameOrUid: string, _operation: 'delete'): Promise<BlastRadius>;
  preview(): Promise<BlastRadius> {
    throw new Error('not built yet');
  }
  leases(_principal: Principal, _nameOrUid: string): Promise<LeaseHolder[]> {
    throw new Error('not built yet');
  }
  connectSettings(_facts: SourceFacts, _credential: ResolvedCredential): Promise<ConnectSettings> {
    throw new Error('not built yet');
  }
  recordProbe(_sourceId: number, _ok: boolean, _code: string | null, _serverVersion: string | null): Promise<void> {
    throw new Error('not built yet');
  }
}
