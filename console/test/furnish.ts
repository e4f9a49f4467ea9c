/** Something to see on the screens of work, discovery and administration: made over the API, as people would make it. */
import { type HeadgateClient, isFinal } from '@headgate/client';

export interface Furnished {
  readonly workspace: string;
  readonly job: string;
  readonly failedJob: string;
}

interface Place {
  readonly client: HeadgateClient;
  /** The source of the sample, with a table `people` and this login. */
  readonly source: string;
  readonly login: { readonly username: string; readonly password: string };
}

const password = 'a passphrase of somebody 1';
const revenue = `-- Who is there, by the first letter of the name
select left(name, 1) as initial, count(*) as people
from people
group by 1
order by 2 desc`;

async function settled(client: HeadgateClient, id: string): Promise<void> {
  for await (const { job } of client.watchJob(id)) if (isFinal(job)) return;
}

async function people(client: HeadgateClient): Promise<void> {
  for (const [username, firstName, lastName] of [
    ['mara', 'Mara', 'Lind'],
    ['tomas', 'Tomás', 'Ferrer'],
  ] as const) {
    await client.call('createUser', {
      body: { username, password, firstName, lastName, email: `${username}@example.org` },
    });
  }
  await client.call('createGroup', { body: { name: 'analysts', description: 'Everybody who reads sales figures' } });
  await client.call('addGroupMember', { params: { group: 'analysts', username: 'mara' } });
  await client.call('createServiceAccount', { body: { username: 'nightly-export', email: 'data-team@example.org' } });
  await client.call('createUserToken', {
    params: { username: 'nightly-export' },
    body: { name: 'cron on build-7', scopes: ['read'], expiresAt: null },
  });
  await client.call('createToken', { body: { name: 'notebook', scopes: ['read'], expiresAt: '2099-01-01T00:00:00Z' } });
  await client.call('createAccessKey', { body: { description: 'old reporting tool' } });
  await client.call('createTenant', {
    body: { name: 'Northern branch', slug: 'north', description: 'Its own users and sources' },
  });
  await client.call('createRole', {
    body: { name: 'Reader', description: 'Looks, and changes nothing', permissions: ['WebUI', 'view', 'sql'] },
  });
  await client.call('setLimit', { body: { level: 'system', name: 'maxRows', value: 5_000_000 } });
  await client.call('setLimit', { body: { level: 'user', subject: 'mara', name: 'timeoutMs', value: 120_000 } });
}

async function room({ client, source, login }: Place): Promise<string> {
  const { id } = await client.call('createWorkspace', {
    body: { name: 'Customer insight', summary: 'Who buys, and why they come back', public: true },
  });
  const params = { workspace: id };
  await client.call('putWorkspaceMember', {
    params: { ...params, username: 'mara' },
    body: { label: 'Data Scientist' },
  });
  await client.call('putWorkspacePair', { params: { ...params, source }, body: login });
  const runsIn = { source, schema: 'public' };
  await client.call('createWorkspaceFile', { params, body: { name: 'initials.sql', content: revenue, runsIn } });
  const { id: note } = await client.call('createNote', {
    params,
    body: { body: 'Most come back within a month.', state: 'insight' },
  });
  await client.call('createComment', {
    params: { ...params, note },
    body: { body: 'Also those who came by the fair?' },
  });
  await client.call('createMilestone', { params, body: { name: 'First report', targetDate: '2027-03-31' } });
  await client.call('updateWorkspace', { params, body: { isProject: true, projectStatus: 'needs_attention' } });
  return id;
}

async function discovery({ client, source }: Place): Promise<void> {
  await client.call('addToTemplate', { body: { identifiers: 'all' } });
  const { id } = await client.call('createDiscoveryJob', {
    body: { name: 'Personal data of staff', sources: [{ source }], cron: '0 3 * * 1-5' },
  });
  await client.call('startDiscovery', { params: { id } });
  for (;;) {
    const { items } = await client.call('listDiscoveryRuns', { params: { id } });
    const { workJob, state } = items[0] ?? {};
    if (state === 'completed') return;
    if (typeof workJob === 'string') await settled(client, workJob);
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Jobs, a workspace, findings, people: everything that the screens beside sources show. */
export async function furnish(place: Place): Promise<Furnished> {
  const { client, source } = place;
  await people(client);
  // Before the jobs: while one runs, no credential of its source changes.
  const workspace = await room(place);
  const extract = { kind: 'extract', format: 'ndjson', sources: [{ source, tables: [{ table: 'people' }] }] } as const;
  const { id: job } = await client.call('createJob', { body: extract });
  const wrong = { kind: 'export', source, sql: 'select * from a_table_that_is_not_there', format: 'csv' } as const;
  const { id: failedJob } = await client.call('createJob', { body: wrong });
  await Promise.all([settled(client, job), settled(client, failedJob), discovery(place)]);
  return { workspace, job, failedJob };
}
