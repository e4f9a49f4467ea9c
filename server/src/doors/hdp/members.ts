/** Members of group data sources (hdp.md §4.2). */
import { Permission } from '../../domain/identity/permissions.ts';
import { membersOf } from './datasources.ts';
import type { Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'members';
const path = '/api/mgmt/datasources/:datasource/members';

export function registerMembers(routes: Routes, { doorSources, groupMembers }: HdpServices): void {
  const behalf = [Permission.modifySource];
  routes.add(
    {
      method: 'GET',
      path,
      id: 'listMembers',
      tag,
      summary: 'The members of a group.',
      behalf: [Permission.viewSource],
    },
    async (call) => {
      const facts = await doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.view');
      const members = await groupMembers.of(facts);
      return { members: members.map(({ id, prefix }) => ({ id, entityPrefix: prefix })) };
    },
  );
  for (const [method, mode, id] of [
    ['POST', 'add', 'addMembers'],
    ['PUT', 'replace', 'putMembers'],
  ] as const) {
    routes.add(
      { method, path, id, tag, summary: mode === 'add' ? 'Add members.' : 'Replace all members.', behalf, body: true },
      async (call) => {
        const facts = await doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.modify');
        await groupMembers.set(call.principal, facts, membersOf(call.payload()), mode);
        return { success: true };
      },
    );
  }
  routes.add(
    { method: 'DELETE', path: `${path}/:member`, id: 'deleteMember', tag, summary: 'Remove a member.', behalf },
    async (call) => {
      const facts = await doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.modify');
      await groupMembers.drop(call.principal, facts, call.id('member'));
    },
  );
}
