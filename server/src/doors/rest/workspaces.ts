/** Workspaces: rooms to work in, and the pair that each has for a source. */
import { decodeCursor, encodeCursor, pageLimit } from '../../domain/paging.ts';
import type { Account, Listed, Member, Milestone, NumberedPage, WorkspaceView } from '../../domain/workspaces/index.ts';
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'workspaces';
const root = '/workspaces';
const one = `${root}/:workspace`;

interface PageAsked {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Lists of workspaces are paged by number: a cursor carries the next one, with the size of the pages. */
async function paged<T, V>(
  list: string,
  asked: PageAsked,
  read: (page: NumberedPage) => Promise<Listed<T>>,
  present: (item: T) => V,
): Promise<{ items: V[]; nextCursor: string | null }> {
  const [page, perPage] =
    asked.cursor === undefined ? [1, pageLimit(asked)] : decodeCursor(list, asked.cursor, ['number', 'number']);
  const { items, records } = await read({ page, perPage });
  const more = page * perPage < records;
  return { items: items.map(present), nextCursor: more ? encodeCursor(list, [page + 1, perPage]) : null };
}

function presentWorkspace(view: WorkspaceView): Record<string, unknown> {
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

const presentMember = ({ username, label, role }: Member): Record<string, unknown> => ({ username, label, role });

const presentMilestone = ({ uid, name, targetDate, state }: Milestone): Record<string, unknown> => ({
  id: uid,
  name,
  targetDate,
  state,
});

export function registerWorkspaces(operations: Operations, services: RestServices): void {
  const { workspaces, members } = services;
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
      return presentWorkspace(made);
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
    async ({ principal, params }) => presentWorkspace(await workspaces.get(principal, params.workspace)),
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
    },
    async ({ principal, params, body }) => {
      const { public: isPublic, stage: stageId, ...change } = body;
      const { uid } = await workspaces.get(principal, params.workspace); // a new name must not lose it
      return presentWorkspace(await workspaces.update(principal, uid, { ...change, isPublic, stageId }));
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
    },
    async ({ principal, params, reply }) => {
      await workspaces.remove(principal, params.workspace);
      reply.code(204);
    },
  );
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
}

export function registerWorkspaceCredentials(operations: Operations, services: RestServices): void {
  const { access, accounts } = services;
  const path = `${one}/credentials/:source`;
  const at = { tag, params: schemas.workspaceSourceParams, problems: [404, 502] } as const;
  const present = async (account: Account): Promise<Record<string, unknown>> => {
    const source = await services.store.db
      .selectFrom('data_source')
      .select('uid')
      .where('id', '=', account.sourceId)
      .executeTakeFirst();
    return { id: account.uid, source: source?.uid ?? '', username: account.dbUsername, owner: account.owner.username };
  };
  operations.add(
    {
      method: 'GET',
      path: `${one}/credentials`,
      id: 'listWorkspacePairs',
      tag,
      summary: "The workspace's pairs, without their passwords.",
      params: schemas.workspaceNameParams,
      answers: { 200: pageOf(schemas.workspacePair) },
      problems: [404],
    },
    async ({ principal, params }) => {
      const found = await accounts.listForWorkspace(principal, params.workspace);
      return { items: await Promise.all(found.map(present)), nextCursor: null };
    },
  );
  operations.add(
    {
      ...at,
      method: 'PUT',
      path,
      id: 'putWorkspacePair',
      summary: 'Store the pair of everybody who works in it, once a connection with it has worked.',
      body: schemas.pairBody,
      answers: { 200: schemas.workspacePair, 201: schemas.workspacePair },
    },
    async ({ principal, params, body, reply }) => {
      const { source } = await access.resolve(principal, params.source);
      const { created, account } = await accounts.putForWorkspace(principal, params.workspace, source.id, body);
      reply.code(created ? 201 : 200);
      return present(account);
    },
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      path,
      id: 'deleteWorkspacePair',
      summary: 'Remove it.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      const { source } = await access.resolve(principal, params.source);
      await accounts.removeForWorkspace(principal, params.workspace, source.id);
      reply.code(204);
    },
  );
}

export function registerMilestones(operations: Operations, { milestones }: RestServices): void {
  const path = `${one}/milestones`;
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
