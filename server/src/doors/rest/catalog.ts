/** The schema of a source: from the cache with its age, or read from the server now. */
import Type from 'typebox';
import type { CatalogInfo, CatalogTable } from '../../domain/catalog/index.ts';
import { goneSignal, maxPageSize, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'schema';
const schemaQuery = schemas.strict({
  ...pageQuery,
  schema: schemas.optionalText(256),
  q: schemas.optionalText(256, 'Part of a table or column name.'),
  live: Type.Optional(
    Type.Boolean({ description: 'Read from the server now, past the cache; one page, without a cursor.' }),
  ),
});

export function registerCatalog(operations: Operations, services: RestServices): void {
  const { access, catalog, gateway, now } = services;
  const present = (info: Pick<CatalogInfo, 'capturedAt' | 'stale' | 'tables' | 'columns'> | null) =>
    info && {
      capturedAt: info.capturedAt,
      ageSeconds: Math.max(0, Math.round((now().getTime() - info.capturedAt.getTime()) / 1000)),
      stale: info.stale,
      tables: info.tables,
      columns: info.columns,
    };
  operations.add(
    {
      method: 'GET',
      path: '/sources/:name/schema',
      id: 'getSchema',
      tag,
      summary: 'Tables, views, columns and keys. What was never read before is read now.',
      params: schemas.sourceParams,
      query: schemaQuery,
      answers: { 200: schemas.catalogPage },
      problems: [404, 502],
    },
    async ({ principal, params, query: { live, limit, cursor, ...filter }, reply }) => {
      const facts = await access.resolve(principal, params.name);
      access.authorise(principal, 'source.schema', facts);
      if (live === true) {
        const options = filter.schema === undefined ? {} : { schema: filter.schema };
        const tables = gateway.readCatalog(principal, params.name, options, goneSignal(reply.raw));
        return { catalog: null, items: await firstOf(tables, limit ?? maxPageSize, filter.q), nextCursor: null };
      }
      let info = await catalog.info(facts.source.id);
      if (info === null) {
        await gateway.refreshCatalog(principal, params.name, goneSignal(reply.raw));
        info = await catalog.info(facts.source.id);
      }
      return { catalog: present(info), ...(await catalog.read(facts.source.id, filter, { limit, cursor })) };
    },
  );
  operations.add(
    {
      method: 'POST',
      path: '/sources/:name/schema/refresh',
      id: 'refreshSchema',
      tag,
      summary: 'Read the schema from the server into the cache.',
      params: schemas.sourceParams,
      answers: { 200: schemas.catalogInfo },
      problems: [404, 502],
    },
    async ({ principal, params, reply }) =>
      present(await gateway.refreshCatalog(principal, params.name, goneSignal(reply.raw))),
  );
}

/** The first tables that have `q` in a name. Leaving the loop ends the read on the server. */
async function firstOf(tables: AsyncIterable<CatalogTable>, limit: number, q = ''): Promise<CatalogTable[]> {
  const wanted = q.toLowerCase();
  const found: CatalogTable[] = [];
  for await (const table of tables) {
    const names = [table.name, ...table.columns.map((column) => column.name)];
    if (names.some((name) => name.toLowerCase().includes(wanted))) found.push(table);
    if (found.length >= limit) break;
  }
  return found;
}
