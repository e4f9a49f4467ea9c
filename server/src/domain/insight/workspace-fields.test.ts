/** Settings that are merged key by key, and what a write may say (dataarts.md §5.1–§5.3). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFields, mergeSettings } from './workspace-fields.ts';

const key = fc.constantFrom('a', 'b', 'mode', 'constructor', 'toString', 'Ключ');
const given = fc.dictionary(key, fc.option(fc.string({ maxLength: 5 })), { noNullPrototype: true });

describe('settings', () => {
  it('are after many writes what the last word about each key was', () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 8 }), (writes) => {
        const model = new Map<string, string>();
        for (const [name, value] of writes.flatMap((write) => Object.entries(write))) {
          if (value === null) model.delete(name);
          else model.set(name, value);
        }
        const merged = writes.reduce<Readonly<Record<string, string>>>(mergeSettings, {});
        expect(new Map(Object.entries(merged))).toEqual(model);
        for (const write of writes.slice(-1)) expect(mergeSettings(merged, write)).toEqual(merged); // idempotent
      }),
    );
  });

  it('are at most 64, however they came together', () => {
    const many = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from }, (_, index) => [`k${from + index}`, '1']));
    expect(Object.keys(mergeSettings(many(0, 60), many(56, 64)))).toHaveLength(64);
    expect(() => mergeSettings(many(0, 60), many(60, 65))).toThrow('configs');
    expect(Object.keys(mergeSettings(many(0, 64), { k0: null, new: '1' }))).toHaveLength(64);
  });
});

describe('an enterprise project', () => {
  it.each([
    ['any', [], 'whatever', true],
    ['one of the list', ['finance'], 'finance', true],
    ['the account’s own', ['finance'], '0', true],
    ['none of the list', ['finance'], 'sales', false],
    ['none', [], '', false],
  ])('may be %s', (_what, known, epsId, fits) => {
    const check = () => checkFields({ name: 'x', epsId }, known as string[]).epsId;
    if (fits) expect(check()).toBe(epsId);
    else expect(check).toThrow('invalid request parameter: eps_id');
  });
});
