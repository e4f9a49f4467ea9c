/** Milestones of a workspace. */
import type { Milestone } from '../../domain/workspaces/index.ts';
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import { paged } from './numbered.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'workspaces';

const presentMilestone = ({ uid, name, targetDate, state }: Milestone): Record<string, unknown> => ({
  id: uid,
  name,
  targetDate,
  state,
});

export function registerMilestones(operations: Operations, { milestones }: RestServices): void {
  const path = '/workspaces/:workspace/milestones';
  operations.add(
    {
      method: 'GET',
      path,
      id: 'listMilestones',
      tag,
      summary: 'Target dates, the next first.',
      params: schemas.workspaceNameParams,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.milestone) },
      problems: [404],
    },
    ({ principal, params, query }) =>
      paged('milestones', query, (page) => milestones.list(principal, params.workspace, page), presentMilestone),
  );
  operations.add(
    {
      method: 'POST',
      path,
      id: 'createMilestone',
      tag,
      summary: 'Plan a milestone.',
      params: schemas.workspaceNameParams,
      body: schemas.milestoneBody,
      answers: { 201: schemas.milestone },
      problems: [404],
    },
    async ({ principal, params, body, reply }) => {
      const { milestone } = await milestones.create(principal, params.workspace, body);
      reply.code(201);
      return presentMilestone(milestone);
    },
  );
  const at = { tag, params: schemas.milestoneParams, path: `${path}/:id`, problems: [404] } as const;
  operations.add(
    {
      ...at,
      method: 'PATCH',
      id: 'updateMilestone',
      summary: 'Change a milestone.',
      body: schemas.milestonePatch,
      answers: { 200: schemas.milestone },
    },
    async ({ principal, params, body }) =>
      presentMilestone(await milestones.update(principal, params.workspace, params.id, body)),
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      id: 'deleteMilestone',
      summary: 'Delete a milestone.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      await milestones.remove(principal, params.workspace, params.id);
      reply.code(204);
    },
  );
}
