import { expect, it } from 'vitest';
import { InFlight } from './in-flight.ts';

it('holds what was added and not deleted, whatever the order', () => {
  const bag = new InFlight<{ place: number; name: string }>();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ place: -1, name })) as [never, never, never];
  for (const item of [a, b, c]) bag.add(item);
  bag.delete(a);
  bag.delete(a);
  expect([...bag].map(({ name }) => name).sort()).toEqual(['b', 'c']);
  for (const item of bag) bag.delete(item);
  expect(bag.size).toBe(0);
  bag.add(a);
  expect([...bag]).toEqual([a]);
});
