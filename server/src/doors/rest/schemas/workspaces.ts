/** Workspaces, their members, credentials and milestones. */
import Type from 'typebox';
import { memberRoles, projectStatuses } from '../../../domain/workspaces/index.ts';
import { clearable, nullable, oneOf, strict, text, timestamp } from './common.ts';

export const workspaceNameParams = strict({ workspace: text(256, "The workspace's name, or its id.") });
export const workspaceSourceParams = strict({
  workspace: text(256, "The workspace's name, or its id."),
  source: text(256, "The source's name, or its id."),
});
export const milestoneParams = strict({
  workspace: text(256, "The workspace's name, or its id."),
  id: text(64),
});

export const workspaceBody = strict({
  name: text(256),
  summary: clearable(Type.String({ maxLength: 65_536 })),
  public: Type.Optional(Type.Boolean({ description: 'Everyone of the tenant may read it.' })),
});
export const workspacePatch = strict({
  name: Type.Optional(text(256)),
  summary: clearable(Type.String({ maxLength: 65_536 })),
  public: Type.Optional(Type.Boolean()),
  archived: Type.Optional(Type.Boolean({ description: 'True freezes its content.' })),
  projectStatus: Type.Optional(oneOf(projectStatuses)),
  projectStatusReason: clearable(Type.String({ maxLength: 4096 })),
  stage: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
});

export const workspace = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    summary: nullable(Type.String()),
    public: Type.Boolean(),
    archivedAt: nullable(timestamp),
    owner: Type.String({ description: 'User name.' }),
    member: Type.Boolean({ description: 'Whether the caller belongs to it.' }),
    rights: Type.Array(Type.String(), { description: "The caller's." }),
    members: Type.Integer(),
    stage: nullable(Type.Object({ id: Type.Integer(), name: Type.String() })),
    projectStatus: oneOf(projectStatuses),
    projectStatusReason: nullable(Type.String()),
    milestones: Type.Integer(),
    milestonesAchieved: Type.Integer(),
    targetDate: nullable(Type.String({ description: 'The latest date of a milestone.' })),
    version: Type.Integer(),
    createdAt: timestamp,
    updatedAt: timestamp,
  },
  { title: 'Workspace' },
);

/** What a member may do on doors that ask for a role: `developer` unless said. */
const role = oneOf(memberRoles);

export const membersBody = strict({
  members: Type.Array(
    strict({
      username: text(256),
      label: Type.Optional(text(256, 'What they are in it.')),
      role: Type.Optional(role),
    }),
    { minItems: 1, maxItems: 10_000 },
  ),
});
export const member = Type.Object(
  { username: Type.String(), label: Type.String(), role: oneOf(memberRoles) },
  { title: 'WorkspaceMember' },
);

export const groupMembershipsBody = strict({
  groups: Type.Array(strict({ group: text(128, "The group's name."), role: Type.Optional(role) }), { maxItems: 1000 }),
});
export const groupMembership = Type.Object(
  { group: Type.String(), role: oneOf(memberRoles) },
  { title: 'WorkspaceGroup' },
);

export const pairBody = strict({ username: text(256), password: text(4096) });
export const workspacePair = Type.Object(
  {
    id: Type.String(),
    source: Type.String({ description: "The source's id." }),
    username: Type.String(),
    owner: Type.String({ description: 'User name of who stored it first.' }),
  },
  { title: 'WorkspacePair' },
);

const targetDate = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', maxLength: 10 });
export const milestoneBody = strict({ name: text(256), targetDate });
export const milestonePatch = strict({
  name: Type.Optional(text(256)),
  targetDate: Type.Optional(targetDate),
  state: Type.Optional(oneOf(['planned', 'achieved'])),
});
export const milestone = Type.Object(
  { id: Type.String(), name: Type.String(), targetDate: Type.String(), state: oneOf(['planned', 'achieved']) },
  { title: 'Milestone' },
);
