/** Health, readiness, metrics, the OpenAPI document and its page. None needs a sign-in. */
import type { DoorInstance } from '../../platform/http/index.ts';
import { apiPrefix } from './operation.ts';
import type { RestServices } from './services.ts';

/** A check that has not answered by then counts as down. */
const checkTimeoutMs = 1500;

type CheckResult = { status: 'up'; latency_ms: number } | { status: 'down'; reason: string };

async function runCheck(check: () => Promise<void>): Promise<CheckResult> {
  const started = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), checkTimeoutMs);
  });
  try {
    await Promise.race([check(), late]);
    return { status: 'up', latency_ms: Math.round(performance.now() - started) };
  } catch {
    return { status: 'down', reason: 'does not answer' };
  } finally {
    clearTimeout(timer);
  }
}

/** Asks every check at once. */
export function checkAll(
  checks: RestServices['checks'],
): Promise<{ readonly name: string; readonly result: CheckResult }[]> {
  return Promise.all(Object.entries(checks).map(async ([name, check]) => ({ name, result: await runCheck(check) })));
}

export function registerSystem(app: DoorInstance, services: RestServices): void {
  const { checks, draining, metrics, version, settings } = services;
  app.get('/healthz', async () => ({ status: 'healthy', version }));
  app.get('/readyz', async (_request, reply) => {
    const results = await checkAll(checks);
    const found: Record<string, unknown> = Object.fromEntries(results.map(({ name, result }) => [name, result]));
    if (draining()) found.draining = { status: 'down', reason: 'the server is stopping' };
    const ready = !draining() && results.every(({ result }) => result.status === 'up');
    reply.code(ready ? 200 : 503);
    return { status: ready ? 'healthy' : 'unhealthy', checks: found, version, deployment_mode: 'local' };
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  app.get(`${apiPrefix}/openapi.json`, async () => app.swagger());
  app.get('/', async (_request, reply) => reply.redirect(settings.consoleEnabled ? '/console/' : '/docs/'));
}
