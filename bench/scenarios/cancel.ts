/** A client that goes away: how long the statement still runs on the server. 100 trials an engine, no orphan allowed. */
import { request as httpRequest } from 'node:http';
import type { Bench } from '../lib/bench.ts';
import { type Line, quantile } from '../lib/statistics.ts';

const trials = 100;

/** Starts a query, waits until the server runs it, hangs up, and measures until the server is idle again. */
async function abandon(bench: Bench, source: string, sql: string, running: () => Promise<number>): Promise<number> {
  const sent = httpRequest({
    host: '127.0.0.1',
    port: bench.headgate.port,
    method: 'POST',
    path: `/api/v1/sources/${source}/query`,
    headers: { authorization: `Bearer ${bench.headgate.token}`, 'content-type': 'application/json' },
  });
  sent.on('error', () => undefined);
  sent.on('response', (answer) => answer.on('error', () => undefined).resume());
  sent.end(JSON.stringify({ sql }));
  while ((await running()) === 0);
  const started = performance.now();
  sent.destroy();
  while ((await running()) > 0) {
    if (performance.now() - started > 10_000) throw new Error(`orphan: ${sql} still runs on ${source} after 10 s`);
  }
  return performance.now() - started;
}

export async function cancel(bench: Bench): Promise<Line[]> {
  const cases = [
    {
      source: 'postgresql',
      sql: 'select count(*) from generate_series(1, 2000000000)',
      running: () => bench.activePostgresql(),
      target: 25,
    },
    {
      source: 'postgresql',
      sql: 'select a.* from m8 a, generate_series(1, 50)',
      running: () => bench.activePostgresql(),
      target: 25,
    },
    {
      source: 'mysql',
      sql: 'select count(*) from m8 a join m8 b on a.score * 0 + b.score * 0 < 1',
      running: () => bench.activeMariadb(),
      target: 10,
    },
    {
      source: 'mysql',
      sql: 'select a.* from m8 a, (select 1 from m8 limit 50) b',
      running: () => bench.activeMariadb(),
      target: 10,
    },
  ];
  const lines: Line[] = [];
  for (const { source, sql, running, target } of cases) {
    const times: number[] = [];
    for (let trial = 0; trial < trials; trial++) times.push(await abandon(bench, source, sql, running));
    lines.push({
      name: `abandoned on ${source}, ${sql.includes('count') ? 'computing' : 'mid-stream'}: median until idle`,
      value: quantile(times, 0.5),
      unit: 'ms',
      target: { kind: 'at most', value: target },
      note: `slowest of ${trials}: ${Math.max(...times).toFixed(1)} ms; no orphan`,
    });
  }
  return lines;
}
