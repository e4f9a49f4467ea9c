/**
 * A6: no attempt of the corpus reaches the server but as a read inside a transaction that is rolled back. There is no
 * SQL Server to look whether anything changed: what is proven is what the engine lets through, and in which envelope.
 */
import { expect, test } from 'vitest';
import { EngineError } from '../engine.ts';
import { bypassCases } from '../testing/kit.ts';
import { classify } from './classify.ts';
import { connected, standIn, targetOf, ValuesSink } from './testkit.ts';

// A carriage return alone cannot stand in a file that editors touch.
const cases = bypassCases('sqlserver').map((one) => ({
  ...one,
  sql: one.sql.replace('{cr}', 'SELECT 1 -- x\rDELETE FROM items'),
}));

test('the corpus has at least 150 attempts, each with its own name', () => {
  expect(cases.length).toBeGreaterThanOrEqual(150);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test.each(cases)('$name is called $expected', ({ sql, expected }) => {
  const { verdict, reason } = classify(sql);
  expect([verdict, reason?.message]).toEqual([expected, expected === 'refused' ? expect.any(String) : undefined]);
});

test('no attempt gets past the engine as a read', async () => {
  const server = await standIn();
  server.answer(/./, { columns: [{ name: 'n', type: 'int' }], rows: [] });
  server.answer('SERVERPROPERTY', { columns: [{ name: '', type: 'int' }], rows: [[51]] });
  const connection = await connected(targetOf(server));
  for (const { name, sql, expected } of cases) {
    const before = server.events.length;
    const outcome = await connection
      .run({ sql, parameters: [], access: 'read', timeoutMs: 0 }, new ValuesSink())
      .then(() => 'ran')
      .catch((error: unknown) => (error instanceof EngineError ? error.code : String(error)));
    const sent = server.events.slice(before).map(({ kind }) => kind);
    if (expected === 'read') expect([name, outcome, sent]).toEqual([name, 'ran', ['begin', 'call', 'rollback']]);
    else expect([name, outcome, sent]).toEqual([name, expected === 'write' ? 'read_only' : 'unsupported', []]);
  }
});
