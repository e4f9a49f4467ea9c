/** What failures of a source are told as (fetcher.md §5.2, §5.3), over a gateway that stands in. */
import { describe, expect, it } from 'vitest';
import { BusyError, ConflictError, type DomainError, InvalidError, NotFoundError, SourceError } from '../errors.ts';
import { systemPrincipal } from '../identity/principal.ts';
import type { Connections, FoundConnection } from './connections.ts';
import { LiveConnections, type LivePort } from './live.ts';
import { anyRules } from './testing/rules.ts';

const view = {
  id: '01999999-0000-7000-8000-000000000001',
  configName: 'main',
  type: 'POSTGRESQL',
  host: 'db.example.com',
  databaseName: 'd',
  schema: null,
  userName: 'u',
  updatedAt: new Date(0),
};
const found = { view, row: { tenant_id: 1, version: 1 }, internal: false } as unknown as FoundConnection; // what is used of it
function live(gateway: Partial<LivePort>): LiveConnections {
  const connections = {
    find: async () => found,
    byNames: async () => new Map([['main', found]]),
  } as unknown as Connections; // what is used of it
  return new LiveConnections({ connections, gateway: gateway as LivePort, rules: anyRules });
}

const principal = systemPrincipal('fetcher');
const { signal } = new AbortController();
const stage = (name: string, ok: boolean, ms: number, code?: string) => ({
  stage: name,
  ok,
  ms,
  ...(code === undefined ? {} : { code }),
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: DomainError) => error.code,
  );
}

describe('the test', () => {
  const report = (...stages: ReturnType<typeof stage>[]) => live({ test: async () => ({ ok: true, stages }) });

  it('tells the connect phase in whole milliseconds, at least one', async () => {
    const fast = report(stage('name', true, 0.1), stage('database', true, 0.1), stage('clock', true, 500));
    expect(await fast.test(principal, view.id, signal)).toEqual({ latencyMs: 1 });
    const slow = report(
      stage('name', true, 4.4),
      stage('database', true, 8.2),
      stage('privileges', false, 9, 'permission_denied'),
    );
    expect(await slow.test(principal, view.id, signal)).toEqual({ latencyMs: 13 });
  });

  it.each([
    [report(stage('name', true, 1), stage('address', false, 1, 'address_refused')), 'FET-0414'],
    [report(stage('name', true, 1), stage('address', false, 1, 'own_store')), 'FET-0414'],
    [report(stage('name', false, 1, 'name_not_found')), 'connect_failed'],
    [report(stage('login', false, 1, 'login_failed')), 'connect_failed'],
    [report(stage('database', false, 1, 'database_not_found')), 'connect_failed'],
  ])('reads the stage that failed', async (connections, code) => {
    expect(await codeOf(connections.test(principal, view.id, signal))).toBe(code);
  });

  it.each<[unknown, string]>([
    [new ConflictError('credential_missing', 'x'), 'connect_failed'],
    [new ConflictError('engine_unavailable', 'x'), 'connect_failed'],
    [new InvalidError('invalid_options', 'x'), 'connect_failed'],
    [new DOMException('late', 'TimeoutError'), 'connect_failed'],
    [new NotFoundError('source_not_found', 'x'), 'source_not_found'],
    [Object.assign(new Error('x'), { code: 'store_unavailable' }), 'store_unavailable'],
  ])('tells %o as %s', async (error, code) => {
    expect(await codeOf(live({ test: () => Promise.reject(error) }).test(principal, view.id, signal))).toBe(code);
  });
});

describe('the schema', () => {
  const failing = (error: unknown) =>
    live({
      readCatalog: async function* () {
        yield { schema: 'public', name: 't', kind: 'table', columns: [] };
        throw error;
      },
    });

  it.each<[unknown, string]>([
    [new SourceError('login_failed', 'x'), 'connect_failed'],
    [new SourceError('tls_untrusted', 'x'), 'connect_failed'],
    [new BusyError('source_busy', 'x'), 'connect_failed'],
    [new SourceError('permission_denied', 'x'), 'catalog_failed'],
    [new SourceError('connection_lost', 'x'), 'catalog_failed'],
    [new DOMException('late', 'TimeoutError'), 'catalog_failed'],
    [new SourceError('address_refused', 'x'), 'FET-0414'],
  ])('tells %o as %s, and a validation says that the source is down', async (error, code) => {
    const connections = failing(error);
    expect(await codeOf(connections.schema(principal, view.id, signal))).toBe(code);
    const validated = connections.validateSchema(principal, { mappedFields: { main: { t: ['a'] } } }, signal);
    if (code === 'FET-0414') expect(await codeOf(validated)).toBe(code);
    else expect(await validated).toEqual([{ type: 'DATA_SOURCE_DOWN', dataSourceId: 'main' }]);
  });
});
