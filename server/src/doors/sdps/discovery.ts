/** Discovery jobs, runs and reports (sdps.md §3.3). */
import type { DiscoverySpec } from '../../domain/discovery/index.ts';
import { optional, type Parsed, required, type Shape, sure, withDefault } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { objectOf, pageQuery, queryBody, queryCondition } from './shapes.ts';

const root = '/discovery-jobs';
const job = { job_id: required.integer };
const run = { ...job, run_id: required.integer };

const target = {
  account_id: required.text(255),
  region: required.text(255),
  database_type: required.text(64),
  database_name: optional.text(255),
  table_name: optional.text(4096),
} satisfies Shape;

const settings = {
  template_id: withDefault.integer(1),
  schedule: withDefault.text('OnDemand', 255),
  description: withDefault.text('', 1024),
  range: withDefault.integer(1, 0, 1),
  depth_structured: withDefault.integer(100, 1, 1000),
  depth_unstructured: withDefault.integer(10, 1, 1000),
  detection_threshold: optional.fraction,
  all_s3: optional.integer,
  all_rds: optional.integer,
  all_ddb: optional.integer,
  all_emr: optional.integer,
  all_glue: optional.integer,
  all_jdbc: optional.integer,
  overwrite: optional.integer,
  exclude_keywords: withDefault.text('', 4096),
  include_keywords: withDefault.text('', 4096),
  exclude_file_extensions: withDefault.text('', 4096),
  include_file_extensions: withDefault.text('', 4096),
  provider_id: optional.integer,
  database_type: optional.text(64),
} satisfies Shape;
const create = { name: required.text(100), ...settings, databases: required.list(objectOf(target)) } satisfies Shape;
const change = { name: optional.text(100), ...settings, databases: optional.list(objectOf(target)) } satisfies Shape;

const usualThreshold = 0.2;

function specOf(body: Parsed<typeof create>): DiscoverySpec {
  // Fields with a default are never null once they are read.
  const { detection_threshold, ...rest } = body as unknown as DiscoverySpec & { detection_threshold: number | null };
  return { ...rest, detection_threshold: detection_threshold ?? usualThreshold };
}

export function registerDiscovery(routes: Routes, services: SdpsServices): void {
  const { jobs, runs } = services;
  routes.add({ method: 'POST', path: root, id: 'createDiscovery', writes: true, body: create }, ({ principal, body }) =>
    jobs.create(principal, specOf(body)),
  );
  routes.add(
    { method: 'POST', path: `${root}/list-jobs`, id: 'listDiscoveries', body: queryBody },
    ({ principal, body, request }) => jobs.list(principal, queryCondition(body, readBody(request))),
  );
  routes.add({ method: 'GET', path: `${root}/:job_id`, id: 'getDiscovery', params: job }, ({ principal, path }) =>
    jobs.get(principal, sure(path.job_id)),
  );
  routes.add(
    { method: 'PATCH', path: `${root}/:job_id`, id: 'updateDiscovery', writes: true, params: job, body: change },
    async ({ principal, path, body, request }) => {
      const sent = Object.keys((readBody(request) ?? {}) as object); // an object: `body` was read of it
      const said = Object.entries(body).filter(
        ([name, value]) => sent.includes(name) && (value !== null || name in settings),
      );
      await jobs.update(principal, sure(path.job_id), Object.fromEntries(said) as Partial<DiscoverySpec>); // parsed above
      return true;
    },
  );
  routes.add(
    { method: 'DELETE', path: `${root}/:job_id`, id: 'deleteDiscovery', writes: true, params: job },
    async ({ principal, path }) => {
      await jobs.remove(principal, sure(path.job_id));
      return true;
    },
  );
  for (const [word, wanted] of [
    ['enable', 'enabled'],
    ['disable', 'disabled'],
  ] as const) {
    routes.add(
      { method: 'POST', path: `${root}/:job_id/${word}`, id: `${word}Discovery`, writes: true, params: job },
      async ({ principal, path }) => {
        await jobs.setEnabled(principal, sure(path.job_id), wanted);
        return true;
      },
    );
  }
  routes.add(
    { method: 'POST', path: `${root}/:job_id/start`, id: 'startDiscovery', writes: true, params: job },
    async ({ principal, path }) => {
      await runs.start(principal, sure(path.job_id));
      return true;
    },
  );
  routes.add(
    { method: 'POST', path: `${root}/:job_id/stop`, id: 'stopDiscovery', writes: true, params: job },
    async ({ principal, path }) => {
      await runs.stop(principal, sure(path.job_id));
      return true;
    },
  );
  registerRuns(routes, services);
}

function registerRuns(routes: Routes, { runViews, links }: SdpsServices): void {
  routes.add(
    { method: 'GET', path: `${root}/:job_id/runs`, id: 'listRuns', params: job, query: pageQuery },
    ({ principal, path, query }) =>
      runViews.runs(principal, sure(path.job_id), {
        page: sure(query.page),
        size: sure(query.size),
        sortColumn: '',
        ascending: true,
        conditions: null,
        groupColumn: '',
      }),
  );
  const path = `${root}/:job_id/runs/:run_id`;
  routes.add({ method: 'GET', path, id: 'getRun', params: run }, (call) =>
    runViews.run(call.principal, sure(call.path.job_id), sure(call.path.run_id)),
  );
  routes.add(
    { method: 'POST', path: `${path}/databases`, id: 'listRunDatabases', params: run, body: queryBody },
    (call) =>
      runViews.runDatabases(
        call.principal,
        sure(call.path.job_id),
        sure(call.path.run_id),
        queryCondition(call.body, readBody(call.request)),
      ),
  );
  routes.add({ method: 'GET', path: `${path}/status`, id: 'runStatus', params: run }, (call) =>
    runViews.status(call.principal, sure(call.path.job_id), sure(call.path.run_id)),
  );
  routes.add({ method: 'GET', path: `${path}/progress`, id: 'runProgress', params: run }, (call) =>
    runViews.progress(call.principal, sure(call.path.job_id), sure(call.path.run_id)),
  );
  routes.add({ method: 'GET', path: `${path}/report_url`, id: 'reportUrl', params: run }, async (call) => {
    const [jobId, runId] = [sure(call.path.job_id), sure(call.path.run_id)];
    await runViews.requireRun(call.principal, jobId, runId);
    return links.make(call.request, call.principal, { what: 'report', job: jobId, run: runId });
  });
  routes.add({ method: 'GET', path: `${path}/template_snapshot_url`, id: 'snapshotUrl', params: run }, async (call) => {
    const [jobId, runId] = [sure(call.path.job_id), sure(call.path.run_id)];
    await runViews.requireSnapshot(call.principal, jobId, runId);
    return links.make(call.request, call.principal, { what: 'snapshot', job: jobId, run: runId });
  });
}
