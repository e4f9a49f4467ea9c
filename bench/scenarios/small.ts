/** Small queries at 32 connections: the whole product path against a bare server on `pg`'s Pool. */
import type { Bench } from '../lib/bench.ts';
import { load, request } from '../lib/load.ts';
import { Child } from '../lib/process.ts';
import { compare, type Line, median } from '../lib/statistics.ts';

const statements = {
  'one row': {
    sql: 'select * from m8 where id = $1',
    parameters: (index: number) => [1 + ((index * 7919) % 100_000)],
    target: 1.0,
  },
  '100 rows': {
    sql: 'select * from m8 where id between $1 and $1 + 99',
    parameters: (index: number) => [1 + ((index * 7919) % 90_000)],
    target: undefined,
  },
} as const;

export async function small(bench: Bench): Promise<Line[]> {
  const [pool, { port }] = await Child.start<{ port: number }>(new URL('../lib/pool-server.ts', import.meta.url), [
    bench.postgresqlUrl,
    '10',
  ]);
  const lines: Line[] = [];
  try {
    for (const [name, statement] of Object.entries(statements)) {
      const body = (index: number) => ({ sql: statement.sql, parameters: statement.parameters(index) });
      const ours = (index: number): Buffer =>
        request('POST', '/api/v1/sources/postgresql/query', { token: bench.headgate.token, body: body(index) });
      const theirs = (index: number): Buffer => request('POST', '/', { body: body(index) });
      const measured: Record<'ours' | 'theirs' | 'cpu' | 'theirCpu' | 'p99', number[]> = {
        ours: [],
        theirs: [],
        cpu: [],
        theirCpu: [],
        p99: [],
      };
      const runs = {
        ours: async () => {
          const before = bench.headgate.child.cpuSeconds();
          const result = await load({ port: bench.headgate.port, connections: 32, seconds: bench.seconds, next: ours });
          if (result.firstFailure !== null) throw new Error(result.firstFailure);
          measured.ours.push(result.perSecond);
          measured.p99.push(result.p99);
          measured.cpu.push(((bench.headgate.child.cpuSeconds() - before) * 1e6) / result.requests);
        },
        theirs: async () => {
          const before = pool.cpuSeconds();
          const result = await load({ port, connections: 32, seconds: bench.seconds, next: theirs });
          if (result.firstFailure !== null) throw new Error(result.firstFailure);
          measured.theirs.push(result.perSecond);
          measured.theirCpu.push(((pool.cpuSeconds() - before) * 1e6) / result.requests);
        },
      };
      await load({ port: bench.headgate.port, connections: 32, seconds: 1, next: ours });
      await load({ port, connections: 32, seconds: 1, next: theirs });
      for (let round = 0; round < bench.rounds; round++) {
        if (round % 2 === 0) {
          await runs.ours();
          await runs.theirs();
        } else {
          await runs.theirs();
          await runs.ours();
        }
      }
      lines.push({
        name: `${name}, 32 connections, against pg Pool`,
        unit: 'requests/s',
        ...compare(measured.ours, measured.theirs),
        ...(statement.target === undefined ? {} : { target: { kind: 'at least', value: statement.target } as const }),
        note: `${median(measured.cpu).toFixed(0)} µs CPU a request (Pool ${median(measured.theirCpu).toFixed(0)}); p99 ${median(measured.p99).toFixed(1)} ms`,
      });
    }
  } finally {
    await pool.stop();
  }
  return lines;
}
