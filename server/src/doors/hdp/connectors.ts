/** Connectors: the registry and its access lists (hdp.md §4.13). */
import type { Connector } from '../../domain/connectors/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import { created, type Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'connectors';
const base = '/api/mgmt/connectors';

function present(connector: Connector): Record<string, unknown> {
  return {
    connectorID: connector.uid,
    label: connector.label,
    version: connector.version ?? '',
    owner: connector.owner,
    tenantName: connector.tenantName,
  };
}

export function registerConnectors(routes: Routes, { connectors }: HdpServices): void {
  const behalf: number[] = [];
  routes.add(
    { method: 'GET', path: base, id: 'listConnectors', tag, summary: 'Connectors of an account.', behalf },
    async ({ principal, query }) => {
      const found = await connectors.list(principal, query.get('accessible') === 'true' ? 'accessible' : 'owned');
      if (query.get('details') === 'true') return { connectors: found.map(present) };
      return { connectorIDs: found.map((connector) => connector.uid) };
    },
  );
  routes.add(
    {
      method: 'POST',
      path: base,
      id: 'createConnector',
      tag,
      summary: 'Register a connector, or a group with members.',
      behalf,
      body: true,
    },
    async (call) => {
      const payload = call.payload();
      const connector = await connectors.create(call.principal, {
        label: payload.text('label', 128),
        version: payload.optionalText('version', 64),
        members: payload.get('members') === undefined ? undefined : payload.texts('members', 64),
      });
      return created(call, `${base}/${connector.uid}`, present(connector));
    },
  );
  const one = `${base}/:connector`;
  routes.add({ method: 'GET', path: one, id: 'getConnector', tag, summary: 'One connector.', behalf }, async (call) =>
    present(await connectors.get(call.principal, call.text('connector'))),
  );
  routes.add(
    { method: 'PUT', path: one, id: 'updateConnector', tag, summary: 'Rename it.', behalf, body: true },
    async (call) => {
      await connectors.get(call.principal, call.text('connector'));
      return present(
        await connectors.rename(call.principal, call.text('connector'), call.payload().text('label', 128)),
      );
    },
  );
  const users = `${one}/authuser`;
  routes.add(
    { method: 'GET', path: users, id: 'listConnectorUsers', tag, summary: 'Who may use it.', behalf },
    async (call) => ({
      users: (await connectors.get(call.principal, call.text('connector'))).users,
    }),
  );
  for (const [method, mode, id] of [
    ['POST', 'add', 'addConnectorUsers'],
    ['PUT', 'replace', 'putConnectorUsers'],
  ] as const) {
    routes.add({ method, path: users, id, tag, summary: 'All or none.', behalf, body: true }, async (call) => {
      await connectors.get(call.principal, call.text('connector'));
      const names = call.payload().texts('users', 128);
      return { users: (await connectors.setUsers(call.principal, call.text('connector'), names, mode)).users };
    });
  }
  routes.add(
    { method: 'DELETE', path: users, id: 'deleteConnectorUsers', tag, summary: 'Nobody but its owner.', behalf },
    async (call) => {
      await connectors.setUsers(call.principal, call.text('connector'), [], 'replace');
    },
  );
  const members = `${one}/members`;
  routes.add(
    { method: 'GET', path: members, id: 'listConnectorMembers', tag, summary: 'Members of a group.', behalf },
    async (call) => ({
      members: (await connectors.get(call.principal, call.text('connector'))).members,
    }),
  );
  routes.add(
    { method: 'POST', path: members, id: 'putConnectorMembers', tag, summary: 'Replace them.', behalf, body: true },
    async (call) => {
      await connectors.get(call.principal, call.text('connector'));
      const uids = call.payload().texts('members', 64);
      return { members: (await connectors.setMembers(call.principal, call.text('connector'), uids)).members };
    },
  );
  const administrator = { needs: [Permission.administrator] };
  routes.add(
    {
      method: 'GET',
      path: '/api/admin/connectors',
      id: 'listAllConnectors',
      tag,
      summary: 'All connectors.',
      ...administrator,
    },
    async ({ principal, query }) => {
      const wanted = [...query].filter(([name]) => name !== 'details');
      const all = (await connectors.all(principal)).map(present);
      return { connectors: all.filter((connector) => wanted.every(([name, value]) => connector[name] === value)) };
    },
  );
  routes.add(
    {
      method: 'GET',
      path: '/api/admin/connector/:connector',
      id: 'getAnyConnector',
      tag,
      summary: 'One of all.',
      ...administrator,
    },
    async (call) => present(await connectors.get(call.principal, call.text('connector'))),
  );
}
