import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { loadEngine } from '../registry.ts';
import { targetOf } from './testkit.ts';

test('the driver is loaded at the first connection, not with the engine', async () => {
  const { cache } = createRequire(import.meta.url);
  const loaded = () => Object.keys(cache).some((path) => /[\\/]node_modules[\\/]oracledb[\\/]/.test(path));
  const engine = await loadEngine('oracle');
  expect(engine).toMatchObject({ id: 'oracle', defaultPort: 1521, databaseRequired: true });
  expect(engine?.classify('select 1 from dual').verdict).toBe('read');
  expect(loaded()).toBe(false);
  const caller = AbortSignal.abort();
  await expect(engine?.connect(targetOf(), { signal: caller })).rejects.toMatchObject({ code: 'cancelled' });
  expect(loaded()).toBe(true);
});
