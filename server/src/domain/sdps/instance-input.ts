/** What requests say of an instance (sdps.md §4.1). */
import type { Editable } from './instance-rows.ts';

/** The four fields that address an instance. */
export interface InstanceKey {
  readonly instance_id: string | null;
  readonly account_provider_id: number | null;
  readonly account_id: string | null;
  readonly region: string | null;
}

export type InstanceInput = InstanceKey & { readonly [name in Editable]: string | null } & {
  readonly password: string | null;
};

export interface Pair {
  readonly username: string;
  readonly password: string;
}

/** What is shown instead of a password, and keeps the stored one when it comes back. */
export const passwordMask = '********';
