/** What no real server does at will: chunks cut anywhere, connections that break off, answers of something else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError, HeadgateClient, type JobEvent } from '../src/index.ts';
import { withUniqueNames } from '../src/query.ts';
import { watch } from '../src/watch.ts';

type Chunk = Uint8Array | Error;

/** A body of these chunks; an error breaks it off. */
function bodyOf(chunks: readonly Chunk[]): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next === undefined) controller.close();
      else if (next instanceof Error) controller.error(next);
      else controller.enqueue(next);
    },
  });
}

/** The bytes of a text, cut at these places. */
function cut(text: string, places: readonly number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const ends = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

function clientOf(answer: () => Response): HeadgateClient {
  return new HeadgateClient({ fetch: async () => answer() });
}

function resultOf(chunks: readonly Chunk[], headers: Record<string, string> = {}) {
  const columns = btoa('[{"name":"a","kind":"text","type":"text"}]');
  const answer = new Response(bodyOf(chunks), { headers: { 'headgate-columns': columns, ...headers } });
  return clientOf(() => answer).query('any', { sql: 'select' });
}

describe('rows', () => {
  it('are the same however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ a: fc.string({ unit: 'binary' }) })),
        fc.array(fc.nat()),
        async (rows, places) => {
          const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
          const result = await resultOf(cut(text, places), { 'headgate-result': `complete; rows=${rows.length}` });
          expect(await result.all()).toEqual(rows);
          expect(await result.outcome()).toEqual({ state: 'complete', rows: rows.length, affectedRows: null });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('end with ConnectionError when the connection breaks off', async () => {
    const result = await resultOf([new TextEncoder().encode('{"a":"1"}\n'), new Error('reset')]);
    await expect(result.all()).rejects.toBeInstanceOf(ConnectionError);
    expect(result.rowCount).toBe(1);
  });

  it('end with the error that the last line holds, however it arrives', async () => {
    const problem = { code: 'connection_lost', detail: 'It went away.', status: 502 };
    const text = `{"a":"1"}\n${JSON.stringify({ $headgate_error: problem })}\n`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 5 }), async (places) => {
        const result = await resultOf(cut(text, places));
        await expect(result.all()).rejects.toMatchObject({ name: 'ProblemError', code: 'connection_lost' });
        expect(result.rowCount).toBe(1);
      }),
      { numRuns: 30 },
    );
  });

  it('are not said to be whole when nobody can say so', async () => {
    let first = true;
    const client = clientOf(() => {
      if (!first) return new Response('{}', { status: 404 });
      first = false;
      return new Response('{"a":"1"}\n', { headers: { 'headgate-columns': btoa('[]') } });
    });
    const result = await client.query('any', { sql: 'select' });
    await result.all();
    expect(await result.outcome()).toMatchObject({ state: 'unknown', rows: 1 });
  });

  it('say what a write changed', async () => {
    const result = await resultOf([], { 'headgate-result': 'complete; rows=0; affected=7' });
    await result.all();
    expect(await result.outcome()).toMatchObject({ state: 'complete', affectedRows: 7 });
  });
});

it('names columns as the rows do', () => {
  const names = (given: readonly string[]) =>
    withUniqueNames(given.map((name) => ({ name, kind: '', type: '' }))).map(({ name }) => name);
  expect(names(['a', 'a', 'a_2', 'a'])).toEqual(['a', 'a_3', 'a_2', 'a_4']);
  expect(names(['$headgate_error'])).toEqual(['$headgate_error_2']);
});

it('makes a problem of what something else answered', async () => {
  const client = clientOf(() => new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'retry-after': '3' } }));
  await expect(client.call('getMe')).rejects.toMatchObject({ status: 502, code: 'http_502', retryAfterSeconds: 3 });
});

describe('watching', () => {
  const event = (status: string): Uint8Array =>
    new TextEncoder().encode(`event: job\ndata: ${JSON.stringify({ job: { id: 'j', status }, rate: null })}\n\n`);

  /** Watches over these connections, one after the other. */
  async function statesOf(connections: readonly (readonly Chunk[] | Error)[]): Promise<string[]> {
    const left = [...connections];
    const open = async (): Promise<Response> => {
      const next = left.shift() ?? new ConnectionError('no more');
      if (next instanceof Error) throw next;
      return new Response(bodyOf(next));
    };
    const states: string[] = [];
    const events: AsyncIterable<JobEvent> = watch(open, undefined, [0, 0]);
    for await (const { job } of events) states.push(job.status);
    return states;
  }

  it('goes on over connections that end or break off', async () => {
    const states = await statesOf([
      [event('queued')],
      new ConnectionError('refused'),
      [event('running'), new Error('reset')],
      [event('running'), event('succeeded'), event('never read')],
    ]);
    expect(states).toEqual(['queued', 'running', 'running', 'succeeded']);
  });

  it('gives up when nobody answers for long', async () => {
    await expect(statesOf([[event('running')]])).rejects.toBeInstanceOf(ConnectionError);
  });

  it('ends in a pause when its signal aborts', async () => {
    const stop = new AbortController();
    const events = watch(async () => new Response(bodyOf([])), stop.signal, [60_000]);
    const next = events.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});
