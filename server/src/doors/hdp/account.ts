/** The own account (hdp.md §4.8). */
import { Permission } from '../../domain/identity/permissions.ts';
import { hdpPermissions } from './datasources.ts';
import { optionalTimestamp } from './present.ts';
import type { Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'account';

export function registerAccount(routes: Routes, { identity }: HdpServices): void {
  const { users } = identity;
  routes.add(
    { method: 'GET', path: '/api/mgmt/user', id: 'getOwnUser', tag, summary: 'Who one is.', behalf: [] },
    async ({ principal: { actor, subject, ...rest } }) => {
      // Whoever acts for somebody may see this one's account.
      const account = await users.account({ ...rest, actor: subject, subject }, { id: subject.id });
      return {
        userId: account.id,
        passwordExpiration: optionalTimestamp(account.passwordExpiresAt),
        permissions: hdpPermissions(account.effectivePermissions),
        ...(actor === subject ? {} : { userName: account.username }),
      };
    },
  );
  routes.add(
    {
      method: 'GET',
      path: '/api/mgmt/permissions',
      id: 'getOwnPermissions',
      tag,
      summary: 'What one may.',
      behalf: [],
    },
    async ({ principal: { subject, ...rest } }) => {
      const account = await users.account({ ...rest, actor: subject, subject }, { id: subject.id });
      return { userId: account.id, permissions: hdpPermissions(account.effectivePermissions) };
    },
  );
  routes.add(
    {
      method: 'PUT',
      path: '/api/admin/userdetails/changePassword',
      id: 'changePassword',
      tag,
      summary: 'Change the own password.',
      needs: [Permission.changePassword],
      whilePasswordDue: true,
      body: true,
    },
    async ({ principal, payload }) => {
      const body = payload();
      const next = body.text('newPassword', 128);
      await users.changeOwnPassword(principal, body.optionalText('currentPassword', 1024), next);
      const account = await users.account(principal, { id: principal.actor.id });
      return { passwordStatus: 1, passwordExpiration: optionalTimestamp(account.passwordExpiresAt) };
    },
  );
}
