/** Data sources, and the pairs of persons for them (chorus.md §3.2, §3.3). */
import type { PairInput, TeamSourceInput } from '../../domain/workspaces/index.ts';
import { listed, pageOf } from './paging.ts';
import { attributesOf, booleanOf, type Fields, idOf, listOf, plainText, textOf } from './params.ts';
import { presentAccount, presentSource, presentSourceShort } from './present.ts';
import { enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

const root = '/data_sources';

function readSource(params: Fields): TeamSourceInput {
  const fields = attributesOf(params, 'data_source');
  const port = fields.port;
  return {
    entityType: plainText(fields.entity_type),
    name: plainText(fields.name),
    host: plainText(fields.host),
    port: typeof port === 'number' || port === null ? port : textOf(port),
    dbName: textOf(fields.db_name),
    dbUsername: plainText(fields.db_username),
    dbPassword: plainText(fields.db_password),
    description: textOf(fields.description),
    shared: booleanOf(fields.shared),
    ssl: booleanOf(fields.ssl),
    isHawq: booleanOf(fields.is_hawq),
    state: plainText(fields.state),
    isPublic: booleanOf(fields.public),
  };
}

/** A pair: absent keeps what is stored, empty is blank. */
export function readPair(params: Fields): PairInput & { readonly unchecked: boolean } {
  const fields = attributesOf(params, 'account');
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return value === undefined ? undefined : (textOf(value) ?? '');
  };
  return {
    username: text('db_username'),
    password: text('db_password'),
    unchecked: booleanOf(fields.incomplete) === true,
  };
}

/** A representation that was read and comes back says nothing new about state and pair. */
function changesOf(params: Fields): TeamSourceInput {
  const { entityType: _kind, shared: _shared, ...change } = readSource(params);
  const told = change.state === 'online' || change.state === 'offline' ? { ...change, state: undefined } : change;
  return told.dbPassword === undefined ? { ...told, dbUsername: undefined } : told;
}

export function registerDataSources(routes: Routes, { sources }: ChorusServices): void {
  const tag = 'data sources';
  routes.add(
    { method: 'GET', path: root, id: 'listDataSources', tag, summary: 'Data sources.' },
    async ({ principal, params }) => {
      const page = pageOf(params);
      const types = listOf(params.entity_type).flatMap((type) => textOf(type) ?? []);
      const filter = {
        ...(types.length === 0 ? {} : { entityTypes: types }),
        all: params.all !== undefined,
        filterDisabled: booleanOf(params.filter_disabled) === true,
      };
      const found = await sources.list(principal, filter, page);
      return booleanOf(params.succinct) === true
        ? listed(page, found, presentSourceShort)
        : listed(page, found, presentSource);
    },
  );
  routes.add(
    { method: 'POST', path: root, id: 'createDataSource', tag, summary: 'Register a data source.', status: 201 },
    async ({ principal, params }) => enveloped(presentSource(await sources.create(principal, readSource(params)))),
  );
  routes.add(
    { method: 'GET', path: `${root}/:id`, id: 'getDataSource', tag, summary: 'One data source.' },
    async ({ principal, id }) => enveloped(presentSource(await sources.get(principal, id('id')))),
  );
  routes.add(
    { method: 'PUT', path: `${root}/:id`, id: 'updateDataSource', tag, summary: 'Change a data source.' },
    async ({ principal, params, id }) =>
      enveloped(presentSource(await sources.update(principal, id('id'), changesOf(params)))),
  );
  routes.add(
    { method: 'DELETE', path: `${root}/:id`, id: 'deleteDataSource', tag, summary: 'Delete a data source.' },
    async ({ principal, id }) => {
      await sources.remove(principal, id('id'));
      return {};
    },
  );
  routes.add(
    {
      method: 'PUT',
      path: `${root}/:id/owner`,
      id: 'changeDataSourceOwner',
      tag,
      summary: 'Give it to somebody else.',
    },
    async ({ principal, params, id }) => {
      const owner = attributesOf(params, 'owner');
      return enveloped(presentSource(await sources.changeOwner(principal, id('id'), idOf(owner.id))));
    },
  );
  routes.add(
    {
      method: 'POST',
      path: `${root}/:id/sharing`,
      id: 'shareDataSource',
      tag,
      summary: 'One pair for everybody.',
      status: 201,
    },
    async ({ principal, id }) => enveloped(presentSource(await sources.share(principal, id('id')))),
  );
  routes.add(
    { method: 'DELETE', path: `${root}/:id/sharing`, id: 'unshareDataSource', tag, summary: 'To each his own pair.' },
    async ({ principal, id }) => enveloped(presentSource(await sources.unshare(principal, id('id')))),
  );
}

export function registerSourceAccounts(routes: Routes, { accounts }: ChorusServices): void {
  const tag = 'accounts';
  const own = `${root}/:id/account`;
  const members = `${root}/:id/members`;
  routes.add(
    { method: 'GET', path: own, id: 'getAccount', tag, summary: 'The pair that is mine.' },
    async ({ principal, id }) => {
      const account = await accounts.getOwn(principal, id('id'));
      return enveloped(account === null ? null : presentAccount(account));
    },
  );
  for (const method of ['POST', 'PUT'] as const) {
    const name = method === 'POST' ? 'createAccount' : 'updateAccount';
    const status = method === 'POST' ? 201 : 200;
    routes.add(
      { method, path: own, id: name, tag, summary: 'Store my pair.', status },
      async ({ principal, params, id }) => {
        const { account } = await accounts.putOwn(principal, id('id'), readPair(params));
        return enveloped(presentAccount(account));
      },
    );
  }
  routes.add(
    { method: 'DELETE', path: own, id: 'deleteAccount', tag, summary: 'Remove my pair.' },
    async ({ principal, id }) => {
      await accounts.removeOwn(principal, id('id'));
      return {};
    },
  );
  routes.add(
    { method: 'GET', path: members, id: 'listAccounts', tag, summary: 'Every pair of a data source.' },
    async ({ principal, params, id }) => {
      const page = pageOf(params);
      return listed(page, await accounts.listOfSource(principal, id('id'), page), presentAccount);
    },
  );
  routes.add(
    { method: 'POST', path: members, id: 'addAccount', tag, summary: 'Give somebody a pair.', status: 201 },
    async ({ principal, params, id }) => {
      const owner = idOf(attributesOf(params, 'account').owner_id);
      return enveloped(presentAccount(await accounts.addMember(principal, id('id'), owner, readPair(params))));
    },
  );
  routes.add(
    { method: 'PUT', path: `${members}/:account`, id: 'changeAccount', tag, summary: 'Change a pair.' },
    async ({ principal, params, id }) =>
      enveloped(presentAccount(await accounts.updateMember(principal, id('id'), id('account'), readPair(params)))),
  );
  routes.add(
    { method: 'DELETE', path: `${members}/:account`, id: 'removeAccount', tag, summary: 'Remove a pair.' },
    async ({ principal, id }) => {
      await accounts.removeMember(principal, id('id'), id('account'));
      return {};
    },
  );
}
