/** What the portal's filter boxes ask, and the logs (sdps.md §3.5). */
import { zipSync } from 'fflate';
import { type Condition, unforeseen } from '../../domain/sdps/index.ts';
import { element, listOf, required, sure } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { queryBody, queryCondition } from './shapes.ts';

const table = { table: required.text(128) };

/** `{column, values}` as text; empty = none. */
function conditionOf(text: string): Condition | null {
  if (text === '') return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw unforeseen();
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw unforeseen();
  const { column, values } = parsed as Record<string, unknown>;
  if (typeof column !== 'string') throw unforeseen();
  const words = listOf(element.text)(Array.isArray(values) ? values : [values]);
  return { column, values: words, operation: 'in' };
}

/** Where the log is: the service keeps none of it. */
const aboutLogs = 'Headgate writes its log to its standard output; look for it where the service runs.\n';

export function registerQuery(routes: Routes, { rawTables }: SdpsServices): void {
  routes.add({ method: 'GET', path: '/query/tables', id: 'queryTables' }, ({ principal }) =>
    rawTables.names(principal),
  );
  routes.add({ method: 'GET', path: '/query/columns', id: 'queryColumns', query: table }, ({ principal, query }) =>
    rawTables.columns(principal, sure(query.table)),
  );
  routes.add(
    {
      method: 'GET',
      path: '/query/property_values',
      id: 'queryValues',
      query: { ...table, column: required.text(128), condition: required.text(4096) },
    },
    ({ principal, query }) =>
      rawTables.values(principal, sure(query.table), sure(query.column), conditionOf(sure(query.condition))),
  );
  routes.add(
    { method: 'POST', path: '/query/', id: 'queryRows', body: { ...table, ...queryBody } },
    ({ principal, body, request }) =>
      rawTables.rows(principal, sure(body.table), queryCondition(body, readBody(request))),
  );
  routes.add({ method: 'GET', path: '/query/download-logs', id: 'downloadLogs' }, ({ reply }) =>
    reply
      .type('application/zip')
      .header('content-disposition', 'attachment; filename="logs.zip"')
      .send(Buffer.from(zipSync({ 'README.txt': Buffer.from(aboutLogs) }))),
  );
}
