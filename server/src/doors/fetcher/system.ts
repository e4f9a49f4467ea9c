/** Addresses that need no sign-in (fetcher.md §3.14). `/readyz` and `/metrics` are the native door's. */
import { readUuid } from '../../domain/fetcher/index.ts';
import type { DoorInstance } from '../../platform/http/index.ts';
import { time } from './present.ts';
import type { FetcherServices } from './services.ts';

async function storeCheck(services: FetcherServices): Promise<{ status: 'up' | 'down'; latency_ms?: number }> {
  const started = performance.now();
  try {
    await services.ping();
    return { status: 'up', latency_ms: Math.round(performance.now() - started) };
  } catch {
    return { status: 'down' };
  }
}

export function registerSystem(app: DoorInstance, services: FetcherServices): void {
  const { version, now, open, draining } = services;
  app.get('/health', async () => ({ status: 'healthy' }));
  app.get('/version', async () => ({ version, requestDate: time(now()) }));
  app.get('/readyz/tenant/:id', async (request, reply) => {
    if (open) return reply.code(400).send({ error: 'multi-tenant mode is disabled' });
    const { id } = request.params as { id: string }; // the route has it
    const uid = readUuid(id);
    const store = await storeCheck(services);
    if (store.status === 'up' && (uid === undefined || !(await services.tenantExists(uid)))) {
      return reply.code(404).send({ error: 'tenant not found', tenant_id: id.slice(0, 100) });
    }
    const ready = store.status === 'up' && !draining();
    const checks = draining() ? { store, draining: { status: 'down' } } : { store };
    reply.code(ready ? 200 : 503);
    return { status: ready ? 'healthy' : 'unhealthy', checks, version, deployment_mode: 'local' };
  });
}
