/** Discovery jobs: what is looked through, how, when; and what people say of the findings. */
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';
import { changeOptions, tagged } from './source-catalog.ts';

const tag = 'discovery';
const root = '/discovery/jobs';

export function registerDiscoveryJobs(operations: Operations, services: RestServices): void {
  const { definitions, discoveryJobs } = services;
  const params = schemas.discoveryParams;
  operations.add(
    {
      method: 'POST',
      path: root,
      id: 'createDiscoveryJob',
      tag,
      summary: 'Define which sources are looked through for sensitive data, how, and when.',
      body: schemas.discoveryBody,
      answers: { 201: schemas.discoveryJob },
      problems: [404],
    },
    async ({ principal, body, reply }) => {
      const job = await definitions.create(principal, body);
      reply.code(201).header('location', `/api/v1${root}/${job.id}`);
      return tagged(reply, job);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: root,
      id: 'listDiscoveryJobs',
      tag,
      summary: 'List discovery jobs, newest first.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.discoveryJob) },
    },
    ({ principal, query }) => definitions.list(principal, query),
  );
  operations.add(
    {
      method: 'GET',
      path: `${root}/:id`,
      id: 'getDiscoveryJob',
      tag,
      summary: 'Read a discovery job.',
      params,
      answers: { 200: schemas.discoveryJob },
      problems: [404],
    },
    async ({ principal, params: { id }, reply }) => tagged(reply, await definitions.get(principal, id)),
  );
  operations.add(
    {
      method: 'PATCH',
      path: `${root}/:id`,
      id: 'updateDiscoveryJob',
      tag,
      summary: 'Change a discovery job; a run that is under way goes by what it started with.',
      params,
      body: schemas.discoveryPatch,
      answers: { 200: schemas.discoveryJob },
      problems: [404, 412],
    },
    async ({ principal, params: { id }, body, request, reply }) =>
      tagged(reply, await definitions.update(principal, id, body, changeOptions(request))),
  );
  operations.add(
    {
      method: 'DELETE',
      path: `${root}/:id`,
      id: 'deleteDiscoveryJob',
      tag,
      summary: 'Delete a discovery job; its runs stay.',
      params,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params: { id }, reply }) => {
      await discoveryJobs.remove(principal, id);
      reply.code(204);
    },
  );
  registerSteering(operations, services);
}

function registerSteering(operations: Operations, { definitions, discoveryJobs, runs }: RestServices): void {
  const steps = [
    ['start', 'startDiscovery', 'Start a run, or take up the one that was laid aside; no error when one runs already.'],
    ['stop', 'stopDiscovery', 'Stop the run: what it has found stays.'],
    ['pause', 'pauseDiscovery', 'Lay the run aside, to go on where it was.'],
    ['resume', 'resumeDiscovery', 'Take up the run that was laid aside.'],
  ] as const;
  for (const [step, id, summary] of steps) {
    operations.add(
      {
        method: 'POST',
        path: `${root}/:id/${step}`,
        id,
        tag,
        summary,
        params: schemas.discoveryParams,
        answers: { 200: schemas.discoveryJob },
        problems: [404],
      },
      async ({ principal, params, reply }) => {
        await definitions.get(principal, params.id);
        await runs[step](principal, params.id);
        return tagged(reply, await definitions.get(principal, params.id));
      },
    );
  }
  for (const [step, id, wanted, summary] of [
    ['enable', 'enableDiscovery', 'enabled', 'Let the schedule of a job go on.'],
    ['disable', 'disableDiscovery', 'disabled', 'Let the schedule of a job rest.'],
  ] as const) {
    operations.add(
      {
        method: 'POST',
        path: `${root}/:id/${step}`,
        id,
        tag,
        summary,
        params: schemas.discoveryParams,
        answers: { 200: schemas.discoveryJob },
        problems: [404],
      },
      async ({ principal, params, reply }) => {
        await discoveryJobs.setEnabled(principal, params.id, wanted);
        return tagged(reply, await definitions.get(principal, params.id));
      },
    );
  }
}

export function registerFindings(operations: Operations, { findings }: RestServices): void {
  operations.add(
    {
      method: 'GET',
      path: '/discovery/findings',
      id: 'listFindings',
      tag,
      summary: 'Columns in which personal data was found, and what people said of that.',
      query: schemas.strict({ ...pageQuery, ...schemas.findingFilter }),
      answers: { 200: pageOf(schemas.finding) },
      problems: [404],
    },
    ({ principal, query: { limit, cursor, ...filter } }) => findings.list(principal, filter, { limit, cursor }),
  );
  operations.add(
    {
      method: 'GET',
      path: '/discovery/summary',
      id: 'getDiscoverySummary',
      tag,
      summary: 'How many findings wait, were accepted and rejected, and what was found most.',
      answers: { 200: schemas.discoverySummary },
    },
    ({ principal }) => findings.summary(principal),
  );
  operations.add(
    {
      method: 'GET',
      path: '/discovery/findings/:id',
      id: 'getFinding',
      tag,
      summary: 'Read a finding.',
      params: schemas.findingParams,
      answers: { 200: schemas.finding },
      problems: [404],
    },
    ({ principal, params }) => findings.get(principal, params.id),
  );
  operations.add(
    {
      method: 'POST',
      path: '/discovery/findings/review',
      id: 'reviewFindings',
      tag,
      summary: 'Accept or reject findings, all or none; discoveries leave their columns alone from then on.',
      body: schemas.reviewBody,
      answers: { 200: schemas.reviewed },
      problems: [404],
    },
    async ({ principal, body }) => ({ items: await findings.review(principal, body.findings, body.verdict) }),
  );
}
