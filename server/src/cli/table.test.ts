import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, renderFields, renderTable, truncate } from './table.ts';
import { bytes, printable, time } from './text.ts';

describe('width', () => {
  it('counts cells of the terminal, not characters', () => {
    expect(displayWidth('Zürich')).toBe(6);
    expect(displayWidth('Zu\u0308rich')).toBe(6);
    expect(displayWidth('東京')).toBe(4);
  });

  it('never lets a cut text be wider than asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('tables', () => {
  const columns = [
    { title: 'name', value: (row: { name: string }) => row.name },
    { title: 'length', value: (row: { name: string }) => row.name.length, align: 'right' as const },
  ];

  it('aligns wide and narrow text', () => {
    const rows = [{ name: '東京' }, { name: 'Oslo!!' }];
    expect(renderTable(rows, columns, { width: 80, bold: false })).toBe(
      'name    length\n東京         2\nOslo!!       6\n',
    );
  });

  it('keeps every line within the width, as long as columns can be narrowed', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { minLength: 1 }), (names) => {
        const table = renderTable(
          names.map((name) => ({ name })),
          columns,
          { width: 24, bold: false },
        );
        for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(24);
      }),
    );
  });

  it('leaves out fields without a value', () => {
    const pairs = [
      ['a', 1],
      ['long name', ''],
      ['b', null],
    ] as const;
    expect(renderFields(pairs)).toBe('a:         1\nlong name:\n');
  });
});

describe('text', () => {
  it('lets no control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it('writes times and sizes for people', () => {
    expect(time('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04:05Z');
    expect(time('soon')).toBe('soon');
    expect([0, 999, 1000, 1234567].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '1.2 MB']);
  });
});
