/** Submit, read, cancel jobs; read their outputs. */
import type { Readable } from 'node:stream';
import type { Store } from '../../platform/database/index.ts';
import type { Queue } from '../../platform/queue/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Principal } from '../identity/principal.ts';
import type { Page, PageRequest } from '../paging.ts';
import type { JobFilter, JobInput, JobOutputView, JobView } from './model.ts';
import type { ObjectStore } from './objects.ts';

export interface JobServiceDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly queue: Queue;
  readonly objects: ObjectStore;
  readonly config: { readonly jobMaxAttempts: number };
}

export interface OpenedOutput extends JobOutputView {
  /** The plaintext; destroy it when it is not wanted any more. Errors when the stored file was touched. */
  readonly stream: Readable;
}

export class JobService {
  constructor(_deps: JobServiceDeps) {}
  create(_principal: Principal, _input: JobInput): Promise<JobView> {
    throw new Error('not built yet');
  }
  get(_principal: Principal, _uid: string): Promise<JobView> {
    throw new Error('not built yet');
  }
  list(_principal: Principal, _filter: JobFilter, _page: PageRequest): Promise<Page<JobView>> {
    throw new Error('not built yet');
  }
  cancel(_principal: Principal, _uid: string): Promise<JobView> {
    throw new Error('not built yet');
  }
  outputs(_principal: Principal, _uid: string): Promise<readonly JobOutputView[]> {
    throw new Error('not built yet');
  }
  openOutput(_principal: Principal, _uid: string, _name: string): Promise<OpenedOutput> {
    throw new Error('not built yet');
  }
}
