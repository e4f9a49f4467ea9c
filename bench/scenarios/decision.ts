/** A5: does the cost of a decision grow with the number of sources? Facts are loaded anew for each decision. */
import type { Bench } from '../lib/bench.ts';
import { type DecisionBy, fillSources } from '../lib/decision-costs.ts';
import { type Line, median } from '../lib/statistics.ts';

interface Costs {
  readonly p50: number;
  readonly p99: number;
}

export async function decision(bench: Bench): Promise<Line[]> {
  await bench.headgate.api('POST', '/users', { username: 'deciding', password: 'bench deciding password' });
  const rounds = async (by: DecisionBy): Promise<Costs[]> => {
    const measure = (): Promise<Costs> =>
      bench.headgate.child.call<Costs>({ type: 'decisions', count: 3000, username: 'deciding', by });
    await measure();
    const costs: Costs[] = [];
    for (let round = 0; round < bench.rounds; round++) costs.push(await measure());
    return costs;
  };
  const both = async (count: number): Promise<Record<DecisionBy, Costs[]>> => {
    await fillSources(bench.storeUrl, 'deciding', count);
    return { name: await rounds('name'), number: await rounds('number') };
  };
  const few = await both(100);
  const many = await both(100_000);
  const line = (by: DecisionBy, which: keyof Costs): Line => {
    const at = (costs: Record<DecisionBy, Costs[]>): number => median(costs[by].map((cost) => cost[which]));
    return {
      name: `decision by ${by} with facts loaded anew, ${which}, 100,000 sources against 100`,
      value: at(many),
      reference: at(few),
      ratio: at(many) / at(few),
      unit: 'µs',
      target: { kind: 'at most', value: 1.2 },
    };
  };
  return [line('name', 'p50'), line('name', 'p99'), line('number', 'p50'), line('number', 'p99')];
}
