/** The installation: its health, its nodes, its keys by id and age. */
import { pageOf } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';
import { checkAll } from './system.ts';

const tag = 'system';

export function registerInstallation(operations: Operations, services: RestServices): void {
  const { system, version, checks, draining } = services;
  operations.add(
    {
      method: 'GET',
      path: '/system',
      id: 'getSystem',
      tag,
      summary: 'Version, health, store, keys and waiting work; for administrators.',
      answers: { 200: schemas.system },
    },
    async ({ principal }) => {
      const found = await system.read(principal);
      const results = await checkAll(checks);
      return {
        version,
        healthy: !draining() && results.every(({ result }) => result.status === 'up'),
        checks: results.map(({ name, result }) => ({
          name,
          up: result.status === 'up',
          milliseconds: result.status === 'up' ? result.latency_ms : null,
        })),
        ...found,
      };
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/system/nodes',
      id: 'listNodes',
      tag,
      summary: 'The processes of this installation; for administrators.',
      answers: { 200: pageOf(schemas.node) },
    },
    async ({ principal }) => ({ items: await system.nodes(principal), nextCursor: null }),
  );
}
