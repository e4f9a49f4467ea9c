/** Does somebody's bulk read slow another's small request? The event loop's delay while two bulk streams run. */
import type { Bench } from '../lib/bench.ts';
import { type Line, median } from '../lib/statistics.ts';

async function drain(bench: Bench): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${bench.headgate.port}/api/v1/sources/postgresql/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bench.headgate.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ sql: 'select * from m8' }),
  });
  if (!answer.ok || answer.body === null) throw new Error(await answer.text());
  for await (const _chunk of answer.body);
}

export async function fairness(bench: Bench): Promise<Line[]> {
  const p99: number[] = [];
  const max: number[] = [];
  await drain(bench);
  for (let round = 0; round < bench.rounds; round++) {
    await bench.headgate.child.call({ type: 'loop-start' });
    await Promise.all([drain(bench), drain(bench)]);
    const delay = await bench.headgate.child.call<{ p99: number; max: number }>({ type: 'loop-stop' });
    p99.push(delay.p99);
    max.push(delay.max);
  }
  return [
    {
      name: 'event loop delay p99 while two bulk streams run',
      value: median(p99),
      unit: 'ms',
      target: { kind: 'at most', value: 10 },
      note: `highest single delay ${median(max).toFixed(1)} ms`,
    },
  ];
}
