/** Product instances (dataarts.md §4.11): a project has one. */
import { hash } from 'node:crypto';
import type { Site } from '../../domain/identity/index.ts';
import { directionOf, paged, windowOf } from './paging.ts';
import type { Routes } from './routes.ts';

function presentInstance(site: Site): Record<string, unknown> {
  return {
    project_id: site.projectId,
    region_id: site.projectName,
    order_id: hash('sha256', `order ${site.instanceId}`).slice(0, 32), // nothing was ordered: stable, and of the right shape
    instance_id: site.instanceId,
    instance_name: `Headgate-${site.instanceId}`,
    resource_spec_code: 'DataArtsInsight.unit.enterprise.user',
    order_type: 'ON_DEMAND',
    status: 2,
    domain_id: site.domainId,
    eps_id: '0',
  };
}

export function registerInstances(routes: Routes): void {
  routes.add(
    {
      method: 'GET',
      path: '/instances',
      id: 'listInstances',
      tag: 'instances',
      summary: 'Product instances of the project.',
      query: ['offset', 'limit', 'sort_key', 'sort_dir'],
    },
    ({ site, query }) => {
      const { limit, offset } = windowOf(query);
      directionOf(query);
      return paged({ items: [site].slice(offset, offset + limit), count: 1 }, presentInstance);
    },
  );
}
