/** Workspaces, their pair for a source, members and milestones (chorus.md §3.1, §3.4, §3.5, §3.10). */
import type { MemberInput, MilestoneInput, WorkspaceChange, WorkspaceView } from '../../domain/workspaces/index.ts';
import { readPair } from './data-sources.ts';
import { listed, pageOf } from './paging.ts';
import { attributesOf, booleanOf, type Fields, idOf, isFields, listOf, plainText, textOf } from './params.ts';
import { presentAccount, presentMember, presentMilestone, presentWorkspace, presentWorkspaceShort } from './present.ts';
import { presentActivity, presentComment } from './present-content.ts';
import { type ChorusCall, enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

const root = '/workspaces';
const one = `${root}/:id`;

function readChange(params: Fields): WorkspaceChange {
  const fields = attributesOf(params, 'workspace');
  const stage = fields.workspace_stage_id;
  return {
    name: fields.name === undefined ? undefined : (textOf(fields.name) ?? ''),
    summary: textOf(fields.summary),
    isPublic: booleanOf(fields.public),
    archived: booleanOf(fields.archived),
    ownerId: fields.owner_id === undefined ? undefined : (idOf(fields.owner_id) ?? 0),
    stageId: stage === undefined ? undefined : stage === null || stage === '' ? null : (idOf(stage) ?? 0),
    showSandboxDatasets: booleanOf(fields.show_sandbox_datasets),
    isProject: booleanOf(fields.is_project),
    projectStatus: plainText(fields.project_status),
    projectStatusReason: textOf(fields.project_status_reason),
    hasAddedMember: booleanOf(fields.has_added_member),
    hasChangedSettings: booleanOf(fields.has_changed_settings),
  };
}

/** `member_ids[]`, or `members` with a role each. */
function readMembers(params: Fields): MemberInput[] {
  const given = listOf(params.members);
  if (given.length > 0) {
    return given.map((member) =>
      isFields(member)
        ? { userId: idOf(member.user_id) ?? 0, label: plainText(member.role) }
        : { userId: idOf(member) ?? 0 },
    );
  }
  return listOf(params.member_ids).map((id) => ({ userId: idOf(id) ?? 0 }));
}

/** What people wrote last, where it is asked for (§4.1). */
async function latestOf(
  { notes }: ChorusServices,
  principal: ChorusCall['principal'],
  workspace: WorkspaceView,
  params: Fields,
): Promise<Record<string, unknown>> {
  if (booleanOf(params.show_latest_comments) !== true) return {};
  const { list, insight } = await notes.latest(principal, workspace.id);
  return {
    number_of_insights: workspace.recentInsightsCount,
    number_of_comments: workspace.recentNotesCount - workspace.recentInsightsCount + workspace.recentCommentsCount,
    latest_comment_list: list.map((one) => ('action' in one ? presentActivity(one, true) : presentComment(one))),
    latest_insight: insight === null ? null : presentActivity(insight, true),
  };
}

export function registerWorkspaces(routes: Routes, services: ChorusServices): void {
  const { workspaces } = services;
  const tag = 'workspaces';
  const shown = async (
    workspace: WorkspaceView,
    principal: ChorusCall['principal'],
    params: Fields = {},
  ): Promise<unknown> => {
    const last = await services.notes.lastStatusChange(principal, workspace.id);
    const more = last === null ? {} : { latest_status_change_activity: presentActivity(last, true) };
    return enveloped(
      presentWorkspace(workspace, { ...more, ...(await latestOf(services, principal, workspace, params)) }),
    );
  };
  routes.add(
    { method: 'GET', path: root, id: 'listWorkspaces', tag, summary: 'Workspaces.' },
    async ({ principal, params }) => {
      const page = pageOf(params);
      const filter = {
        active: booleanOf(params.active) === true,
        mostActive: textOf(params.get_options) === 'most_active',
        ...(params.user_id === undefined || params.user_id === '' ? {} : { userId: idOf(params.user_id) ?? 0 }),
      };
      const found = await workspaces.list(principal, filter, page);
      const succinct = booleanOf(params.succinct) === true;
      const shown = await Promise.all(
        found.items.map(async (workspace) => {
          const more = await latestOf(services, principal, workspace, params);
          return succinct ? { ...presentWorkspaceShort(workspace), ...more } : presentWorkspace(workspace, more);
        }),
      );
      return listed(page, { items: shown, records: found.records }, (workspace) => workspace);
    },
  );
  routes.add(
    { method: 'POST', path: root, id: 'createWorkspace', tag, summary: 'Make a workspace.', status: 201 },
    async ({ principal, params }) => {
      const { name, summary, isPublic } = readChange(params);
      return shown(await workspaces.create(principal, { name: name ?? '', summary, isPublic }), principal);
    },
  );
  routes.add(
    { method: 'GET', path: one, id: 'getWorkspace', tag, summary: 'One workspace.' },
    async ({ principal, params, id }) => shown(await workspaces.get(principal, id('id')), principal, params),
  );
  routes.add(
    {
      method: 'PUT',
      path: one,
      id: 'updateWorkspace',
      tag,
      summary: 'Change a workspace; what it cannot change is ignored.',
    },
    async ({ principal, params, id }) =>
      shown(await workspaces.update(principal, id('id'), readChange(params)), principal),
  );
  routes.add(
    { method: 'DELETE', path: one, id: 'deleteWorkspace', tag, summary: 'Delete a workspace.' },
    async ({ principal, id }) => {
      await workspaces.remove(principal, id('id'));
      return {};
    },
  );
  routes.add(
    { method: 'DELETE', path: `${one}/quickstart`, id: 'dismissQuickstart', tag, summary: 'The checklist is done.' },
    async ({ principal, id }) => shown(await workspaces.dismissQuickstart(principal, id('id')), principal),
  );
  registerAccount(routes, services);
  registerMembers(routes, services);
  registerMilestones(routes, services);
}

function registerAccount(routes: Routes, { accounts }: ChorusServices): void {
  const tag = 'accounts';
  const path = `${one}/data_source_account`;
  const sourceOf = ({ params }: ChorusCall): number | undefined => idOf(attributesOf(params, 'account').data_source_id);
  for (const method of ['PUT', 'POST'] as const) {
    const name = method === 'PUT' ? 'putWorkspaceAccount' : 'postWorkspaceAccount';
    const status = method === 'PUT' ? 200 : 201;
    routes.add(
      { method, path, id: name, tag, summary: "Store the workspace's pair, once it is known to work.", status },
      async (call) => {
        const { principal, params, id } = call;
        const { account } = await accounts.putForWorkspace(principal, id('id'), sourceOf(call), readPair(params));
        return enveloped(presentAccount(account));
      },
    );
  }
  routes.add(
    { method: 'GET', path, id: 'getWorkspaceAccount', tag, summary: "The workspace's pair." },
    async (call) => {
      const account = await accounts.getForWorkspace(call.principal, call.id('id'), sourceOf(call));
      return enveloped(account === null ? null : presentAccount(account));
    },
  );
  routes.add(
    { method: 'DELETE', path, id: 'deleteWorkspaceAccount', tag, summary: "Remove the workspace's pair." },
    async (call) => {
      await accounts.removeForWorkspace(call.principal, call.id('id'), sourceOf(call));
      return {};
    },
  );
}

function registerMembers(routes: Routes, { members }: ChorusServices): void {
  const tag = 'members';
  const path = `${one}/members`;
  routes.add(
    { method: 'GET', path, id: 'listMembers', tag, summary: 'Who belongs to it.' },
    async ({ principal, params, id }) => {
      const page = pageOf(params);
      return listed(page, await members.list(principal, id('id'), page), presentMember);
    },
  );
  routes.add(
    { method: 'POST', path, id: 'replaceMembers', tag, summary: 'Say who belongs to it; all others do no more.' },
    async ({ principal, params, id }) => {
      const now = await members.replace(principal, id('id'), readMembers(params));
      return enveloped(now.map(presentMember));
    },
  );
}

function readMilestone(params: Fields): MilestoneInput {
  const fields = attributesOf(params, 'milestone');
  return { name: textOf(fields.name), targetDate: textOf(fields.target_date), state: plainText(fields.state) };
}

function registerMilestones(routes: Routes, { milestones }: ChorusServices): void {
  const tag = 'milestones';
  const path = `${one}/milestones`;
  routes.add(
    { method: 'GET', path, id: 'listMilestones', tag, summary: 'By target date.' },
    async ({ principal, params, id }) => {
      const page = pageOf(params);
      const { workspace, ...found } = await milestones.list(principal, id('id'), page);
      return listed(page, found, (milestone) => presentMilestone(milestone, workspace));
    },
  );
  routes.add(
    { method: 'POST', path, id: 'createMilestone', tag, summary: 'A new one is planned.', status: 201 },
    async ({ principal, params, id }) => {
      const { milestone, workspace } = await milestones.create(principal, id('id'), readMilestone(params));
      return enveloped(presentMilestone(milestone, workspace));
    },
  );
  routes.add(
    { method: 'PUT', path: `${path}/:milestone`, id: 'updateMilestone', tag, summary: 'Change a milestone.' },
    async ({ principal, params, id }) => {
      await milestones.update(principal, id('id'), id('milestone'), readMilestone(params));
      return {};
    },
  );
  routes.add(
    { method: 'DELETE', path: `${path}/:milestone`, id: 'deleteMilestone', tag, summary: 'Delete a milestone.' },
    async ({ principal, id }) => {
      await milestones.remove(principal, id('id'), id('milestone'));
      return {};
    },
  );
}
