/** Connections in use: test, schema, schema validation (fetcher.md §5.2–5.4). */
import { readId } from '../../domain/fetcher/index.ts';
import { readBody } from './body.ts';
import { integerError, sendError } from './errors.ts';
import { presentProblems, presentSchema, presentTest, schemaValid } from './present.ts';
import type { Routes } from './routes.ts';
import * as schemas from './schemas.ts';
import type { FetcherServices } from './services.ts';

const root = '/v1/management/connections';

export function registerLive(routes: Routes, services: FetcherServices): void {
  const { live, buckets } = services;
  const tag = 'connections';
  routes.add(
    {
      method: 'POST',
      path: `${root}/:id/test`,
      id: 'testConnection',
      tag,
      summary: 'Connect with the stored settings. Ten times a minute and connection.',
      work: 'read',
      answers: { 200: schemas.testResult },
      errors: [400, 404, 429],
    },
    async ({ principal, id, reply, signal }) => {
      const uid = readId(id, 'connection');
      const wait = await buckets.take(principal.subject.tenantId, uid);
      if (wait > 0) {
        reply.header('retry-after', String(wait));
        const message = `Connection test limit reached. Try again in ${wait} seconds.`;
        return sendError(reply, integerError(429, 'Rate Limit Exceeded', message));
      }
      return presentTest(await live.test(principal, uid, signal));
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${root}/:id/schema`,
      id: 'getConnectionSchema',
      tag,
      summary: 'Tables and fields, read live.',
      work: 'read',
      answers: { 200: schemas.schemaResult },
      errors: [400, 404],
    },
    async ({ principal, id, signal }) => presentSchema(await live.schema(principal, readId(id, 'connection'), signal)),
  );
  routes.add(
    {
      method: 'POST',
      path: `${root}/validate-schema`,
      id: 'validateSchema',
      tag,
      summary: 'Check that data sources, tables and fields exist.',
      work: 'read',
      body: schemas.validationBody,
      answers: { 200: schemas.validationResult },
      errors: [400, 413, 422],
    },
    async ({ principal, request, reply, signal }) => {
      const problems = await live.validateSchema(principal, readBody(request), signal);
      return problems.length === 0 ? schemaValid : sendError(reply, presentProblems(problems));
    },
  );
}
