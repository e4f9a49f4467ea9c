/** Reading the audit log; limits. */
import { Readable } from 'node:stream';
import type { Static } from 'typebox';
import type { AuditEntry, AuditFilter } from '../../domain/audit/index.ts';
import { goneSignal, pageOf, pageQuery, streamResponse } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import { parseTime } from './present.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'audit';
const filterQuery = schemas.strict(schemas.auditFilter);

function filterOf(query: Static<typeof filterQuery>): AuditFilter {
  const { since, until, ...rest } = query;
  return {
    ...rest,
    ...(since === undefined ? {} : { since: parseTime(since, 'since') }),
    ...(until === undefined ? {} : { until: parseTime(until, 'until') }),
  };
}

/** One line an event. The first one is read before the answer begins, so that a refusal is still a problem. */
async function lines(entries: AsyncIterable<AuditEntry>): Promise<AsyncIterable<string>> {
  const iterator = entries[Symbol.asyncIterator]();
  let next = await iterator.next();
  return (async function* all() {
    try {
      for (; next.done !== true; next = await iterator.next()) yield `${JSON.stringify(next.value)}\n`;
    } finally {
      await iterator.return?.();
    }
  })();
}

export function registerAudit(operations: Operations, services: RestServices): void {
  const { audit } = services;
  operations.add(
    {
      method: 'GET',
      path: '/audit',
      id: 'listAuditEvents',
      tag,
      summary: 'What happened, newest first.',
      query: schemas.strict({ ...pageQuery, ...schemas.auditFilter }),
      answers: { 200: pageOf(schemas.auditEntry) },
    },
    ({ principal, query: { limit, cursor, ...filter } }) => audit.list(principal, filterOf(filter), { limit, cursor }),
  );
  operations.add(
    {
      method: 'GET',
      path: '/audit/export',
      id: 'exportAuditEvents',
      tag,
      summary: 'Events as NDJSON, oldest first, to be verified offline with `headgate audit verify`.',
      query: filterQuery,
      answers: { 200: streamResponse('One event a line.', 'application/x-ndjson') },
    },
    async ({ principal, query, reply }) => {
      const entries = await lines(audit.exportEvents(principal, filterOf(query)));
      return reply.type('application/x-ndjson').send(Readable.from(entries));
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/audit/checkpoint',
      id: 'getAuditCheckpoints',
      tag,
      summary: 'The newest signed checkpoint of each chain, and the key to check it with.',
      answers: { 200: schemas.auditCheckpoints },
    },
    ({ principal }) => audit.checkpoints(principal),
  );
  operations.add(
    {
      method: 'POST',
      path: '/audit/verify',
      id: 'verifyAudit',
      tag,
      summary: 'Check every chain in the store, event by event; for administrators.',
      description: 'Whoever does not trust the store exports the events and runs `headgate audit verify` elsewhere.',
      answers: { 200: schemas.auditVerification },
    },
    ({ principal, reply }) => audit.verify(principal, [], goneSignal(reply.raw)),
  );
}

export function registerLimits(operations: Operations, services: RestServices): void {
  const { limits } = services;
  operations.add(
    {
      method: 'GET',
      path: '/limits',
      id: 'listLimits',
      tag: 'limits',
      summary: 'The limits that the caller may see.',
      answers: { 200: pageOf(schemas.limit) },
    },
    async ({ principal }) => ({ items: await limits.list(principal), nextCursor: null }),
  );
  operations.add(
    {
      method: 'PUT',
      path: '/limits',
      id: 'setLimit',
      tag: 'limits',
      summary: 'Set or remove a limit of the system, a tenant, a user or a source.',
      body: schemas.limitBody,
      answers: { 200: schemas.nullable(schemas.limit) },
      problems: [404],
    },
    async ({ principal, body, reply }) =>
      // Fastify takes a bare null for "no answer yet": it is written out.
      reply.type('application/json; charset=utf-8').send(JSON.stringify(await limits.set(principal, body))),
  );
}
