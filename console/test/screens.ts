/** Every screen of the console: its address, and what is to be seen when it is there. */
import type { Page } from 'playwright-core';
import type { Furnished } from './furnish.ts';

/** What addresses are filled with. */
export interface Places extends Furnished {
  readonly source: string;
}

export interface ScreenToSee {
  /** File name of its picture. */
  readonly name: string;
  /** Below `/console`. */
  readonly path: (places: Places) => string;
  /** Resolves when it shows what it is for. */
  readonly ready: (page: Page) => Promise<unknown>;
  /** Without a sign-in. */
  readonly anonymous?: true;
}

type Ready = ScreenToSee['ready'];

const heading =
  (name: string | RegExp): Ready =>
  (page) =>
    page.getByRole('heading', { level: 1, name }).waitFor();
const text =
  (content: string | RegExp): Ready =>
  (page) =>
    page.getByText(content).first().waitFor();
const table =
  (name: string): Ready =>
  (page) =>
    page.getByRole('table', { name }).getByRole('cell').first().waitFor();
/** Whatever a tab shows, it shows no placeholder any more. */
const settled: Ready = async (page) => {
  await page.getByRole('tab', { selected: true }).waitFor();
  await page.locator('[aria-label="Loading"]').first().waitFor({ state: 'detached' });
};

const at = (name: string, path: string, ready: Ready): ScreenToSee => ({ name, path: () => path, ready });
const tabsOf = (name: string, path: (places: Places) => string, tabs: readonly string[]): ScreenToSee[] =>
  tabs.map((tab) => ({ name: `${name}-${tab}`, path: (places) => `${path(places)}?tab=${tab}`, ready: settled }));
const ofSource = (tab: string, ready: Ready): ScreenToSee => ({
  name: `source-${tab}`,
  path: ({ source }) => `/sources/${source}?tab=${tab}`,
  ready,
});

export const screens: readonly ScreenToSee[] = [
  { ...at('sign-in', '/sign-in', heading('Sign in')), anonymous: true },
  at('password', '/password', heading('Change your password')),
  at('welcome', '/welcome', text('PostgreSQL')),
  at('sources', '/sources', table('Sources')),
  at('source-new', '/sources/new', text('PostgreSQL')),
  ofSource('overview', text('What it is')),
  ofSource('connection', text('Encryption (TLS)')),
  ofSource('credentials', table('Credentials')),
  ofSource('shares', table('Shares')),
  ofSource('schema', text(/tables, .* columns/)),
  ofSource('activity', table('Activity')),
  ofSource('limits', text('At most')),
  ofSource('connect', text('Make a token')),
  { name: 'query', path: ({ source }) => `/query?source=${source}`, ready: queried },
  at('workspaces', '/workspaces', heading('Workspaces')),
  ...tabsOf('workspace', ({ workspace }) => `/workspaces/${workspace}`, [
    'activity',
    'members',
    'credentials',
    'files',
    'notes',
    'milestones',
    'settings',
  ]),
  at('jobs', '/jobs', heading('Jobs')),
  { name: 'job', path: ({ job }) => `/jobs/${job}`, ready: text('succeeded') },
  ...tabsOf('discovery', () => '/discovery', ['coverage', 'findings', 'discoveries', 'identifiers']),
  at('audit', '/audit', heading('Audit')),
  ...tabsOf('people', () => '/people', ['users', 'services', 'groups', 'roles', 'tenants', 'tokens', 'keys']),
  at('system', '/system', heading('System')),
];

/** Types a statement and runs it. */
export async function runStatement(page: Page, sql: string): Promise<void> {
  const statement = page.getByLabel('Statement');
  await statement.waitFor();
  await statement.fill(sql);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
}

async function queried(page: Page): Promise<void> {
  await runStatement(page, 'select * from people order by id');
  await page.getByRole('table', { name: 'Result' }).getByRole('cell').first().waitFor();
  await page.getByText('complete').waitFor();
}
