/** Whom a source is shared with: exactly one of a user, a group or a tenant. */
import type { Command } from 'commander';
import { path } from '../api.ts';
import { usageError } from '../exit.ts';

export interface SubjectOptions {
  user?: string;
  group?: string;
  tenant?: string;
}

export interface ShareView {
  readonly subject: { readonly type: string; readonly name: string };
  readonly permissions: readonly string[];
  readonly expiresAt: string | null;
  readonly credential?: string | null;
  readonly createdBy?: string | null;
  readonly updatedAt?: string;
}

export function withSubject(command: Command): Command {
  return command
    .option('--user <username>', 'a user')
    .option('--group <name>', 'a group')
    .option('--tenant <slug>', 'everybody of a tenant');
}

/** The share's path: `/sources/{name}/shares/{users|groups|tenants}/{subject}`. */
export function sharePath(source: string, options: SubjectOptions): string {
  const named = [
    ['users', options.user],
    ['groups', options.group],
    ['tenants', options.tenant],
  ].filter((pair): pair is [string, string] => pair[1] !== undefined);
  const [subject] = named;
  if (subject === undefined || named.length > 1) {
    throw usageError('Name one subject: --user, --group or --tenant.');
  }
  return `/sources${path(source)}/shares${path(...subject)}`;
}

/** `user ben`. */
export function describeSubject(share: ShareView): string {
  return `${share.subject.type} ${share.subject.name}`;
}
