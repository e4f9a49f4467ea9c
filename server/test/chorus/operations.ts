/** Every operation of the door with a call that works, for tests that drive all of them. */
import { type Chorus, extraLogin, json, sampleDatabase } from './fixture.ts';

export interface Call {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The answer, where it is a refusal: of what this server does not have. */
  readonly refused?: number;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
}

export interface World {
  readonly ids: Readonly<Record<string, number>>;
  readonly pair: { readonly username: string; readonly password: string };
  readonly sample: Readonly<Record<string, unknown>>;
}

export async function operationsOf(chorus: Chorus): Promise<Operation[]> {
  const { body } = await chorus.headgate.call('GET', '/api/chorus/openapi.json', undefined, { as: null });
  const paths = body.paths as Record<string, Record<string, { operationId: string }>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
    })),
  );
}

/** A world in which every call below works, as the administrator. `password` = of the sample's login. */
export async function buildWorld(chorus: Chorus, password?: string): Promise<World> {
  const sample = await sampleDatabase(password);
  const pair = await extraLogin(sample);
  const { get } = chorus;
  const ids: Record<string, number> = {};
  ids.me = (await get('GET', '/sessions')).user.id;
  ids.person = await chorus.person('person');
  ids.doomedPerson = await chorus.person('doomed');
  ids.source = await chorus.source(sample, 'admin');
  ids.open = await chorus.source(sample, 'admin');
  ids.doomedSource = await chorus.source(sample, 'admin');
  ids.room = (await get('POST', '/workspaces', { name: 'Room' })).id;
  ids.doomedRoom = (await get('POST', '/workspaces', { name: 'Doomed' })).id;
  const account = { data_source_id: ids.source, db_username: pair.username, db_password: pair.password };
  await get('PUT', `/workspaces/${ids.room}/data_source_account`, account);
  await get('POST', `/data_sources/${ids.open}/members`, { owner_id: ids.person, ...account });
  const own = { db_username: sample.username, db_password: sample.password };
  ids.account = (
    await get('POST', `/data_sources/${ids.source}/members`, { ...own, owner_id: ids.person, incomplete: 'true' })
  ).id;
  ids.milestone = (
    await get('POST', `/workspaces/${ids.room}/milestones`, { name: 'm', target_date: '2030-01-01' })
  ).id;
  const note = { entity_type: 'workspace', entity_id: ids.room, body: 'a note' };
  ids.note = (await get('POST', '/notes', note)).id;
  ids.doomedNote = (await get('POST', '/notes', note)).id;
  ids.comment = (await get('POST', '/comments', { event_id: ids.note, body: 'x' })).id;
  ids.file = (await get('POST', `/workspaces/${ids.room}/workfiles`, { file_name: 'a.sql', content: 'select 1' })).id;
  ids.doomedFile = (await get('POST', `/workspaces/${ids.room}/workfiles`, { file_name: 'b.sql' })).id;
  ids.database = (await get('GET', `/data_sources/${ids.source}/databases`))[0].id;
  const schemas = await get('GET', `/databases/${ids.database}/schemas`);
  ids.schema = schemas.find((one: { name: string }) => one.name === 'public').id;
  await get('POST', `/workspaces/${ids.doomedRoom}/sandbox`, { schema_id: ids.schema });
  ids.dataset = (await get('GET', `/workspaces/${ids.doomedRoom}/datasets`))[0].id;
  const view = { workspace_id: ids.room, schema_id: ids.schema, object_name: 'kept', query: 'select 1' };
  ids.view = (await get('POST', '/chorus_views', view)).id;
  const things = [{ entity_type: 'workspace', entity_id: ids.room }];
  await get('POST', '/taggings', json({ taggables: things, add: 'word' }));
  ids.tag = (await get('GET', '/tags'))[0].id;
  const { host, port, database } = sample;
  return { ids, pair, sample: { host, port, db_name: database, ...own } };
}

/** In the order in which they may be made: what destroys comes last. */
export function callsOf({ ids, pair, sample }: World): Readonly<Record<string, Call>> {
  const room = `/workspaces/${ids.room}`;
  const source = `/data_sources/${ids.source}`;
  const file = `/workfiles/${ids.file}`;
  const wholePair = { db_username: pair.username, db_password: pair.password };
  const account = { data_source_id: ids.source, ...wholePair };
  const things = [{ entity_type: 'workspace', entity_id: ids.room }];
  const person = { first_name: 'A', last_name: 'B', email: 'a@b.example', user_type: 'collaborator' };
  return {
    signIn: { path: '/sessions', body: { username: 'person', password: 'person-password-1' } },
    getSession: { path: '/sessions' },
    getVersion: { path: '/VERSION' },
    getStatus: { path: '/status' },
    getLicense: { path: '/license' },
    listUsers: { path: '/users?order=last_name&per_page=5' },
    getUser: { path: `/users/${ids.person}` },
    createUser: { path: '/users', body: { ...person, username: 'fresh', password: 'a-fresh-password' } },
    updateUser: { path: `/users/${ids.person}`, body: { title: 'Chief' } },
    listDataSources: { path: '/data_sources?all=true&page=1' },
    getDataSource: { path: source },
    createDataSource: { path: '/data_sources', body: { ...sample, entity_type: 'pg_data_source', name: 'fresh' } },
    updateDataSource: { path: source, body: { description: 'words' } },
    getAccount: { path: `${source}/account` },
    createAccount: { path: `${source}/account`, body: wholePair },
    updateAccount: { path: `${source}/account`, body: wholePair },
    listAccounts: { path: `${source}/members` },
    addAccount: { path: `${source}/members`, body: { ...wholePair, owner_id: ids.person } },
    changeAccount: { path: `${source}/members/${ids.account}`, body: wholePair },
    listWorkspaces: { path: '/workspaces?active=true' },
    getWorkspace: { path: `${room}?show_latest_comments=true` },
    createWorkspace: { path: '/workspaces', body: { name: 'Fresh', summary: 'x', public: true } },
    updateWorkspace: { path: room, body: { summary: 'y', project_status: 'at_risk' } },
    putWorkspaceAccount: { path: `${room}/data_source_account`, body: account },
    postWorkspaceAccount: { path: `${room}/data_source_account`, body: account },
    getWorkspaceAccount: { path: `${room}/data_source_account?data_source_id=${ids.source}` },
    listMembers: { path: `${room}/members` },
    replaceMembers: { path: `${room}/members`, body: { members: [{ user_id: ids.me }, { user_id: ids.person }] } },
    listMilestones: { path: `${room}/milestones` },
    createMilestone: { path: `${room}/milestones`, body: { name: 'n', target_date: '2031-01-01' } },
    updateMilestone: { path: `${room}/milestones/${ids.milestone}`, body: { state: 'achieved' } },
    createNote: { path: '/notes', body: { entity_type: 'workspace', entity_id: ids.room, body: 'x' } },
    updateNote: { path: `/notes/${ids.note}`, body: { body: 'other' } },
    promoteNote: { path: '/insights', body: { note_id: ids.note } },
    publishInsight: { path: '/insights/publish', body: { note_id: ids.note } },
    listInsights: { path: '/insights' },
    listActivities: { path: '/activities' },
    unpublishInsight: { path: '/insights/unpublish', body: { note_id: ids.note } },
    createComment: { path: '/comments', body: { event_id: ids.note, body: 'x' } },
    getComment: { path: `/comments/${ids.comment}` },
    listTags: { path: '/tags?q=w' },
    renameTag: { path: `/tags/${ids.tag}`, body: { name: 'words' } },
    listTaggings: { path: `/taggings?entity_type=workspace&entity_id=${ids.room}` },
    changeTaggings: { path: '/taggings', body: { taggables: things, add: 'more' } },
    listNotifications: { path: '/notifications?type=unread' },
    readNotifications: { path: '/notifications/read', body: { notification_ids: [1] } },
    search: { path: '/search?query=o' },
    getConfig: { path: '/config' },
    listHdfsDataSources: { path: '/hdfs_data_sources' },
    listGnipDataSources: { path: '/gnip_data_sources' },
    listHiveDataSources: { path: '/jdbc_hive_data_sources?all=true' },
    getWorkspaceDetail: { path: `${source}/workspace_detail` },
    listJobs: { path: `${room}/jobs`, refused: 403 },
    createJob: { path: `${room}/jobs`, body: { name: 'nightly' }, refused: 403 },
    getJob: { path: `${room}/jobs/1`, refused: 403 },
    updateJob: { path: `${room}/jobs/1`, body: { name: 'nightly' }, refused: 403 },
    deleteJob: { path: `${room}/jobs/1`, refused: 403 },
    runJob: { path: '/jobs/1/run', refused: 404 },
    stopJob: { path: '/jobs/1/stop', refused: 404 },
    searchDirectory: { path: '/users/ldap?username=somebody', refused: 400 },
    createChorusView: {
      path: '/chorus_views',
      body: { workspace_id: ids.room, schema_id: ids.schema, object_name: 'fresh', query: 'select 1' },
    },
    updateChorusView: { path: `/chorus_views/${ids.view}`, body: { query: 'select 2' } },
    duplicateChorusView: { path: `/chorus_views/${ids.view}/duplicate`, body: { object_name: 'other' } },
    deleteChorusView: { path: `/chorus_views/${ids.view}` },
    listDatabases: { path: `${source}/databases` },
    listSourceSchemas: { path: `${source}/schemas` },
    listSchemaDatasets: { path: `/schemas/${ids.schema}/datasets?name_pattern=p` },
    getDatabase: { path: `/databases/${ids.database}` },
    listSchemas: { path: `/databases/${ids.database}/schemas` },
    getSchema: { path: `/schemas/${ids.schema}` },
    associateDatasets: { path: `${room}/datasets`, body: { dataset_ids: [ids.dataset] } },
    listDatasets: { path: `${room}/datasets` },
    getDataset: { path: `${room}/datasets/${ids.dataset}` },
    dissociateDataset: { path: `${room}/datasets/${ids.dataset}` },
    setSandbox: { path: `${room}/sandbox`, body: { schema_id: ids.schema } },
    listWorkfiles: { path: `${room}/workfiles?order=x` },
    createWorkfile: { path: `${room}/workfiles`, body: { file_name: 'c.sql', content: 'select 2' } },
    getWorkfile: { path: file },
    updateWorkfile: { path: file, body: { description: 'words' } },
    listWorkfileVersions: { path: `${file}/versions` },
    addWorkfileVersion: { path: `${file}/versions`, body: { content: 'select 3 as three' } },
    copyWorkfile: { path: `${file}/copy`, body: { file_name: 'd.sql' } },
    downloadWorkfile: { path: `${file}/download` },
    runWorkfile: { path: `${file}/run` },
    executeWorkfile: { path: `${file}/executions`, body: { sql: 'select 4 as four', check_id: 'mine' } },
    cancelExecution: { path: `${file}/executions/mine` },
    stopWorkfile: { path: `${file}/stop` },
    keepResult: { path: `${file}/results`, body: { result_id: 1 }, refused: 404 },
    createDraft: { path: `${file}/draft`, body: { content: 'select 5' } },
    getDraft: { path: `${file}/draft` },
    updateDraft: { path: `${file}/draft`, body: { content: 'select 6' } },
    deleteDraft: { path: `${file}/draft` },
    changeDataSourceOwner: { path: `/data_sources/${ids.open}/owner`, body: { id: ids.person } },
    shareDataSource: { path: `/data_sources/${ids.doomedSource}/sharing` },
    unshareDataSource: { path: `/data_sources/${ids.doomedSource}/sharing` },
    dismissQuickstart: { path: `${room}/quickstart` },
    demoteInsight: { path: `/insights/${ids.note}` },
    deleteComment: { path: `/comments/${ids.comment}` },
    deleteNote: { path: `/notes/${ids.doomedNote}` },
    deleteTag: { path: `/tags/${ids.tag}` },
    deleteWorkfile: { path: file },
    deleteWorkfiles: { path: `${room}/workfiles`, body: { workfile_ids: [ids.doomedFile] } },
    deleteMilestone: { path: `${room}/milestones/${ids.milestone}` },
    deleteWorkspaceAccount: { path: `${room}/data_source_account?data_source_id=${ids.source}` },
    removeAccount: { path: `${source}/members/${ids.account}` },
    deleteAccount: { path: `${source}/account` },
    deleteDataSource: { path: `/data_sources/${ids.doomedSource}` },
    deleteWorkspace: { path: `/workspaces/${ids.doomedRoom}` },
    deleteUser: { path: `/users/${ids.doomedPerson}` },
    signOut: { path: '/sessions' },
  };
}

/** Operations that take or give files: tests of their own. */
export const fileOperations: readonly string[] = [
  'getUserImage',
  'putUserImage',
  'getUserPicture',
  'getWorkspaceImage',
  'putWorkspaceImage',
  'getWorkspacePicture',
  'dissociateDatasets',
];
