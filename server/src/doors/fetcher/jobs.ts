/** Extraction jobs: submit and read (fetcher.md §6.1, §6.2). */
import { readId, readJobRequest } from '../../domain/fetcher/index.ts';
import { readBody } from './body.ts';
import { presentJob, presentSubmission } from './present.ts';
import type { Routes } from './routes.ts';
import * as schemas from './schemas.ts';
import type { FetcherServices } from './services.ts';

const root = '/v1/fetcher';

export function registerJobs(routes: Routes, services: FetcherServices): void {
  const tag = 'jobs';
  routes.add(
    {
      method: 'POST',
      path: root,
      id: 'createJob',
      tag,
      summary: 'Submit an extraction job, or find the one that was submitted already.',
      work: 'write',
      body: schemas.jobBody,
      answers: { 200: schemas.jobAnswer, 202: schemas.jobAnswer },
      errors: [400, 413],
    },
    async ({ principal, request, reply, signal }) => {
      const asked = readJobRequest(readBody(request));
      const submission = await services.jobs.submit(principal, asked, signal);
      reply.code(submission.outcome === 'created' ? 202 : 200);
      return presentSubmission(submission);
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${root}/:id`,
      id: 'getJob',
      tag,
      summary: 'A job and where its result is.',
      work: 'read',
      answers: { 200: schemas.job },
      errors: [400, 404],
    },
    async ({ principal, id }) => {
      const uid = readId(id, 'job');
      return presentJob(await services.jobs.get(principal, uid));
    },
  );
}
