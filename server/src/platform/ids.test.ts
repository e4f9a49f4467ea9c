import { expect, it } from 'vitest';
import { isUuid, uuidv7 } from './ids.ts';

it('makes UUIDv7s in order, each once, with the time in front', () => {
  const before = Date.now();
  const ids = Array.from({ length: 20_000 }, () => uuidv7());
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids.slice(0, 500))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16)).toBeGreaterThanOrEqual(before);
});

it('knows UUIDs', () => {
  expect(isUuid(uuidv7())).toBe(true);
  expect(isUuid('00000000-0000-0000-0000-00000000000A')).toBe(true);
  for (const text of ['', 'x', '00000000000000000000000000000000', `${uuidv7()} `, `${uuidv7()}\n`]) {
    expect(isUuid(text)).toBe(false);
  }
});
