/** A5: does the cost of a decision grow with the number of sources? Facts are loaded anew for each decision. */
import type { Bench } from '../lib/bench.ts';
import { fillSources } from '../lib/decision-costs.ts';
import { type Line, median } from '../lib/statistics.ts';

interface Costs {
  readonly p50: number;
  readonly p99: number;
}

export async function decision(bench: Bench): Promise<Line[]> {
  const measure = (): Promise<Costs> =>
    bench.headgate.child.call<Costs>({ type: 'decisions', count: 3000, username: 'deciding' });
  await bench.headgate.api('POST', '/users', { username: 'deciding', password: 'bench deciding password' });
  const rounds = async (): Promise<Costs[]> => {
    await measure();
    const costs: Costs[] = [];
    for (let round = 0; round < bench.rounds; round++) costs.push(await measure());
    return costs;
  };
  await fillSources(bench.storeUrl, 'deciding', 100);
  const few = await rounds();
  await fillSources(bench.storeUrl, 'deciding', 100_000);
  const many = await rounds();
  const line = (which: 'p50' | 'p99'): Line => {
    const at = (costs: Costs[]): number => median(costs.map((cost) => cost[which]));
    return {
      name: `decision with facts loaded anew, ${which}, 100,000 sources against 100`,
      value: at(many),
      reference: at(few),
      ratio: at(many) / at(few),
      unit: 'µs',
      target: { kind: 'at most', value: 1.2 },
    };
  };
  return [line('p50'), line('p99')];
}
