/**
 * `npm run screenshots`: pictures of every screen of the console, light and dark, into docs/images. They are made of a
 * throwaway Headgate with the demo's sample shop, furnished over the API. `npm run screenshots -- sources query` makes
 * those alone.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Body, HeadgateClient } from '@headgate/client';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../console/test/browser.ts';
import { furnish } from '../console/test/furnish.ts';
import { type Places, type ScreenToSee, screens } from '../console/test/screens.ts';
import { startHeadgate } from '../server/src/demo/headgate.ts';
import { createSample, SHOP_READER } from '../server/src/demo/sample.ts';
import { type PostgresqlServer, startPostgresql } from '../server/test/servers/postgresql.ts';
import { buildConsole, consoleIsFresh } from './console-build.ts';

const admin = { username: 'admin', password: 'a passphrase for pictures 1' };
const images = fileURLToPath(new URL('../docs/images', import.meta.url));
const source = 'shop';

/** A table that discovery finds something in. */
const people = `
  create table people (id int primary key, name text not null, email text not null, phone text, joined date not null);
  insert into people select id, name, email, '+49 30 ' || (100000 + id * 37), since from customers where id <= 400;
  grant select on people to ${SHOP_READER.username}; analyze people`;

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Sources in every state, shares, uses of them. */
async function furnishSources(client: HeadgateClient, postgresql: PostgresqlServer, database: string): Promise<void> {
  const { host, port } = postgresql;
  await client.call('createSource', {
    body: {
      name: source,
      title: 'Web shop',
      description: 'Orders of the web shop; replicated every night at three.',
      engine: 'postgresql',
      host,
      port,
      database,
      ...SHOP_READER,
      labels: { team: 'sales', tier: 'gold' },
    },
  });
  const others: Omit<Body<'createSource'>, 'username' | 'password'>[] = [
    {
      name: 'crm',
      title: 'Customers',
      engine: 'mysql',
      host: 'crm.internal',
      database: 'crm',
      labels: { team: 'sales' },
    },
    {
      name: 'ledger',
      title: 'General ledger',
      engine: 'oracle',
      host: 'ledger.internal',
      database: 'GL',
      labels: { pci: '' },
    },
    { name: 'events', engine: 'mongodb', host: 'events.internal', database: 'clicks', labels: { team: 'growth' } },
  ];
  for (const body of others) {
    await client.call('createSource', { body: { ...body, username: 'reader', password: 'not the real one' } });
  }
  await client.call('testSource', { params: { name: source }, body: {} });
  for (const sql of [
    'select city, count(*) from customers group by 1 order by 2 desc',
    "select * from orders where status = 'paid' limit 20",
  ]) {
    await (await client.query(source, { sql })).all();
  }
}

async function share(client: HeadgateClient): Promise<void> {
  const put = (subjects: 'users' | 'groups', subject: string, permissions: string[], expiresAt: string | null = null) =>
    client.call('putShare', { params: { name: source, subjects, subject }, body: { permissions, expiresAt } });
  await put('users', 'mara', ['view', 'sql', 'extract'], '2099-03-01T00:00:00Z');
  await put('users', 'tomas', ['view', 'modify', 'sql', 'write']);
  await put('groups', 'analysts', ['view', 'sql']);
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/console/sign-in`);
  await page.getByLabel('User name').fill(admin.username);
  await page.getByLabel('Password', { exact: true }).fill(admin.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Sources' }).waitFor();
}

async function picture(page: Page, url: string, screen: ScreenToSee, places: Places): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(`${url}/console${screen.path(places)}`);
  await screen.ready(page);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // Fonts, pictures and the last answer are drawn by then.
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(images, `${screen.name}-${colorScheme}.png`) });
  }
  console.log(screen.name);
}

async function pictures(browser: Browser, url: string, places: Places, wanted: readonly string[]): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const chosen = screens.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  for (const screen of chosen.filter(({ anonymous }) => anonymous === true)) await picture(page, url, screen, places);
  await signIn(page, url);
  for (const screen of chosen.filter(({ anonymous }) => anonymous !== true)) await picture(page, url, screen, places);
}

if (!(await consoleIsFresh())) await buildConsole();
await mkdir(images, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), 'headgate-pictures-'));
const postgresql = await startPostgresql();
const headgate = startHeadgate(folder, await freePort(), admin);
const browser = await launchBrowser();
try {
  const { database } = await createSample(postgresql);
  await postgresql.execute(people, database);
  await headgate.ready();
  const { token } = await new HeadgateClient({ baseUrl: headgate.url }).call('signIn', { body: admin });
  const client = new HeadgateClient({ baseUrl: headgate.url, token });
  await furnishSources(client, postgresql, database);
  const places = { source, ...(await furnish({ client, source, login: SHOP_READER })) };
  await share(client);
  await pictures(browser, headgate.url, places, process.argv.slice(2));
} finally {
  await browser.close();
  await headgate.stop();
  await postgresql.stop();
  await rm(folder, { recursive: true, force: true });
}
