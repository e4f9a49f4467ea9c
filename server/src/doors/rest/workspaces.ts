/** Workspaces: rooms to work in, and who belongs to them. */
import type { FastifyReply } from 'fastify';
import type { Member, WorkspaceView } from '../../domain/workspaces/index.ts';
import { etagOf, ifMatchVersion, pageOf, pageQuery } from '../../platform/http/index.ts';
import { paged } from './numbered.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'workspaces';
const root = '/workspaces';
const one = `${root}/:workspace`;

/** A workspace as the caller sees it. */
export function presentWorkspace(view: WorkspaceView): Record<string, unknown> {
  return {
    id: view.uid,
    name: view.name,
    summary: view.summary,
    public: view.isPublic,
    archivedAt: view.archivedAt,
    owner: view.owner.username,
    member: view.isMember,
    rights: view.rights,
    members: view.membersCount,
    stage: view.stage === null ? null : { id: view.stage.id, name: view.stage.name },
    tags: view.tags.map(({ name }) => name),
    files: view.workfilesCount,
    datasets: view.datasetsCount,
    sandbox: view.sandbox === null ? null : { source: view.sandbox.source.uid, schema: view.sandbox.name },
    showSandboxDatasets: view.showSandboxDatasets,
    picture: view.picture === null ? null : { updatedAt: view.picture.updatedAt },
    isProject: view.isProject,
    projectStatus: view.projectStatus,
    projectStatusReason: view.projectStatusReason,
    milestones: view.milestoneCount,
    milestonesAchieved: view.milestonesAchieved,
    targetDate: view.targetDate,
    version: view.version,
    createdAt: view.createdAt,
    updatedAt: view.updatedAt,
  };
}

/** An answer that shows a workspace carries its version as ETag. */
function tagged(reply: FastifyReply, view: WorkspaceView): Record<string, unknown> {
  reply.header('etag', etagOf(view.version));
  return presentWorkspace(view);
}

const presentMember = ({ username, label, role }: Member): Record<string, unknown> => ({ username, label, role });

export function registerWorkspaces(operations: Operations, services: RestServices): void {
  const { workspaces } = services;
  const at = { tag, params: schemas.workspaceNameParams, problems: [404] } as const;
  operations.add(
    {
      method: 'GET',
      path: root,
      id: 'listWorkspaces',
      tag,
      summary: 'Public workspaces, and those that the caller belongs to.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.workspace) },
    },
    ({ principal, query }) =>
      paged('workspaces', query, (page) => workspaces.list(principal, {}, page), presentWorkspace),
  );
  operations.add(
    {
      method: 'POST',
      path: root,
      id: 'createWorkspace',
      tag,
      summary: 'Make a workspace; the caller owns it.',
      body: schemas.workspaceBody,
      answers: { 201: schemas.workspace },
    },
    async ({ principal, body, reply }) => {
      const { public: isPublic, ...input } = body;
      const made = await workspaces.create(principal, { ...input, isPublic });
      reply.code(201).header('location', `/api/v1/workspaces/${made.uid}`);
      return tagged(reply, made);
    },
  );
  operations.add(
    {
      ...at,
      method: 'GET',
      path: one,
      id: 'getWorkspace',
      summary: 'Read a workspace.',
      answers: { 200: schemas.workspace },
    },
    async ({ principal, params, reply }) => {
      const view = await workspaces.get(principal, params.workspace);
      return tagged(reply, view);
    },
  );
  operations.add(
    {
      ...at,
      method: 'PATCH',
      path: one,
      id: 'updateWorkspace',
      summary: 'Change a workspace: members its name and summary, its owner everything.',
      body: schemas.workspacePatch,
      answers: { 200: schemas.workspace },
      problems: [404, 412],
    },
    async ({ principal, params, body, request, reply }) => {
      const { public: isPublic, stage: stageId, ...change } = body;
      const ifMatch = ifMatchVersion(request.headers['if-match']);
      const { uid } = await workspaces.get(principal, params.workspace); // a new name must not lose it
      return tagged(reply, await workspaces.update(principal, uid, { ...change, isPublic, stageId }, ifMatch));
    },
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      path: one,
      id: 'deleteWorkspace',
      summary: 'Delete a workspace and its pairs.',
      answers: { 204: schemas.noContent },
      problems: [404, 412],
    },
    async ({ principal, params, request, reply }) => {
      await workspaces.remove(principal, params.workspace, ifMatchVersion(request.headers['if-match']));
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/workspace-stages',
      id: 'listWorkspaceStages',
      tag,
      summary: 'The stages that a workspace goes through, in order.',
      answers: { 200: pageOf(schemas.stage) },
    },
    async () => ({ items: await workspaces.stages(), nextCursor: null }),
  );
}

/** Who belongs to a workspace: users with a label each. */
export function registerWorkspaceMembers(operations: Operations, { members }: RestServices): void {
  const at = { tag, params: schemas.workspaceNameParams, problems: [404] } as const;
  operations.add(
    {
      ...at,
      method: 'GET',
      path: `${one}/members`,
      id: 'listWorkspaceMembers',
      summary: 'Who belongs to it.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.member) },
    },
    ({ principal, params, query }) =>
      paged('members', query, (page) => members.list(principal, params.workspace, page), presentMember),
  );
  operations.add(
    {
      ...at,
      method: 'PUT',
      path: `${one}/members`,
      id: 'putWorkspaceMembers',
      summary: 'Say who belongs to it; all others do no more.',
      body: schemas.membersBody,
      answers: { 200: pageOf(schemas.member) },
    },
    async ({ principal, params, body }) => {
      const now = await members.replaceByName(principal, params.workspace, body.members);
      return { items: now.map(presentMember), nextCursor: null };
    },
  );
  operations.add(
    {
      ...at,
      method: 'GET',
      path: `${one}/groups`,
      id: 'listWorkspaceGroups',
      summary: 'Groups whose users belong to it.',
      answers: { 200: pageOf(schemas.groupMembership) },
    },
    async ({ principal, params }) => ({
      items: await members.listGroups(principal, params.workspace),
      nextCursor: null,
    }),
  );
  operations.add(
    {
      ...at,
      method: 'PUT',
      path: `${one}/groups`,
      id: 'putWorkspaceGroups',
      summary: 'Say which groups belong to it; all others do no more.',
      body: schemas.groupMembershipsBody,
      answers: { 200: pageOf(schemas.groupMembership) },
    },
    async ({ principal, params, body }) => ({
      items: await members.replaceGroups(principal, params.workspace, body.groups),
      nextCursor: null,
    }),
  );
  const single = { tag, params: schemas.workspaceMemberParams, path: `${one}/members/:username`, problems: [404] };
  operations.add(
    {
      ...single,
      method: 'PUT',
      id: 'putWorkspaceMember',
      summary: 'Add one user, or give another label or role.',
      body: schemas.memberBody,
      answers: { 200: schemas.member },
    },
    async ({ principal, params, body }) =>
      presentMember(await members.put(principal, params.workspace, params.username, body)),
  );
  operations.add(
    {
      ...single,
      method: 'DELETE',
      id: 'removeWorkspaceMember',
      summary: 'Take one user out; its owner stays.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      await members.remove(principal, params.workspace, params.username);
      reply.code(204);
    },
  );
}
