/** Workspaces, their members, credentials and milestones. */
import Type from 'typebox';
import { memberRoles, noteStates, projectStatuses } from '../../../domain/workspaces/index.ts';
import { pageQuery } from '../../../platform/http/index.ts';
import { clearable, nullable, oneOf, strict, text, timestamp } from './common.ts';
import { queryBody } from './work.ts';

export const workspaceNameParams = strict({ workspace: text(256, "The workspace's name, or its id.") });
export const workspaceMemberParams = strict({
  workspace: text(256, "The workspace's name, or its id."),
  username: text(256),
});
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
  stage: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Id of a stage, see `/workspace-stages`.' }),
  ),
  owner: Type.Optional(text(256, 'User name of a member, who owns it from then on.')),
  isProject: Type.Optional(Type.Boolean({ description: 'Status and milestones are shown.' })),
  showSandboxDatasets: Type.Optional(Type.Boolean({ description: 'Tables of the sandbox are among its datasets.' })),
});
export const stage = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    position: Type.Integer(),
    isDefault: Type.Boolean(),
    descriptionLong: Type.String(),
    descriptionShort: Type.String(),
  },
  { title: 'WorkspaceStage' },
);

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
    tags: Type.Array(Type.String()),
    files: Type.Integer(),
    datasets: Type.Integer({ description: 'That the caller sees.' }),
    sandbox: nullable(Type.Object({ source: Type.String({ description: "The source's id." }), schema: Type.String() })),
    showSandboxDatasets: Type.Boolean(),
    picture: nullable(Type.Object({ updatedAt: timestamp })),
    isProject: Type.Boolean(),
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
export const memberBody = strict({
  label: Type.Optional(text(256, 'What they are in it.')),
  role: Type.Optional(role),
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
    refusedAt: nullable(timestamp),
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

/** Where something runs: a schema of a source. */
const place = strict({ source: text(256, "The source's name, or its id."), schema: text(256) });
const placeShown = Type.Object({ source: Type.String({ description: "The source's id." }), schema: Type.String() });

export const fileParams = strict({
  workspace: text(256, "The workspace's name, or its id."),
  file: text(256, "The file's name, or its id."),
});
/** Characters of a file in a JSON body. */
const content = Type.String({ maxLength: 16 * 1024 * 1024 });
export const fileBody = strict({
  name: text(256, 'Letters, digits, blanks and `_ . ( ) -`; its ending tells the type.'),
  description: clearable(Type.String({ maxLength: 4096 })),
  content: Type.Optional(content),
  runsIn: clearable(place),
});
export const filePatch = strict({
  name: Type.Optional(text(256)),
  description: clearable(Type.String({ maxLength: 4096 })),
  runsIn: clearable(place),
});
export const fileVersionBody = strict({ content, message: clearable(Type.String({ maxLength: 4096 })) });
export const fileVersion = Type.Object(
  {
    number: Type.Integer(),
    message: nullable(Type.String()),
    author: nullable(Type.String({ description: 'User name.' })),
    createdAt: timestamp,
  },
  { title: 'FileVersion' },
);
const fileMembers = {
  id: Type.String(),
  name: Type.String(),
  type: oneOf(['sql', 'text', 'image', 'code', 'xml', 'other']),
  description: nullable(Type.String()),
  owner: nullable(Type.String({ description: 'User name.' })),
  runsIn: nullable(placeShown),
  tags: Type.Array(Type.String()),
  version: Type.Integer({ description: 'Counts every change; the ETag is made of it.' }),
  latest: fileVersion,
  updatedAt: timestamp,
};
export const fileEntry = Type.Object(fileMembers, { title: 'WorkspaceFile' });
export const file = Type.Object(
  { ...fileMembers, content: nullable(Type.String({ description: 'Null for what is no text.' })) },
  { title: 'WorkspaceFileContent' },
);
export const fileListQuery = strict({
  ...pageQuery,
  q: Type.Optional(Type.String({ maxLength: 256, description: 'Part of the name.' })),
  type: Type.Optional(oneOf(['sql', 'text', 'image', 'code', 'xml', 'other'])),
  order: Type.Optional(oneOf(['name', 'newest'], '`name` when absent.')),
});
export const fileContentQuery = strict({
  version: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'The last one when absent.' }),
  ),
});
export const fileRunBody = strict({
  parameters: queryBody.properties.parameters,
  format: queryBody.properties.format,
  maxRows: queryBody.properties.maxRows,
  timeoutMs: queryBody.properties.timeoutMs,
  write: queryBody.properties.write,
  numbers: queryBody.properties.numbers,
});

export const noteParams = strict({ workspace: text(256, "The workspace's name, or its id."), note: text(64) });
export const commentParams = strict({ ...noteParams.properties, comment: text(64) });
const noteState = oneOf(noteStates, 'A note may become an insight, and an insight be published.');
const noteBodyText = Type.String({ minLength: 1, maxLength: 65_536 });
export const noteBody = strict({ body: noteBodyText, state: Type.Optional(noteState) });
export const notePatch = strict({ body: Type.Optional(noteBodyText), state: Type.Optional(noteState) });
export const commentBody = strict({ body: noteBodyText });
export const comment = Type.Object(
  { id: Type.String(), author: nullable(Type.String()), body: Type.String(), createdAt: timestamp },
  { title: 'Comment' },
);
const about = nullable(Type.Object({ type: oneOf(['data_source', 'dataset', 'workfile']), name: Type.String() }));
export const note = Type.Object(
  {
    id: Type.String(),
    author: nullable(Type.String({ description: 'User name.' })),
    body: Type.String(),
    state: noteState,
    promotedBy: nullable(Type.String()),
    about,
    comments: Type.Array(comment),
    createdAt: timestamp,
  },
  { title: 'Note' },
);
export const activity = Type.Object(
  {
    id: Type.String(),
    action: Type.String({ description: '`NOTE`, or what happened.' }),
    actor: nullable(Type.String({ description: 'User name.' })),
    about,
    detail: Type.Record(Type.String(), Type.Unknown()),
    createdAt: timestamp,
  },
  { title: 'Activity' },
);

const kinds = oneOf(['table', 'view', 'saved_query']);
export const workspaceDatasetParams = strict({
  workspace: text(256, "The workspace's name, or its id."),
  dataset: text(64),
});
export const workspaceDatasetBody = strict({ ...place.properties, name: text(256, 'Of the table or view.') });
export const workspaceDataset = Type.Object(
  {
    id: Type.String(),
    source: Type.String({ description: "The source's id." }),
    schema: Type.String(),
    name: Type.String(),
    kind: kinds,
    query: nullable(Type.String({ description: 'Of a saved query.' })),
    inSandbox: Type.Boolean(),
    staleAt: nullable(timestamp),
  },
  { title: 'WorkspaceDataset' },
);
export const sandboxBody = strict({
  source: text(256, "The source's name, or its id: a PostgreSQL database."),
  schema: text(63),
  showSandboxDatasets: Type.Optional(Type.Boolean()),
});

export const workspaceTagParams = strict({
  workspace: text(256, "The workspace's name, or its id."),
  name: text(100, 'The tag; case does not matter.'),
});
export const pictureBody = strict({
  content: Type.String({
    minLength: 1,
    maxLength: 7_000_000,
    pattern: '^[A-Za-z0-9+/]*={0,2}$',
    description: 'Base64.',
  }),
  fileName: Type.Optional(text(256)),
});
