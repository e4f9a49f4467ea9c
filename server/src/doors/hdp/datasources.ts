/** Data sources, their model and their permissions (hdp.md §4.1). */
import type { SourceFacts } from '../../domain/access/index.ts';
import { SourceError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import type { DoorDefinition, DoorEntry, JsonObject, ListedSource, SourceInput } from '../../domain/sources/index.ts';
import type { Payload } from './body.ts';
import { HdpError, invalidProperty, lacking } from './errors.ts';
import {
  checkedOptions,
  type HdpData,
  keptSecrets,
  presentOptions,
  type ReadOptions,
  readOptions,
  replacing,
} from './options.ts';
import { created, type HdpCall, type Routes } from './routes.ts';
import type { HdpServices } from './services.ts';
import { type DataStore, dataStores, groupStore, storeOfEngine } from './stores.ts';

const tag = 'datasources';
const base = '/api/mgmt/datasources';
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;
const connectionTypes: ReadonlySet<string> = new Set(['Cloud', 'Hybrid', 'Group']);

/** What this door keeps, as it was written by `dataOf`. */
function hdpData(data: JsonObject | null): HdpData | null {
  return data === null || typeof data.dataStore !== 'number' ? null : (data as unknown as HdpData);
}

function storeNumber(
  source: { readonly data: JsonObject | null; readonly isGroup: boolean },
  engine: string | null,
): number {
  if (source.isGroup) return groupStore;
  // Another engine than at the time of writing: the door's word no longer holds.
  return engine === null ? (hdpData(source.data)?.dataStore ?? storeOfEngine(null)) : storeOfEngine(engine);
}

/** Shows who else has a share, and who it came from, only when asked and only when so. */
function shareFlags(owned: boolean, shared: boolean, details: boolean): object {
  if (!details) return {};
  if (!owned) return { sharedByAnotherUser: true };
  return shared ? { sharedWithAnotherUser: true } : {};
}

export function presentListed(source: ListedSource, subjectId: number, details: boolean): Record<string, unknown> {
  return {
    id: String(source.id),
    name: source.name,
    dataStore: storeNumber({ data: source.data, isGroup: source.is_group }, source.engine),
    isGroup: source.is_group,
    description: source.description ?? '',
    ...shareFlags(source.owner_id === subjectId, source.shared, details),
  };
}

class DataSources {
  readonly #services: HdpServices;

  constructor(services: HdpServices) {
    this.#services = services;
  }

  present(source: DoorDefinition, principal: Principal, details: boolean): Record<string, unknown> {
    const data = hdpData(source.data);
    const { definition } = source.current;
    return {
      id: String(source.id),
      name: source.name,
      dataStore: storeNumber(source, definition.engine),
      connectionType: source.isGroup ? 'Group' : (data?.connectionType ?? 'Cloud'),
      isGroup: source.isGroup,
      description: definition.description ?? '',
      options: presentOptions(source, data, this.#services.gateway.engineFacts()),
      ...(source.isGroup ? { members: source.members.map(({ id, prefix }) => ({ id, entityPrefix: prefix })) } : {}),
      ...(definition.permissions === null ? {} : { permissions: definition.permissions.filter((id) => id < 100) }),
      ...shareFlags(source.ownerId === principal.subject.id, source.shared, details),
    };
  }

  async create(call: HdpCall): Promise<Record<string, unknown>> {
    const { principal } = call;
    const { access, doorSources, gateway, groupMembers } = this.#services;
    access.authoriseCreate(principal);
    const payload = call.payload();
    const name = nameOf(payload);
    const store = this.#storeOf(payload.id('dataStore'));
    const connectionType = connectionTypeOf(payload, store);
    const options = readOptions(checkedOptions(payload.get('options')), store, gateway.engineFacts());
    const permissions = restrictionOf(payload, call);
    const members = store.isGroup && payload.get('members') !== undefined ? membersOf(payload) : [];
    const description = payload.optionalText('description');
    const input: SourceInput = {
      ...withoutNulls(options.shared),
      name,
      engine: store.engine,
      ...(description === undefined ? {} : { description }),
      ...(permissions === undefined || permissions === null ? {} : { permissions }),
    };
    const entry: DoorEntry = {
      door: 'hdp',
      name: { scope: String(principal.subject.id), name },
      data: dataOf(store, connectionType, options),
      secrets: options.secrets,
    };
    const made = await doorSources.create(principal, input, entry, store.isGroup ? 'group' : 'simple');
    if (members.length === 0) return this.present(made, principal, false);
    const facts = await access.resolve(principal, { id: made.id });
    try {
      await groupMembers.set(principal, facts, members, 'replace');
    } catch (error) {
      // A group whose members are refused is not made.
      await this.#services.sources.remove(principal, { id: made.id });
      throw error;
    }
    return this.present({ ...made, members }, principal, false);
  }

  async replace(call: HdpCall): Promise<Record<string, unknown>> {
    const { principal } = call;
    const { doorSources, gateway, access, groupMembers } = this.#services;
    const id = call.id('datasource');
    const facts = await doorSources.admit(principal, { id }, 'source.modify');
    const payload = call.payload();
    const name = nameOf(payload);
    const description = payload.optionalText('description') ?? null;
    const written = checkedOptions(payload.get('options'));
    const restriction = restrictionOf(payload, call);
    if (payload.get('id') !== undefined && payload.id('id') !== id) throw unchangeable('id');
    const replaced = await doorSources.replace(principal, facts, 'hdp', (now, stored) => {
      const data = hdpData(now.data);
      const number = storeNumber(now, now.current.definition.engine);
      if (payload.get('dataStore') !== undefined && payload.id('dataStore') !== number) throw unchangeable('dataStore');
      const store = this.#storeOf(number);
      const connectionType = now.isGroup ? 'Group' : (data?.connectionType ?? 'Cloud');
      const sent = payload.optionalText('connectionType');
      if (sent !== undefined && sent !== connectionType) throw unchangeable('connectionType');
      const options = readOptions(written, store, gateway.engineFacts());
      const logging: JsonObject = data?.logging === undefined ? {} : { logging: data.logging };
      return {
        patch: { ...replacing(options.shared, now), description },
        entry: {
          door: 'hdp',
          ...(name === now.name ? {} : { name: { scope: String(now.ownerId), name } }),
          data: { ...dataOf(store, connectionType, options), ...logging },
          secrets: keptSecrets(options.secrets, stored),
        },
      };
    });
    if (restriction !== undefined) await doorSources.restrict(principal, id, restriction);
    if (facts.source.isGroup && payload.get('members') !== undefined) {
      await groupMembers.set(principal, facts, membersOf(payload), 'replace');
    }
    // Who may change but not see gets no definition back.
    if (!access.permissionsOn(principal, facts).includes(Permission.viewSource)) return { id: String(id), name };
    return this.present(replaced, principal, false);
  }

  #storeOf(id: number): DataStore {
    const facts = this.#services.gateway.engineFacts();
    const store = dataStores(facts).find((one) => one.id === id);
    if (store === undefined || (store.engine !== null && !facts.engineAvailable(store.engine))) {
      throw invalidProperty('dataStore');
    }
    return store;
  }
}

function dataOf(store: DataStore, connectionType: string, options: ReadOptions): JsonObject {
  return { dataStore: store.id, connectionType, options: options.words };
}

function withoutNulls(patch: ReadOptions['shared']): Partial<SourceInput> {
  const { tls, ...rest } = patch;
  const said = (of: object) => Object.fromEntries(Object.entries(of).filter(([, value]) => value !== null));
  return { ...said(rest), ...(tls === undefined || tls === null ? {} : { tls: said(tls) }) };
}

function nameOf(payload: Payload): string {
  const name = payload.text('name', 128);
  if (!namePattern.test(name)) throw payload.invalid('name');
  return name;
}

function connectionTypeOf(payload: Payload, store: DataStore): string {
  const type = payload.text('connectionType', 16);
  if (!connectionTypes.has(type) || (type === 'Group') !== store.isGroup) throw payload.invalid('connectionType');
  return type;
}

/** The owner's restriction: only an administrator who acts for the owner says it; null takes it away (§8.8). */
function restrictionOf(payload: Payload, call: HdpCall): number[] | null | undefined {
  if (payload.get('permissions') === undefined) return payload.has('permissions') && call.behalf ? null : undefined;
  if (!call.behalf) throw payload.invalid('permissions');
  return payload.sourcePermissions('permissions');
}

function unchangeable(name: string): HdpError {
  return new HdpError(400, 900000009, `The property '${name}' cannot be changed.`);
}

export function membersOf(payload: Payload): { id: number; prefix: string }[] {
  return payload.objects('members').map((member) => ({ id: member.id('id'), prefix: member.text('entityPrefix', 64) }));
}

export function registerDataSources(routes: Routes, services: HdpServices): void {
  const { access, doorSources, sources } = services;
  const sourcesOf = new DataSources(services);
  const one = `${base}/:datasource`;
  const view = { behalf: [Permission.viewSource] };

  routes.add(
    { method: 'GET', path: base, id: 'listDataSources', tag, summary: 'The data sources of an account.', ...view },
    async ({ principal, query }) => {
      const type = query.get('type') ?? 'all';
      if (!['all', 'simple', 'group'].includes(type)) throw invalidProperty('type');
      const member = query.get('member');
      const isOData = query.get('isOData');
      const details = query.get('details') === 'true';
      const listed = await doorSources.list(principal, 'hdp', {
        ...(type === 'all' ? {} : { kind: type as 'simple' | 'group' }), // one of the words above
        ...(member === undefined || member === '' ? {} : { memberId: memberNumber(member) }),
        optionNames: isOData !== undefined,
        shares: details,
      });
      // Who may view nothing of the own, and is shown nothing of others, lacks the permission.
      if (listed.length === 0 && !mayView(principal)) throw lacking();
      const mapped = (source: ListedSource) => source.option_names?.includes('ODataSchemaMap') === true;
      const wanted =
        isOData === undefined ? listed : listed.filter((source) => mapped(source) === (isOData === 'true'));
      return { dataSources: wanted.map((source) => presentListed(source, principal.subject.id, details)) };
    },
  );
  routes.add(
    {
      method: 'POST',
      path: base,
      id: 'createDataSource',
      tag,
      summary: 'Create a data source.',
      behalf: [Permission.createSource],
      body: true,
    },
    async (call) => {
      const made = await sourcesOf.create(call);
      return created(call, `${base}/${String(made.id)}`, made);
    },
  );
  routes.add(
    { method: 'GET', path: one, id: 'getDataSource', tag, summary: 'Read a data source.', ...view },
    async (call) => {
      const { principal, query } = call;
      const found = await doorSources.definition(principal, { id: call.id('datasource') }, 'hdp');
      return sourcesOf.present(found, principal, query.get('details') === 'true');
    },
  );
  routes.add(
    {
      method: 'PUT',
      path: one,
      id: 'updateDataSource',
      tag,
      summary: 'Replace a data source.',
      behalf: [Permission.modifySource],
      body: true,
    },
    (call) => sourcesOf.replace(call),
  );
  routes.add(
    {
      method: 'DELETE',
      path: one,
      id: 'deleteDataSource',
      tag,
      summary: 'Delete a data source, for everybody.',
      behalf: [Permission.deleteSource],
    },
    async (call) => {
      const id = call.id('datasource');
      await doorSources.admit(call.principal, { id }, 'source.delete');
      await sources.remove(call.principal, { id });
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${one}/permissions`,
      id: 'getDataSourcePermissions',
      tag,
      summary: "The caller's permissions.",
      ...view,
    },
    async (call) => {
      const facts = await doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.view');
      return { permissions: hdpPermissions(access.permissionsOn(call.principal, facts)) };
    },
  );
  routes.add(
    {
      method: 'PUT',
      path: `${one}/permissions`,
      id: 'putDataSourcePermissions',
      tag,
      summary: 'Restrict what the owner may do; only for the owner named in `user`.',
      behalf: [Permission.managementApi, Permission.onBehalfOf, Permission.modifySource],
      body: true,
    },
    async (call) => {
      const id = call.id('datasource');
      if (!call.behalf) throw lacking();
      await doorSources.mayRestrict(call.principal, id);
      const payload = call.payload();
      if (!payload.has('permissions')) throw payload.invalid('permissions');
      const permissions = payload.get('permissions') === undefined ? null : payload.sourcePermissions('permissions');
      return { permissions: await doorSources.restrict(call.principal, id, permissions) };
    },
  );
  registerTest(routes, services);
}

/** Permissions that this protocol knows, of the effective set. */
export function hdpPermissions(ids: Iterable<number>): number[] {
  return [...ids].filter((id) => id < 100).sort((a, b) => a - b);
}

function mayView({ actor: { permissions } }: Principal): boolean {
  return permissions.has(Permission.viewSource) || permissions.has(Permission.administrator);
}

function memberNumber(text: string): number {
  return /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : 0;
}

function registerTest(routes: Routes, services: HdpServices): void {
  const { doorSources, gateway } = services;
  routes.add(
    {
      method: 'POST',
      path: `${base}/:datasource/test`,
      id: 'testDataSource',
      tag,
      summary: 'Try to connect.',
      behalf: [Permission.viewSource],
      body: true,
    },
    async (call) => {
      const { principal, signal } = call;
      const facts = await doorSources.admit(principal, { id: call.id('datasource') }, 'source.test');
      if (facts.source.isGroup) throw new HdpError(400, 900000012, 'Group data sources do not support this operation.');
      const payload = call.payload();
      const username = payload.optionalText('user');
      const password = payload.optionalText('password');
      if ((username === undefined) !== (password === undefined)) {
        throw payload.invalid(username === undefined ? 'user' : 'password');
      }
      const overrides = username === undefined ? {} : { username, password: password ?? '' };
      await testOnce(gateway, principal, facts, overrides, signal);
      return { success: true };
    },
  );
}

async function testOnce(
  gateway: HdpServices['gateway'],
  principal: Principal,
  facts: SourceFacts,
  overrides: { username?: string; password?: string },
  signal: AbortSignal,
): Promise<void> {
  const report = await gateway
    .test(principal, { saved: facts.source.uid, overrides }, signal)
    .catch((error: unknown) => {
      if (isMissingCredential(error)) throw new HdpError(400, 222207028, "Missing 'userId' in payload.");
      throw error;
    });
  if (report.ok) return;
  const failed = report.stages.at(-1);
  throw new SourceError('test_failed', failed?.message ?? 'The connection failed.');
}

function isMissingCredential(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'credential_missing';
}
