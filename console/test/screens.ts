/** Every screen of the console: its address, and what is to be seen when it is there. */
import type { Page } from 'playwright-core';

export interface ScreenToSee {
  /** File name of its picture. */
  readonly name: string;
  /** Below `/console`. `{source}` stands for the source of the sample. */
  readonly path: string;
  /** Resolves when it shows what it is for. */
  readonly ready: (page: Page) => Promise<unknown>;
  /** Without a sign-in. */
  readonly anonymous?: true;
}

const heading = (name: string | RegExp) => (page: Page) => page.getByRole('heading', { level: 1, name }).waitFor();
const table = (name: string) => (page: Page) => page.getByRole('table', { name }).getByRole('cell').first().waitFor();
const text = (content: string | RegExp) => (page: Page) => page.getByText(content).first().waitFor();

const tab = (name: string, ready: ScreenToSee['ready']): ScreenToSee => ({
  name: `source-${name}`,
  path: `/sources/{source}?tab=${name}`,
  ready,
});

export const screens: readonly ScreenToSee[] = [
  { name: 'sign-in', path: '/sign-in', ready: heading('Sign in'), anonymous: true },
  { name: 'password', path: '/password', ready: heading('Change your password') },
  { name: 'welcome', path: '/welcome', ready: text('PostgreSQL') },
  { name: 'sources', path: '/sources', ready: table('Sources') },
  { name: 'source-new', path: '/sources/new', ready: text('PostgreSQL') },
  tab('overview', text('What it is')),
  tab('connection', text('Encryption (TLS)')),
  tab('credentials', table('Credentials')),
  tab('shares', table('Shares')),
  tab('schema', text(/tables, .* columns/)),
  tab('activity', table('Activity')),
  tab('limits', text('Limit')),
  tab('connect', text('Make a token')),
  { name: 'query', path: '/query?source={source}', ready: queried },
  { name: 'workspaces', path: '/workspaces', ready: heading('Workspaces') },
  { name: 'jobs', path: '/jobs', ready: heading('Jobs') },
  { name: 'discovery', path: '/discovery', ready: heading('Discovery') },
  { name: 'audit', path: '/audit', ready: heading('Audit') },
  { name: 'people', path: '/people', ready: heading('People') },
  { name: 'system', path: '/system', ready: heading('System') },
];

/** Types a statement and runs it. */
export async function runStatement(page: Page, sql: string): Promise<void> {
  const statement = page.getByLabel('Statement');
  await statement.waitFor();
  await statement.fill(sql);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
}

async function queried(page: Page): Promise<void> {
  await runStatement(page, 'select * from information_schema.tables order by table_name limit 40');
  await page.getByRole('table', { name: 'Result' }).getByRole('cell').first().waitFor();
  await page.getByText('complete').waitFor();
}
