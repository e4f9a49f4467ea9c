import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, pageLimit, toPage } from './paging.ts';

describe('paging', () => {
  it('gives a cursor back as it was, for its own list only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer(), (text, number) => {
        const cursor = encodeCursor('things', [text, number]);
        expect(decodeCursor('things', cursor, ['string', 'number'])).toEqual([text.toWellFormed(), number]);
        expect(() => decodeCursor('others', cursor, ['string', 'number'])).toThrow('does not come from this list');
        expect(() => decodeCursor('things', cursor, ['number', 'number'])).toThrow('does not come from this list');
        expect(() => decodeCursor('things', cursor, ['string'])).toThrow('does not come from this list');
      }),
      { seed: 1 },
    );
  });

  it('refuses every changed cursor', () => {
    const cursor = encodeCursor('things', [42]);
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom('A', '-', '!', '\0', 'ä', ''), (at, put) => {
        const changed = cursor.slice(0, at) + put + cursor.slice(at + 1);
        fc.pre(changed !== cursor);
        expect(() => decodeCursor('things', changed, ['number'])).toThrow('does not come from this list');
      }),
      { seed: 2 },
    );
    expect(() => decodeCursor('things', '', ['number'])).toThrow();
  });

  it('makes pages of rows read with one too many', () => {
    const page = toPage('things', [1, 2, 3], 2, (n) => [n], String);
    expect(page.items).toEqual(['1', '2']);
    expect(decodeCursor('things', page.nextCursor!, ['number'])).toEqual([2]);
    expect(toPage('things', [1, 2], 2, (n) => [n], String).nextCursor).toBeNull();
    expect(pageLimit({})).toBe(50);
    for (const limit of [0, -1, 501, 1.5, Number.NaN]) expect(() => pageLimit({ limit })).toThrow('1 to 500');
  });
});
