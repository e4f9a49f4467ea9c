/** Shares of data sources: who else may do what, exactly (hdp.md §6.1–6.5, decisions.md 3, 4, 7). */
import type { Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { Access } from './access.ts';
import type { CredentialKind } from './facts.ts';

export interface SharesDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

export type ShareSubjectType = 'user' | 'group' | 'tenant';

/** Whom a source is shared with: user by name, group by name (of the source's tenant), tenant by slug; or by id. */
export type ShareSubject =
  | { readonly type: ShareSubjectType; readonly name: string }
  | { readonly type: ShareSubjectType; readonly id: number };

export interface ShareInput {
  /** Permission ids; stored ascending without duplicates. Empty = the share exists and grants nothing. */
  readonly permissions: readonly number[];
  /** When it ends; null or absent = never. */
  readonly expiresAt?: Date | null | undefined;
  /** Pins the kind of credential to use under this share. */
  readonly credentialKind?: CredentialKind | null | undefined;
}

export interface ShareView {
  readonly subject: { readonly type: ShareSubjectType; readonly name: string; readonly id: number };
  readonly permissions: number[];
  readonly expiresAt: Date | null;
  readonly credentialKind: CredentialKind | null;
  /** User name; null when that user is gone. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

export class Shares {
  constructor(_deps: SharesDeps) {}

  /** All shares of a source, users first, then groups, then tenants, each by id. For owners and administrators. */
  list(_principal: Principal, _nameOrUid: string): Promise<ShareView[]> {
    throw new Error('not built yet');
  }

  /** One share. Throws NotFoundError `share_not_found`. */
  get(_principal: Principal, _nameOrUid: string, _subject: ShareSubject): Promise<ShareView> {
    throw new Error('not built yet');
  }

  /** Creates the share or replaces its whole content. */
  put(
    _principal: Principal,
    _nameOrUid: string,
    _subject: ShareSubject,
    _input: ShareInput,
  ): Promise<{ created: boolean; share: ShareView }> {
    throw new Error('not built yet');
  }

  /** Adds or replaces several shares, all or none; others stay (hdp POST). */
  add(
    _principal: Principal,
    _nameOrUid: string,
    _entries: readonly { subject: ShareSubject; input: ShareInput }[],
  ): Promise<ShareView[]> {
    throw new Error('not built yet');
  }

  /** Replaces a share's content; never creates one: NotFoundError `share_not_found` (hdp PUT). */
  replace(_principal: Principal, _nameOrUid: string, _subject: ShareSubject, _input: ShareInput): Promise<ShareView> {
    throw new Error('not built yet');
  }

  /** Ends one share. Throws NotFoundError `share_not_found`. */
  remove(_principal: Principal, _nameOrUid: string, _subject: ShareSubject): Promise<void> {
    throw new Error('not built yet');
  }

  /** Ends all shares, or all with one type of subject; needs delete (4). Returns how many there were. */
  removeAll(_principal: Principal, _nameOrUid: string, _type?: ShareSubjectType): Promise<number> {
    throw new Error('not built yet');
  }
}
