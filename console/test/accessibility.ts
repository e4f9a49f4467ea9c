/** Looking for what keeps people from using a page: axe-core, on the page as it stands. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

const look = (runOnly: readonly string[]): string =>
  `axe.run(document, ${JSON.stringify({ runOnly, resultTypes: ['violations'] })}).then(({ violations }) => violations)`;

/** All that axe knows. */
const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What another colour scheme may change. */
const colours = ['color-contrast', 'link-in-text-block'];

/**
 * Serious and critical violations, a line each with what is concerned; none is an empty list. `coloursOnly`: the page
 * was looked at as a whole in the other colour scheme.
 */
export async function seriousViolations(page: Page, coloursOnly = false): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe);
  const found = (await page.evaluate(look(coloursOnly ? colours : everything))) as Finding[]; // axe answers these
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 300)} ${failureSummary.split('\n')[1] ?? ''}`,
      ),
    );
}
