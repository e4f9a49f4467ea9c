/**
 * The console in a browser on this machine: how long until the first screen can be used, and how long the page is busy at a
 * stretch while 100,000 rows come in and are scrolled through from end to end.
 */
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../console/test/browser.ts';
import { runStatement } from '../../console/test/screens.ts';
import { buildConsole, consoleIsFresh } from '../../scripts/console-build.ts';
import type { Bench } from '../lib/bench.ts';
import { type Line, median } from '../lib/statistics.ts';

const rows = 100_000;
/** Steps from the first row to the last, one a frame. */
const steps = 240;

/** From the address on to a form that takes letters, ms; nothing is in the browser's cache. */
async function firstScreen(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const started = performance.now();
  await page.goto(`${url}/console/`, { waitUntil: 'commit' });
  await page.getByLabel('User name').fill('a');
  const took = performance.now() - started;
  await context.close();
  return took;
}

const scrollThrough = `new Promise((done) => {
  const scroller = document.querySelector('[aria-label="Rows"]');
  const end = scroller.scrollHeight - scroller.clientHeight;
  let step = 0;
  const next = () => {
    step += 1;
    scroller.scrollTop = (end * step) / ${steps};
    if (step < ${steps}) requestAnimationFrame(next);
    else done();
  };
  next();
})`;

/** The longest task of the page's main thread, ms: by the clock, and of the processor's time alone. */
interface Longest {
  readonly wall: number;
  readonly processor: number;
}

/** One entry of the browser's trace; times in µs. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

async function longestTask(browser: Browser, page: Page, work: () => Promise<unknown>): Promise<Longest> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await work();
  const trace = JSON.parse((await browser.stopTracing()).toString('utf8')) as { traceEvents: TraceEvent[] };
  const threads = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  let [wall, processor] = [0, 0];
  for (const { name, ph, pid, tid, dur = 0, tdur = 0 } of trace.traceEvents) {
    if (ph !== 'X' || !name.includes('RunTask') || !threads.has(`${pid} ${tid}`)) continue;
    wall = Math.max(wall, dur / 1000);
    processor = Math.max(processor, tdur / 1000);
  }
  return { wall, processor };
}

async function scroll(browser: Browser, bench: Bench, url: string): Promise<{ coming: Longest; scrolling: Longest }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addCookies([{ name: 'headgate_session', value: bench.headgate.token, url }]);
  const page = await context.newPage();
  await page.goto(`${url}/console/query?source=postgresql`);
  await page.getByRole('combobox', { name: 'At most' }).click();
  await page.getByRole('option', { name: `${rows.toLocaleString('en')} rows` }).click();
  await page.getByLabel('Statement').waitFor();
  const coming = await longestTask(browser, page, async () => {
    await runStatement(page, `select * from m8 limit ${rows}`);
    await page.getByText('complete').waitFor();
  });
  const scrolling = await longestTask(browser, page, async () => {
    await page.evaluate(scrollThrough);
    await page.getByRole('rowheader', { name: String(rows), exact: true }).waitFor();
  });
  await context.close();
  return { coming, scrolling };
}

export async function consoleScenario(bench: Bench): Promise<Line[]> {
  if (!(await consoleIsFresh())) await buildConsole();
  const url = `http://127.0.0.1:${bench.headgate.port}`;
  const browser = await launchBrowser();
  try {
    await firstScreen(browser, url); // the server packs its files once
    const first: number[] = [];
    const coming: Longest[] = [];
    const scrolling: Longest[] = [];
    for (let round = 0; round < bench.rounds; round += 1) {
      first.push(await firstScreen(browser, url));
      const longest = await scroll(browser, bench, url);
      coming.push(longest.coming);
      scrolling.push(longest.scrolling);
    }
    const many = rows.toLocaleString('en');
    const task = (what: string, measured: readonly Longest[]): Line[] => [
      {
        name: `console: ${many} rows ${what}, longest task of the page`,
        value: median(measured.map(({ wall }) => wall)),
        unit: 'ms',
        target: { kind: 'at most', value: 50 },
      },
      {
        name: `console: ${many} rows ${what}, the same in processor time`,
        value: median(measured.map(({ processor }) => processor)),
        unit: 'ms',
        target: { kind: 'at most', value: 50 },
        note: 'what remains of it when nothing else wants the processor',
      },
    ];
    return [
      {
        name: 'console: first screen takes letters, empty cache',
        value: median(first),
        unit: 'ms',
        target: { kind: 'at most', value: 1500 },
      },
      ...task('scrolled from end to end', scrolling),
      ...task('coming in', coming),
    ];
  } finally {
    await browser.close();
  }
}
