/** Runs of discovery jobs: how far they are, what they found, their reports. */
import { pageOf, pageQuery, streamResponse } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'discovery';
const root = '/discovery/runs/:id';
const mediaTypes = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv',
} as const;

export function registerDiscoveryRuns(operations: Operations, { runList, reports }: RestServices): void {
  const params = schemas.discoveryParams;
  operations.add(
    {
      method: 'GET',
      path: '/discovery/jobs/:id/runs',
      id: 'listDiscoveryRuns',
      tag,
      summary: 'List the runs of a discovery job, newest first.',
      params,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.discoveryRun) },
      problems: [404],
    },
    ({ principal, params: { id }, query }) => runList.list(principal, id, query),
  );
  operations.add(
    {
      method: 'GET',
      path: root,
      id: 'getDiscoveryRun',
      tag,
      summary: 'Read how far a run is.',
      params,
      answers: { 200: schemas.discoveryRun },
      problems: [404],
    },
    ({ principal, params: { id } }) => runList.get(principal, id),
  );
  operations.add(
    {
      method: 'GET',
      path: `${root}/sources`,
      id: 'listRunSources',
      tag,
      summary: 'How far each source of a run is.',
      params,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.runSource) },
      problems: [404],
    },
    ({ principal, params: { id }, query }) => runList.sources(principal, id, query),
  );
  operations.add(
    {
      method: 'GET',
      path: `${root}/tables`,
      id: 'listRunTables',
      tag,
      summary: 'The tables that a run is through with.',
      params,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.runTable) },
      problems: [404],
    },
    ({ principal, params: { id }, query }) => runList.tables(principal, id, query),
  );
  operations.add(
    {
      method: 'GET',
      path: `${root}/findings`,
      id: 'listRunFindings',
      tag,
      summary: 'What a run found, as it was then, whatever was said of it later.',
      params,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.runFinding) },
      problems: [404],
    },
    ({ principal, params: { id }, query }) => runList.findings(principal, id, query),
  );
  operations.add(
    {
      method: 'GET',
      path: `${root}/report`,
      id: 'getRunReport',
      tag,
      summary: 'Download what a run found, as a workbook or as CSV.',
      params,
      query: schemas.reportQuery,
      answers: { 200: streamResponse('The report.', ...Object.values(mediaTypes)) },
      problems: [404],
    },
    async ({ principal, params: { id }, query: { format = 'xlsx' }, reply }) => {
      const report = await reports.of(principal, id, format);
      return reply
        .type(mediaTypes[format])
        .header('content-disposition', `attachment; filename="discovery-${id}.${format}"`)
        .send(report);
    },
  );
}
