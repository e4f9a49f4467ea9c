import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the driver is loaded by the first connection, not by the engine', async () => {
  const registry = new URL('../registry.ts', import.meta.url).href;
  const script = `
    import { createRequire } from 'node:module';
    const { loadEngine } = await import(${JSON.stringify(registry)});
    const engine = await loadEngine('mongodb');
    engine.classify('{"find":"a"}');
    engine.parseUrl('mongodb://h/d');
    const loaded = () => Object.keys(createRequire(${JSON.stringify(registry)}).cache).some((name) => name.includes('/mongodb/lib/'));
    const before = loaded();
    const target = { host: 'h', addresses: ['127.0.0.1'], port: 1, database: 'd', username: '', password: '', tls: { mode: 'disable' }, options: {}, applicationName: 'x' };
    await engine.connect(target, { signal: AbortSignal.timeout(5000) }).catch(() => {});
    console.log(before, loaded());
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  expect(stdout.trim()).toBe('false true');
});
