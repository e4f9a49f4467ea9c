/** The console in a browser, against a real Headgate and a real PostgreSQL: the way from nothing to a shared source. */
import { HeadgateClient } from '@headgate/client';
import pg from 'pg';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminName, adminPassword, type Headgate, startHeadgate } from '../../server/test/harness.ts';
import { finalJob, type SampleDatabase, sampleDatabase } from '../../server/test/rest/fixture.ts';
import { sharedConsole, sharedPostgresql } from '../../server/test/servers/shared.ts';
import { seriousViolations } from './accessibility.ts';
import { Complaints, launchBrowser } from './browser.ts';
import { furnish } from './furnish.ts';
import { runStatement, type ScreenToSee, screens } from './screens.ts';

const source = 'staff';
const newPassword = 'a new passphrase of ana 1';

let browser: Browser;
let headgate: Headgate;
let sample: SampleDatabase;
const complaints = new Complaints();

beforeAll(async () => {
  const consoleFolder = await sharedConsole();
  [browser, headgate, sample] = await Promise.all([
    launchBrowser(),
    startHeadgate({ overrides: { consoleFolder } }),
    sampleDatabase('p@ss/word of the reader'),
  ]);
  // Whoever opens the console without a session is asked for one: the browser tells of that answer.
  complaints.expectStatus(401);
});

afterAll(async () => {
  await browser?.close();
  await headgate?.stop();
});

async function newPage(context?: BrowserContext): Promise<Page> {
  const page = await (context ?? (await browser.newContext({ viewport: { width: 1280, height: 800 } }))).newPage();
  page.setDefaultTimeout(20_000);
  complaints.watch(page);
  return page;
}

async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.goto(`${headgate.url}/console/`);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** First run: register by a pasted URL, test, save; invite a colleague; share. The colleague's first password. */
async function firstRun(page: Page): Promise<string> {
  await signIn(page, adminName, adminPassword);
  await page.getByRole('heading', { name: /^Welcome/ }).waitFor();
  const { host, port, database, username, password } = sample;
  const login = `${username}:${encodeURIComponent(password)}`;
  await page
    .getByLabel('Paste a connection URL')
    .fill(`postgresql://${login}@${host}:${port}/${database}?sslmode=prefer`);
  await page.getByRole('button', { name: 'Split' }).click();
  await page.getByText('The password is in its own field').waitFor();
  expect(await page.getByLabel('Host').inputValue()).toBe(host);
  expect(await page.content()).not.toContain(password);
  await page.getByLabel('Name', { exact: false }).first().fill(source);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByText('The connection works').waitFor();
  await page.getByRole('button', { name: 'Save the source' }).click();

  await page.getByRole('heading', { name: `Who will use ${source}?` }).waitFor();
  await page.getByLabel('User name').fill('ana');
  await page.getByRole('button', { name: 'Create the user' }).click();
  const secret = (await page.getByRole('region', { name: 'first password of ana' }).textContent()) ?? '';
  await page.getByRole('button', { name: 'Go on' }).click();

  await page.getByRole('button', { name: 'Share it', exact: true }).click();
  await page.getByRole('combobox', { name: 'Name of the user' }).fill('ana');
  await page.getByRole('option', { name: 'ana' }).click();
  await page.getByRole('button', { name: 'Read and extract' }).click();
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByText('is registered and shared').waitFor();
  return secret;
}

describe('the console', () => {
  it('leads from the first sign-in to a source that a colleague queries', async () => {
    const page = await newPage();
    const firstPassword = await firstRun(page);
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();

    await signIn(page, 'ana', firstPassword);
    await page.getByLabel('Present password').fill(firstPassword);
    await page.getByLabel('New password', { exact: true }).fill(newPassword);
    await page.getByLabel('The new password again').fill(newPassword);
    await page.getByRole('button', { name: 'Change it' }).click();
    await page.getByRole('link', { name: source }).click();
    await page.getByRole('heading', { level: 1, name: source }).waitFor();
    await page.getByRole('link', { name: 'Query', exact: true }).last().click();
    await runStatement(page, 'select * from people order by id');
    await page.getByRole('cell', { name: 'Edsger' }).waitFor();
    expect(await page.getByRole('table', { name: 'Result' }).getByRole('row').count()).toBe(4);
    await page.context().close();
    expect(complaints.all).toEqual([]);
  });

  it('refuses a change while a job runs, waits on demand, and applies it when the job is done', async () => {
    const server = await sharedPostgresql();
    const holder = new pg.Client({ connectionString: server.url(sample.database) });
    await holder.connect();
    await holder.query('begin; lock table people in access exclusive mode');
    const body = { kind: 'export', source, sql: 'select * from people', format: 'csv' };
    const { id } = (await headgate.api('POST', '/jobs', body)).body;

    const page = await newPage();
    await signIn(page, adminName, adminPassword);
    await page.getByRole('link', { name: source }).click();
    await page.getByRole('tab', { name: 'connection' }).click();
    await page.getByLabel('Host').fill('localhost');
    await page.getByRole('button', { name: 'Change …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('In use: not now').waitFor();
    await dialog.getByRole('table', { name: 'Who uses it' }).getByText(adminName).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Change when it is free' }).click();
    await dialog.getByText(`Waiting until ${source} is free`).waitFor();
    expect((await headgate.api('GET', `/sources/${source}`)).body.host).toBe(sample.host);

    await holder.query('commit');
    await holder.end();
    expect((await finalJob(headgate, id)).status).toBe('succeeded');
    await page.getByText(`${source} is changed`).waitFor();
    expect((await headgate.api('GET', `/sources/${source}`)).body.host).toBe('localhost');
    await page.context().close();
    expect(complaints.all).toEqual([]);
  });

  it('stops a statement and says that it has ended on the server', async () => {
    const page = await newPage();
    await signIn(page, adminName, adminPassword);
    await page.getByRole('link', { name: source }).waitFor();
    await page.goto(`${headgate.url}/console/query?source=${source}`);
    // The statement's own answer is the refusal `query_cancelled`.
    complaints.expectStatus(422);
    await runStatement(page, 'select pg_sleep(60)');
    await page.getByText('Running').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('ended on the server').waitFor();
    const { items } = (await headgate.api('GET', '/queries')).body;
    expect(items.find(({ statement }: { statement: string }) => statement.includes('pg_sleep'))).toMatchObject({
      state: 'cancelled',
    });
    await page.context().close();
    expect(complaints.all).toEqual([]);
  });

  it('shows every screen without complaint, and without what keeps people out, light and dark', async () => {
    const client = new HeadgateClient({ baseUrl: headgate.url, token: headgate.token(adminName) });
    const { username, password } = sample;
    const places = { source, ...(await furnish({ client, source, login: { username, password } })) };
    const page = await newPage();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const found: string[] = [];
    const see = async ({ name, ready }: ScreenToSee): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        if (colorScheme === 'light') await ready(page);
        const serious = await seriousViolations(page, colorScheme === 'dark');
        found.push(...serious.map((one) => `${name} (${colorScheme}) ${one}`));
      }
    };
    for (const screen of screens.filter(({ anonymous }) => anonymous === true)) {
      await page.goto(`${headgate.url}/console${screen.path(places)}`);
      await see(screen);
    }
    await signIn(page, adminName, adminPassword);
    await page.getByRole('link', { name: source }).waitFor();
    for (const screen of screens.filter(({ anonymous }) => anonymous !== true)) {
      // As a link of the application would: the page itself is not loaded anew.
      await page.evaluate(`history.pushState(null, '', ${JSON.stringify(`/console${screen.path(places)}`)})`);
      await see(screen);
    }
    await page.context().close();
    expect(found).toEqual([]);
    expect(complaints.all).toEqual([]);
  }, 180_000);
});
