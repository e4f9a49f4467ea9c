/** Schemas, tables and columns; the schema map's refresh and the OData model (hdp.md §4.1, §4.6). */
import type { SourceFacts } from '../../domain/access/index.ts';
import type { CatalogTable } from '../../domain/catalog/index.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import { HdpError } from './errors.ts';
import { timestamp } from './present.ts';
import type { HdpCall, Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'schema';
const base = '/api/mgmt/datasources/:datasource';

function notSupported(): HdpError {
  return new HdpError(400, 900000012, 'Group data sources do not support this operation.');
}

class Schemas {
  readonly #services: HdpServices;

  constructor(services: HdpServices) {
    this.#services = services;
  }

  /** The source's tables: as last read, else read now; only the exposed schema when the source names one. */
  async tables(call: HdpCall): Promise<CatalogTable[]> {
    const { doorSources, catalog, gateway } = this.#services;
    const { principal, signal } = call;
    const id = call.id('datasource');
    const facts = await doorSources.admit(principal, { id }, 'source.schema');
    if (facts.source.isGroup) throw notSupported();
    const info = await catalog.info(id);
    if (info === null || info.stale) await gateway.refreshCatalog(principal, facts.source.uid, signal);
    const exposed = await this.#exposedSchema(principal, id);
    const tables: CatalogTable[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await catalog.read(id, exposed === null ? {} : { schema: exposed }, { limit: 500, cursor });
      tables.push(...page.items);
      if (page.nextCursor === null) return tables;
      cursor = page.nextCursor;
    }
  }

  async #exposedSchema(principal: Principal, id: number): Promise<string | null> {
    const { data } = await this.#services.doorSources.definition(principal, { id }, 'hdp');
    const options = data?.options as Readonly<Record<string, string>> | undefined; // as this door wrote them
    const exposed = options?.HDPMetadataExposedSchemas;
    return exposed === undefined || exposed === '' ? null : exposed;
  }
}

/** Stores without schemas have the one name `-`. */
const schemaName = (table: CatalogTable): string => (table.schema === '' ? '-' : table.schema);

async function tableOf(schemas: Schemas, call: HdpCall): Promise<CatalogTable> {
  const found = (await schemas.tables(call)).find(
    (table) => schemaName(table) === call.text('schema') && table.name === call.text('table'),
  );
  if (found === undefined) throw new HdpError(404, 900000020, 'There is no such table.');
  return found;
}

const columnsOf = (table: CatalogTable) =>
  table.columns.map((column) => ({
    name: column.name,
    typeName: column.type,
    isNullable: column.nullable,
    primaryKeyComponent: table.primaryKey.indexOf(column.name) + 1,
  }));

export function registerSchema(routes: Routes, services: HdpServices): void {
  const schemas = new Schemas(services);
  const behalf = [Permission.viewSource];
  const path = `${base}/schemas`;
  routes.add(
    { method: 'GET', path, id: 'listSchemas', tag, summary: 'The schemas of a source.', behalf },
    async (call) => {
      const names = [...new Set((await schemas.tables(call)).map(schemaName))];
      return { schemas: names.map((name) => ({ name })) };
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${path}/:schema/tables`,
      id: 'listTables',
      tag,
      summary: 'The tables of a schema.',
      behalf,
    },
    async (call) => {
      const tables = (await schemas.tables(call)).filter((table) => schemaName(table) === call.text('schema'));
      if (tables.length === 0) throw new HdpError(404, 900000020, 'There is no such schema.');
      return { tables: tables.map((table) => ({ name: table.name })) };
    },
  );
  const table = `${path}/:schema/tables/:table`;
  routes.add({ method: 'GET', path: table, id: 'getTable', tag, summary: 'One table.', behalf }, async (call) => {
    const found = await tableOf(schemas, call);
    return { name: found.name, columns: columnsOf(found), primaryKeys: found.primaryKey.map((name) => ({ name })) };
  });
  routes.add(
    { method: 'GET', path: `${table}/columns`, id: 'listColumns', tag, summary: 'Its columns.', behalf },
    async (call) => ({ columns: columnsOf(await tableOf(schemas, call)) }),
  );
  routes.add(
    { method: 'GET', path: `${table}/primarykeys`, id: 'listPrimaryKeys', tag, summary: 'Its primary key.', behalf },
    async (call) => ({ primaryKeys: (await tableOf(schemas, call)).primaryKey.map((name) => ({ name })) }),
  );
  registerModel(routes, services);
}

/** Builds under way and failed ones, on this node; what was built is the catalog. */
class Models {
  readonly #services: HdpServices;
  readonly #building = new Map<number, AbortController>();
  readonly #failed = new Map<number, string>();

  constructor(services: HdpServices) {
    this.#services = services;
  }

  start(principal: Principal, { source }: SourceFacts, restart: boolean): void {
    const running = this.#building.get(source.id);
    if (running !== undefined && !restart) return;
    running?.abort();
    const build = new AbortController();
    this.#building.set(source.id, build);
    this.#failed.delete(source.id);
    this.#services.gateway
      .refreshCatalog(principal, source.uid, build.signal)
      .catch((error: unknown) => {
        if (this.#building.get(source.id) !== build) return;
        this.#failed.set(source.id, error instanceof DomainError ? error.message : 'The model could not be built.');
      })
      .finally(() => {
        if (this.#building.get(source.id) === build) this.#building.delete(source.id);
      });
  }

  async status(sourceId: number): Promise<Record<string, unknown>> {
    if (this.#building.has(sourceId)) return { statusCode: 1, status: 'Working', percentDone: 0 };
    const reason = this.#failed.get(sourceId);
    if (reason !== undefined) return { statusCode: 3, status: 'Problem', reason };
    const info = await this.#services.catalog.info(sourceId);
    if (info === null || info.stale) return { statusCode: 0, status: 'No model' };
    return {
      statusCode: 2,
      status: 'Complete',
      createdAt: timestamp(info.capturedAt),
      tableWarnings: [],
      columnWarnings: [],
    };
  }
}

function registerModel(routes: Routes, services: HdpServices): void {
  const { doorSources, gateway } = services;
  const models = new Models(services);
  routes.add(
    {
      method: 'POST',
      path: `${base}/map`,
      id: 'refreshMap',
      tag,
      summary: 'Read the schema again.',
      behalf: [Permission.modifySource],
      body: true,
    },
    async (call) => {
      const facts = await doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.modify');
      const map = call.payload().get('map');
      if (map !== 'refresh' && map !== 'recreate') {
        throw new HdpError(400, 222207029, 'Expected values for model: refresh / recreate.');
      }
      if (facts.source.isGroup) throw notSupported();
      await gateway.refreshCatalog(call.principal, facts.source.uid, call.signal);
      return { success: true };
    },
  );
  routes.add(
    {
      method: 'POST',
      path: `${base}/model`,
      id: 'buildModel',
      tag,
      summary: 'Build the OData model, in the background.',
      behalf: [Permission.modifySource],
      body: true,
    },
    async (call) => {
      const facts = await doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.modify');
      const restart = call.payload().optionalBoolean('restart') === true;
      if (facts.source.isGroup) throw notSupported();
      models.start(call.principal, facts, restart);
      return models.status(facts.source.id);
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${base}/model`,
      id: 'getModel',
      tag,
      summary: 'How the model stands.',
      behalf: [Permission.viewSource],
    },
    async (call) => {
      const facts = await doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.view');
      return models.status(facts.source.id);
    },
  );
  for (const [path, id] of [
    ['export/driverfiles', 'exportDriverFiles'],
    ['export/driverfiles/config', 'exportDriverConfig'],
    ['export/driverfiles/native', 'exportDriverNative'],
  ] as const) {
    routes.add(
      {
        method: 'GET',
        path: `${base}/${path}`,
        id,
        tag,
        summary: 'Driver files; Headgate has none.',
        behalf: [Permission.viewSource],
      },
      async (call) => {
        await doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.view');
        throw new HdpError(501, 222208728, 'The export of driver files is not supported.');
      },
    );
  }
}
