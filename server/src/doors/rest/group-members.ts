/** Members of group data sources: other sources of the same owner, each with a prefix. */
import { pageOf } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'sources';

export function registerGroupMembers(operations: Operations, { groupMembers }: RestServices): void {
  operations.add(
    {
      method: 'GET',
      path: '/sources/:name/members',
      id: 'listGroupSourceMembers',
      tag,
      summary: 'The members of a group data source that the caller may see.',
      params: schemas.sourceParams,
      answers: { 200: pageOf(schemas.groupMember) },
      problems: [404],
    },
    async ({ principal, params }) => ({ items: await groupMembers.list(principal, params.name), nextCursor: null }),
  );
  operations.add(
    {
      method: 'PUT',
      path: '/sources/:name/members/:member',
      id: 'putGroupSourceMember',
      tag,
      summary: "Make a source of the group's owner a member, or change its prefix.",
      params: schemas.groupMemberParams,
      body: schemas.groupMemberBody,
      answers: { 200: schemas.groupMember },
      problems: [404],
    },
    ({ principal, params, body }) => groupMembers.put(principal, params.name, params.member, body.prefix),
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/sources/:name/members/:member',
      id: 'removeGroupSourceMember',
      tag,
      summary: 'Take a member out of a group data source; the member itself stays.',
      params: schemas.groupMemberParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await groupMembers.remove(principal, params.name, params.member);
      reply.code(204);
    },
  );
}
