/** Work, discovery and administration in a browser, against a real Headgate and a real PostgreSQL. */
import { HeadgateClient } from '@headgate/client';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminName, type Headgate, startHeadgate } from '../../server/test/harness.ts';
import { registerSource, type SampleDatabase, sampleDatabase } from '../../server/test/rest/fixture.ts';
import { sharedConsole, sharedPostgresql } from '../../server/test/servers/shared.ts';
import { Complaints, launchBrowser } from './browser.ts';
import { type Furnished, furnish } from './furnish.ts';

const source = 'staff';
const complaints = new Complaints();

let browser: Browser;
let headgate: Headgate;
let sample: SampleDatabase;
let client: HeadgateClient;
let made: Furnished;
let page: Page;

beforeAll(async () => {
  const consoleFolder = await sharedConsole();
  [browser, headgate, sample] = await Promise.all([
    launchBrowser(),
    startHeadgate({ overrides: { consoleFolder } }),
    sampleDatabase(),
  ]);
  await sample.execute(`alter table people add email text, add account text;
    update people set email = name || '@example.org', account = 'DE89370400440532013000'`);
  await registerSource(headgate, source, sample);
  client = new HeadgateClient({ baseUrl: headgate.url, token: headgate.token(adminName) });
  const { username, password } = sample;
  made = await furnish({ client, source, login: { username, password } });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addCookies([{ name: 'headgate_session', value: headgate.token(adminName), url: headgate.url }]);
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  complaints.watch(page);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await headgate?.stop();
  expect(complaints.all).toEqual([]);
});

const open = (path: string) => page.goto(`${headgate.url}/console${path}`);
const dialog = () => page.getByRole('dialog');
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });

describe('jobs', () => {
  it('are shown as they go, are cancelled, and run again', async () => {
    const holder = new pg.Client({ connectionString: (await sharedPostgresql()).url(sample.database) });
    await holder.connect();
    await holder.query('begin; lock table people in access exclusive mode');
    const body = { kind: 'export', source, sql: 'select * from people', format: 'csv' } as const;
    const { id } = await client.call('createJob', { body });
    await open(`/jobs/${id}`);
    await page.getByRole('status').getByText('running').waitFor();
    await button('Cancel').click();
    await page.getByRole('status').getByText('cancelled').waitFor();
    await page.getByRole('table', { name: 'Attempts' }).getByText('cancelled').waitFor();

    await holder.query('commit');
    await holder.end();
    await button('Run again').click();
    await page.getByRole('link', { name: 'an earlier job' }).waitFor();
    await page.getByRole('status').getByText('succeeded').waitFor();
    const file = page.getByRole('link', { name: 'Download staff.csv' });
    const [download] = await Promise.all([page.waitForEvent('download'), file.click()]);
    expect(download.suggestedFilename()).toBe('staff.csv');
  });

  it('are submitted for tables of a source', async () => {
    await open('/jobs');
    await button('New extraction').click();
    await dialog().getByRole('combobox', { name: 'Source' }).click();
    await page.getByRole('option', { name: source }).click();
    await dialog().getByRole('combobox', { name: 'Tables' }).click();
    await page.getByRole('option', { name: 'public.people' }).click();
    await button('Start').click();
    await page.getByRole('link', { name: /Download staff\..*people\.parquet/ }).waitFor();
  });

  it('say why they failed', async () => {
    await open(`/jobs/${made.failedJob}`);
    await page.getByRole('alert').getByText('object_not_found').waitFor();
  });
});

it('findings are accepted one by one and rejected together', async () => {
  await open('/discovery?tab=findings&state=pending');
  await button(/^Accept .*people\.email$/).click();
  await page.getByRole('row', { name: /people\.email/ }).waitFor({ state: 'detached' });
  await button(/^Accept .*people\.account$/).waitFor();
  for (const box of await page.getByRole('checkbox', { name: /^Choose / }).all()) await box.check();
  await button('Reject all of them').click();
  await page.getByText('No finding fits this filter').waitFor();
  const { pending, accepted } = await client.call('getDiscoverySummary');
  expect([pending, accepted]).toEqual([0, 1]);
});

it('a workspace takes a member, a version of a file, and shows its rows', async () => {
  await open(`/workspaces/${made.workspace}?tab=members`);
  await button('Add a member').click();
  await dialog().getByRole('combobox', { name: 'User' }).fill('tom');
  await page.getByRole('option', { name: 'tomas' }).click();
  await button('Add').click();
  await page.getByRole('cell', { name: 'tomas', exact: true }).waitFor();

  await page.getByRole('tab', { name: 'files' }).click();
  await button('initials.sql').click();
  await dialog().getByLabel('Content').fill('select name from people order by id');
  await button('Save version 2').click();
  await dialog().getByRole('cell', { name: '2', exact: true }).waitFor();
  await button('Run the saved version').click();
  await dialog().getByRole('cell', { name: 'Edsger' }).waitFor();
});

it('secrets are shown once', async () => {
  await open('/people?tab=tokens');
  await button('New token').click();
  await dialog().getByLabel('What for').fill('a script');
  await button('Make it').click();
  const token = (await page.getByRole('region', { name: 'token', exact: true }).textContent()) ?? '';
  expect((await new HeadgateClient({ baseUrl: headgate.url, token }).call('getMe')).user.username).toBe(adminName);
  await button('I have copied it').click();
  await page.getByRole('cell', { name: /^a script/ }).waitFor();
  expect(await page.content()).not.toContain(token);
});

it('a statement is found by its fingerprint, and the chains are checked', async () => {
  for (const id of [1, 2])
    await (await client.query(source, { sql: `select name from people where id = ${id}` })).all();
  await open('/audit?action=source.query');
  await button('Every run of this statement').first().click();
  await page.waitForURL(/fingerprint=/);
  await page
    .getByRole('row', { name: /select name from people where id = \?/ })
    .nth(1)
    .waitFor();
  await button('Check every event').click();
  await page.getByText('Every sealed event is as it was written').waitFor();
});

it('a limit is set, counts, and is removed', async () => {
  await open('/system');
  await button('Set a limit').click();
  await dialog().getByRole('combobox', { name: 'For' }).click();
  await page.getByRole('option', { name: 'A source' }).click();
  await dialog().getByLabel('Name of the source').fill(source);
  await dialog().getByLabel('At most').fill('2');
  await button('Set').click();
  await page.getByRole('cell', { name: `source ${source}` }).waitFor();
  const result = await client.query(source, { sql: 'select * from people' });
  expect((await result.all()).length).toBe(2);
  await button(`Remove the limit Rows of a result of ${source}`).click();
  await dialog().getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('cell', { name: `source ${source}` }).waitFor({ state: 'detached' });
});
