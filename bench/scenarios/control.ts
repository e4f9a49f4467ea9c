/** The control plane at 32 connections: reading and changing a source, changing a share, on both stores. */
import type { Bench } from '../lib/bench.ts';
import { Headgate } from '../lib/headgate.ts';
import { load, request } from '../lib/load.ts';
import { type Line, median } from '../lib/statistics.ts';

const sources = 64;

async function prepare(headgate: Headgate): Promise<void> {
  await headgate.api('POST', '/users', { username: 'colleague', password: 'bench colleague password' });
  for (let index = 0; index < sources; index++) {
    await headgate.api('POST', '/sources', {
      name: `bench-${index}`,
      engine: 'postgresql',
      host: '127.0.0.1',
      port: 5999,
      database: 'bench',
      username: 'bench',
      password: 'bench password',
    });
    await headgate.api('PUT', `/sources/bench-${index}/shares/users/colleague`, { permissions: ['view'] });
  }
}

async function measure(bench: Bench, headgate: Headgate, store: string): Promise<Line[]> {
  const token = headgate.token;
  const next: Record<string, (index: number) => Buffer> = {
    'GET a source': (index) => request('GET', `/api/v1/sources/bench-${index % sources}`, { token }),
    'PATCH a source': (index) =>
      request('PATCH', `/api/v1/sources/bench-${index % sources}`, { token, body: { description: `change ${index}` } }),
    'PUT a share': (index) =>
      request('PUT', `/api/v1/sources/bench-${index % sources}/shares/users/colleague`, {
        token,
        body: { permissions: index % 2 === 0 ? ['view', 'sql'] : ['view'] },
      }),
  };
  const targets: Record<string, number> = store === 'PostgreSQL' ? { 'GET a source': 3000, 'PUT a share': 1000 } : {};
  const lines: Line[] = [];
  for (const [name, build] of Object.entries(next)) {
    await load({ port: headgate.port, connections: 32, seconds: 1, next: build });
    const perSecond: number[] = [];
    const p99: number[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const result = await load({ port: headgate.port, connections: 32, seconds: bench.seconds, next: build });
      if (result.firstFailure !== null) throw new Error(result.firstFailure);
      perSecond.push(result.perSecond);
      p99.push(result.p99);
    }
    const target = targets[name];
    lines.push({
      name: `${name}, 32 connections, store on ${store}`,
      value: median(perSecond),
      unit: 'requests/s',
      ...(target === undefined ? {} : { target: { kind: 'at least', value: target } as const }),
      note: `p99 ${median(p99).toFixed(1)} ms`,
    });
  }
  return lines;
}

export async function control(bench: Bench): Promise<Line[]> {
  await prepare(bench.headgate);
  const lines = await measure(bench, bench.headgate, 'PostgreSQL');
  const embedded = await Headgate.start();
  try {
    await prepare(embedded);
    lines.push(...(await measure(bench, embedded, 'PGlite')));
  } finally {
    await embedded.stop();
  }
  return lines;
}
