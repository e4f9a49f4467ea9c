/**
 * Data stores: the engines that Headgate has, with option lists made from the schemas that the native form uses, the pseudo
 * store of groups, and one kind that is stored but cannot run (hdp.md §4.5, §5.6; decisions.md 11).
 */
import type { engineFacts } from '../../gateway/index.ts';
import { notThere } from './errors.ts';
import type { Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

export const groupStore = 56;
const salesforceStore = 1;

/** Numbers of the engines; below 100 the vendor's own catalogue has its place. */
const engineStores: Readonly<Record<number, string>> = {
  101: 'postgresql',
  102: 'mysql',
  103: 'sqlserver',
  104: 'oracle',
  105: 'mongodb',
};

export interface OptionDescriptor {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly required: boolean;
  readonly secret: boolean;
  readonly default: string | null;
  readonly description: string;
}

export interface DataStore {
  readonly id: number;
  readonly name: string;
  readonly isGroup: boolean;
  /** null: stored, cannot run. */
  readonly engine: string | null;
  /** Its options; null = any names are kept. */
  readonly options: readonly OptionDescriptor[] | null;
}

type Facts = ReturnType<typeof engineFacts>;

const option = (name: string, description: string, more: Partial<OptionDescriptor> = {}): OptionDescriptor => ({
  name,
  type: 'string',
  required: false,
  secret: false,
  default: null,
  description,
  ...more,
});

/** What every relational source may carry for OData and the drivers; kept as they are (hdp.md §5.1, §7.2). */
const commonOptions: readonly OptionDescriptor[] = [
  option('ODataSchemaMap', 'Tables and columns that OData shows, as JSON.'),
  option('ODataVersion', 'OData version.', { default: '4' }),
  option('ODataPageSize', 'Entities of one page.', { type: 'integer', default: '2000' }),
  option('ODataNameMappingCase', 'Uppercase, Lowercase or Default.', { default: 'Default' }),
  option('ODataReadOnly', 'OData changes nothing.', { type: 'boolean', default: 'false' }),
  option('ODataIncludeBinaryLongData', 'Shows long binary columns.', { type: 'boolean' }),
  option('ODataIncludeCharacterLongData', 'Shows long text columns.', { type: 'boolean' }),
  option('ODataTopMode', 'What $top means for paging.'),
  option('ODataRefreshResult', 'Runs a query again for its first page.'),
  option('HDPMetadataExposedSchemas', 'The only schema that is shown.'),
  option('StmtCallLimit', 'Calls of one statement at most; kept for other products.', { type: 'integer' }),
];

const signIn: readonly OptionDescriptor[] = [
  option('User', 'User name on the server.'),
  option('Password', 'Its password.', { secret: true }),
];

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

interface OptionSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
}

/** The engine's own options by the name that this door gives them. */
export function engineOptions(
  facts: Facts,
  engine: string,
): ReadonlyMap<string, { name: string; schema: OptionSchema }> {
  const properties = (facts.optionsSchema(engine)?.properties ?? {}) as Readonly<Record<string, OptionSchema>>; // JSON Schema
  const taken = new Set(['Schema', 'Database', 'User', 'Password']);
  return new Map(
    Object.entries(properties).map(([name, schema]) => {
      const called = capitalised(name);
      return [taken.has(called) ? `Engine${called}` : called, { name, schema }];
    }),
  );
}

function optionsOf(facts: Facts, engine: string): OptionDescriptor[] {
  const own = [...engineOptions(facts, engine)].map(([name, { schema }]) =>
    option(name, schema.description ?? '', {
      type: typeOf(schema.type),
      default: schema.default === undefined ? null : String(schema.default),
    }),
  );
  return [
    option('ServerName', 'Host name or address of the server.', { required: true }),
    option('PortNumber', 'Port.', { type: 'integer', default: String(facts.defaultPort(engine)) }),
    option('Database', 'Name of the database.', { required: facts.databaseRequired(engine) }),
    option('Schema', 'Schema to start with.'),
    ...signIn,
    option('EncryptionMethod', 'noEncryption, requestSSL, SSL, verify-ca or verify-full.', { default: 'requestSSL' }),
    option('TrustStore', 'Certificates of authorities to trust, PEM.'),
    option('KeyStore', 'Client certificate, PEM.'),
    option('KeyStoreKey', 'Its private key, PEM.', { secret: true }),
    ...own,
    ...commonOptions,
  ];
}

function typeOf(type: string | undefined): OptionDescriptor['type'] {
  return type === 'integer' || type === 'number' || type === 'boolean' ? type : 'string';
}

/** The catalogue, by number. */
export function dataStores(facts: Facts): readonly DataStore[] {
  const engines = Object.entries(engineStores).map(([id, engine]) => ({
    id: Number(id),
    name: facts.title(engine),
    isGroup: false,
    engine,
    options: optionsOf(facts, engine),
  }));
  return [
    { id: salesforceStore, name: 'Salesforce', isGroup: false, engine: null, options: null },
    { id: groupStore, name: 'DataSource Group', isGroup: true, engine: null, options: commonOptions },
    ...engines,
  ];
}

const storesByEngine: ReadonlyMap<string | null, number> = new Map(
  Object.entries(engineStores).map(([id, engine]) => [engine, Number(id)]),
);

/** The store of an engine. */
export function storeOfEngine(engine: string | null): number {
  return storesByEngine.get(engine) ?? salesforceStore;
}

/** Whether a store-only kind's option is a secret. */
export function isSecretName(name: string): boolean {
  return /password|securitytoken|secret|privatekey|accesstoken|refreshtoken|apikey|keystorekey/i.test(name);
}

const salesforceOptions: readonly OptionDescriptor[] = [
  option('Database', 'Name of the database.'),
  ...signIn,
  option('SecurityToken', 'Security token of the account.', { secret: true }),
  ...commonOptions,
];

function present(store: DataStore, facts: Facts, driver: boolean): Record<string, unknown> {
  const available = store.isGroup || (store.engine !== null && facts.engineAvailable(store.engine));
  const kinds = store.isGroup ? ['Group'] : ['Cloud', 'Hybrid'];
  const options = store.options ?? salesforceOptions;
  return {
    id: store.id,
    name: store.name,
    isBeta: false,
    isGroup: store.isGroup,
    ...(driver && store.engine !== null ? { driver: { name: 'headgate', version: '1.0', helpUrl: '/docs/' } } : {}),
    authorized: available,
    connectionType: Object.fromEntries(kinds.map((kind) => [kind, { options }])),
  };
}

export function registerStores(routes: Routes, { gateway }: HdpServices): void {
  const tag = 'datastores';
  routes.add(
    { method: 'GET', path: '/api/mgmt/datastores', id: 'listDataStores', tag, summary: 'The kinds of data source.' },
    () => {
      const facts = gateway.engineFacts();
      return { dataStores: dataStores(facts).map((store) => present(store, facts, true)) };
    },
  );
  routes.add(
    { method: 'GET', path: '/api/mgmt/datastores/:datastore', id: 'getDataStore', tag, summary: 'One kind.' },
    (call) => {
      const id = call.id('datastore');
      const facts = gateway.engineFacts();
      const store = dataStores(facts).find((one) => one.id === id);
      if (store === undefined) throw notThere('datastore', id);
      return present(store, facts, false);
    },
  );
}
