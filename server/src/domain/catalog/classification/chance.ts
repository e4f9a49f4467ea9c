/** How often a value that has an identifier's shape passes its check by chance: tried, with a fixed seed. */
import { shapeRules } from './builtin.ts';
import { readShape } from './shape.ts';

const tries = 400;
const known = new Map<number, number>();

/** A share of 0–1; 0 for an identifier without check, and for one whose shape alone is rare. */
export function chanceOf(id: number): number {
  const found = known.get(id);
  if (found !== undefined) return found;
  let highest = 0;
  for (const { shape, check, counts } of shapeRules[id] ?? []) {
    if (check === undefined || counts !== undefined) continue;
    for (const one of readShape(shape)) highest = Math.max(highest, tryOne(one.places, check));
  }
  known.set(id, highest);
  return highest;
}

function tryOne(places: readonly Uint8Array[], check: (value: Uint8Array, length: number) => boolean): number {
  const members = places.map((set) => [...set.keys()].filter((place) => set[place] === 1));
  const value = new Uint8Array(places.length);
  let state = 20_261_126;
  let passed = 0;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    members.forEach((set, index) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      value[index] = set[(state >>> 8) % set.length]!;
    });
    if (check(value, places.length)) passed += 1;
  }
  return passed / tries;
}
