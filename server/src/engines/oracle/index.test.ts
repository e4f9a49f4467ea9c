import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { loadEngine } from '../registry.ts';
import { targetOf } from './testkit.ts';

test('is known without its driver', async () => {
  const engine = await loadEngine('oracle');
  expect(engine).toMatchObject({ id: 'oracle', defaultPort: 1521, databaseRequired: true });
  expect(engine?.classify('select 1 from dual').verdict).toBe('read');
  const caller = AbortSignal.abort();
  await expect(engine?.connect(targetOf(), { signal: caller })).rejects.toMatchObject({ code: 'cancelled' });
});

test('the driver is loaded at the first connection, not with the engine', async () => {
  // In a process of its own: here another test may have loaded it.
  const script = `
    import { createRequire } from 'node:module';
    import { loadEngine } from '${new URL('../registry.ts', import.meta.url)}';
    const { cache } = createRequire('/');
    const loaded = () => Object.keys(cache).some((path) => /[\\\\/]node_modules[\\\\/]oracledb[\\\\/]/.test(path));
    const engine = await loadEngine('oracle');
    engine.classify('select 1 from dual');
    const before = loaded();
    await engine.connect(${JSON.stringify(targetOf())}, { signal: AbortSignal.abort() }).catch(() => undefined);
    console.log(before, loaded());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  expect(stdout).toBe('false true\n');
});
