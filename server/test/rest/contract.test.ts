/** The OpenAPI document tells the truth: every answer has a documented status and the documented shape. */
import Schema from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { finalJob, sampleDatabase } from './fixture.ts';
import { buildWorld, callsOf, type DocumentedOperation, documentedOperations, type World } from './operations.ts';

let headgate: Headgate;
let world: World;
let operations: DocumentedOperation[];
let document: {
  components: object;
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
};

/** What is wrong with an answer; null when it is as documented. */
function deviation(operation: DocumentedOperation, status: number, type: string, body: unknown): string | null {
  const { responses } = document.paths[`/api/v1${operation.path}`]![operation.method.toLowerCase()]!;
  const documented = responses[String(status)];
  if (documented === undefined) return `status ${status} is not documented`;
  if (documented.content === undefined) return body === '' ? null : 'an empty answer has a body';
  const mediaType = type.split(';')[0]!;
  const entry = documented.content[mediaType];
  if (entry === undefined) return `${mediaType} is not documented for ${status}`;
  if (!/json$/.test(mediaType) || mediaType.includes('ndjson')) return null;
  const compiled = Schema.Compile({ components: document.components, ...entry.schema });
  if (compiled.Check(body)) return null;
  return JSON.stringify(compiled.Errors(body)[1].slice(0, 3));
}

describe.each(['postgresql', 'pglite'] as const)('on a store in %s', (store) => {
  beforeAll(async () => {
    headgate = await startHeadgate({ store });
    world = await buildWorld(headgate, await sampleDatabase(), 'a-password-of-length');
    for (const { jobId, username } of world.users.values()) await finalJob(headgate, jobId, username);
    operations = await documentedOperations(headgate);
    document = (await headgate.api('GET', '/openapi.json', undefined, { as: null })).body;
  });
  afterAll(() => headgate?.stop());

  it.each(['admin', 'colleague'])('when %s calls every operation, and then again', async (as) => {
    const deviations: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      for (const [id, call] of Object.entries(callsOf(world, as))) {
        const operation = operations.find((one) => one.id === id)!;
        const answer = await headgate.api(operation.method, call.path, call.body, { as });
        const type = answer.headers.get('content-type') ?? '';
        const found = deviation(operation, answer.status, type, answer.body);
        if (found !== null) deviations.push(`${id} (${answer.status}): ${found}`);
      }
    }
    expect(deviations).toEqual([]);
  });
});
