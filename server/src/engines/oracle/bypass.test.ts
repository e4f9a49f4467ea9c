/**
 * A6 as far as it can be shown without a server: the classifier calls every attempt of the corpus what it must, and the
 * engine sends only what is a read, always inside a read-only transaction that is rolled back.
 */
import { expect, test } from 'vitest';
import { collectRows } from '../collect.ts';
import { bypassCases } from '../testing/kit.ts';
import { classify } from './classify.ts';
import { connected, FakeServer } from './testkit.ts';

const cases = bypassCases('oracle');

test('the corpus has at least 130 attempts, each with its own name', () => {
  expect(cases.length).toBeGreaterThanOrEqual(130);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test.each(cases)('$name is called $expected', ({ sql, expected }) => {
  const { verdict, reason } = classify(sql);
  expect([verdict, reason?.message]).toEqual([expected, expected === 'refused' ? expect.any(String) : undefined]);
});

test('nothing but reads is sent, each in a transaction of its own', async () => {
  const server = new FakeServer().on(/^(?:SELECT|WITH)/i, { columns: [], rows: [] });
  const connection = await connected(server);
  for (const { name, sql, expected } of cases) {
    server.log.length = 0;
    const values = expected === 'read' && sql.includes(':1') ? [1] : [];
    const outcome = await collectRows(connection, { sql, parameters: values }).then(
      () => 'ran',
      (error: { code?: string }) => error.code,
    );
    const wanted = { read: 'ran', write: 'read_only', refused: 'unsupported' }[expected];
    expect([name, outcome]).toEqual([name, wanted]);
    const sent = expected === 'read' ? ['SET TRANSACTION READ ONLY', sql, 'close result', 'rollback'] : [];
    expect([name, server.log]).toEqual([name, sent]);
  }
});
