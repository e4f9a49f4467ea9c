/** Workspaces of an instance (dataarts.md §3). */
import type { FastifyRequest } from 'fastify';
import type { Site } from '../../domain/identity/index.ts';
import type { InsightWorkspace, WorkspaceWrite } from '../../domain/insight/index.ts';
import { hexOf } from '../../platform/ids.ts';
import { objectOf, readObject, textOf } from './body.ts';
import { paged, windowOf } from './paging.ts';
import { millis } from './present.ts';
import type { Routes } from './routes.ts';
import type { DataartsServices } from './services.ts';

const tag = 'workspaces';
const root = '/instances/:instance/workspaces';
const one = `${root}/:workspace`;
const members = ['name', 'description', 'eps_id', 'configs'];

/** All fourteen keys, always (§3.0). */
function presentWorkspace(site: Site, workspace: InsightWorkspace): Record<string, unknown> {
  return {
    id: hexOf(workspace.uid),
    name: workspace.name,
    description: workspace.description,
    configs: workspace.settings,
    eps_id: workspace.epsId,
    project_id: site.projectId,
    instance_id: site.instanceId,
    domain_id: site.domainId,
    is_default: workspace.isDefault ? 1 : 0,
    create_time: millis(workspace.createdAt),
    create_user: workspace.createdBy,
    update_time: millis(workspace.updatedAt),
    update_user: workspace.updatedBy,
    owner_name: workspace.owner,
  };
}

/** A null among the settings is a word of its own: it removes the key (§5.3). */
function settingsOf(value: unknown): WorkspaceWrite['settings'] {
  const configs = objectOf(value, 'configs');
  if (configs === undefined) return undefined;
  const entries = Object.entries(configs).map(([key, one]) => [key, textOf(one, `configs.${key}`) ?? null] as const);
  return Object.fromEntries(entries);
}

/** Kinds of values first, as the original's parser does; rules come with the domain. */
function readWrite(request: FastifyRequest): WorkspaceWrite {
  const body = readObject(request);
  return {
    name: textOf(body.name, 'name'),
    epsId: textOf(body.eps_id, 'eps_id'),
    description: textOf(body.description, 'description'),
    settings: settingsOf(body.configs),
  };
}

export function registerWorkspaces(routes: Routes, { workspaces }: DataartsServices): void {
  routes.add(
    {
      method: 'GET',
      path: root,
      id: 'listWorkspaces',
      tag,
      summary: 'Workspaces that the caller may enter.',
      query: ['name', 'offset', 'limit'],
    },
    async ({ principal, site, query, path }) => {
      const asked = { name: query.name, ...windowOf(query) };
      const found = await workspaces.list(principal, site, path('instance'), asked);
      return paged(found, (workspace) => presentWorkspace(site, workspace));
    },
  );
  routes.add(
    { method: 'POST', path: root, id: 'createWorkspace', tag, summary: 'Make a workspace.', body: members },
    async ({ principal, site, request, path }) => {
      workspaces.admitCreate(principal, site, path('instance'));
      return presentWorkspace(site, await workspaces.create(principal, readWrite(request)));
    },
  );
  routes.add(
    {
      method: 'PUT',
      path: one,
      id: 'updateWorkspace',
      tag,
      summary: 'Change a workspace; settings are merged.',
      body: members,
    },
    async ({ principal, site, request, path }) => {
      const [instance, workspace] = [path('instance'), path('workspace')];
      // Instance and workspace before the body (§3.3); the change itself looks again, under a lock.
      workspaces.requireNormal(await workspaces.admit(principal, site, instance, workspace));
      const write = readWrite(request);
      const { uid } = await workspaces.update(principal, site, instance, workspace, write);
      return { id: hexOf(uid) };
    },
  );
  routes.add(
    { method: 'DELETE', path: one, id: 'deleteWorkspace', tag, summary: 'Delete a workspace and all that is in it.' },
    async ({ principal, site, path }) => {
      await workspaces.remove(principal, site, path('instance'), path('workspace'));
      return { status_code: 200, message: null, is_success: true };
    },
  );
}
