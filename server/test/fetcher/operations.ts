/** A valid call for every operation of this door's OpenAPI document; one that is missing here fails the tests that drive all. */
import type { SampleDatabase } from '../rest/fixture.ts';
import { at, connectionBody, connectionsPath, type FetcherClient, noId } from './fixture.ts';

export interface Call {
  readonly path: string;
  readonly body?: unknown;
  readonly product?: true;
}

/** What calls refer to: connections to destroy and to keep. */
export interface FetcherWorld {
  readonly sample: SampleDatabase;
  readonly kept: string;
  readonly doomed: string;
  readonly unassigned: string;
  /** Sent wherever an operation takes a secret. */
  readonly password: string;
  readonly key: string;
}

export async function buildFetcherWorld(
  client: FetcherClient,
  sample: SampleDatabase,
  secrets: { password: string; key: string },
): Promise<FetcherWorld> {
  const members = { ...at(sample), ssl: { mode: 'prefer', ca: '', key: secrets.key } };
  const kept = await client.create({ ...members, configName: 'kept' });
  const doomed = await client.create({ ...at(sample), configName: 'doomed' });
  const unassigned = await client.create({ ...at(sample), configName: 'unassigned' });
  const { db } = client.headgate.app.store;
  await db.updateTable('data_source').set({ product: null }).where('uid', '=', unassigned.id).execute();
  return { sample, kept: kept.id, doomed: doomed.id, unassigned: unassigned.id, ...secrets };
}

export function callsOf(world: FetcherWorld): Readonly<Record<string, Call>> {
  const { kept, doomed, unassigned, password, key } = world;
  const mappedFields = { kept: { people: ['id'] } };
  const ssl = { mode: 'require', ca: 'x', cert: 'y', key };
  return {
    createConnection: {
      path: connectionsPath,
      body: connectionBody({ password, ssl, metadata: { a: 'b' } }),
      product: true,
    },
    listConnections: { path: `${connectionsPath}?limit=5&sortOrder=asc&type=POSTGRESQL`, product: true },
    listUnassignedConnections: { path: `${connectionsPath}/unassigned?page=1` },
    getConnection: { path: `${connectionsPath}/${kept}` },
    updateConnection: { path: `${connectionsPath}/${kept}`, body: { password, ssl, schema: 'public', port: 5433 } },
    testConnection: { path: `${connectionsPath}/${kept}/test` },
    getConnectionSchema: { path: `${connectionsPath}/${kept}/schema` },
    validateSchema: { path: `${connectionsPath}/validate-schema`, body: { mappedFields } },
    assignConnection: { path: `${connectionsPath}/${unassigned}/assign`, product: true },
    createJob: { path: '/v1/fetcher', body: { dataRequest: { mappedFields }, metadata: { source: 'my-product' } } },
    getJob: { path: `/v1/fetcher/${noId}` },
    deleteConnection: { path: `${connectionsPath}/${doomed}` },
  };
}

export interface FetcherOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
}

export async function operationsOf(client: FetcherClient): Promise<FetcherOperation[]> {
  const { body } = await client.send('GET', '/swagger/json', undefined, { token: null });
  const paths = body.paths as Record<string, Record<string, { operationId: string }>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
    })),
  );
}
