/** What the caller may do in a workspace; the server decides. */
import type { Workspace } from '@headgate/client';

/** Members, settings, milestones: whoever owns it, and administrators. */
export function mayOwn({ rights, archivedAt }: Workspace): boolean {
  return archivedAt === null && rights.includes('admin');
}

/** Files, notes, logins: whoever works in it. */
export function mayWork({ member, rights, archivedAt }: Workspace): boolean {
  return archivedAt === null && (member || rights.includes('admin'));
}
