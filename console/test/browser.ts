/** A browser to look at the console with: the system's Chromium, on a throwaway profile. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts it; throws a sentence that says what to install. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = candidates.find((path) => path !== undefined && path !== '' && existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      'No Chromium: run scripts/install-test-servers.sh, or name one in the environment variable CHROMIUM.',
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** What a page complained about. Refusals that a test provokes are told by the browser too: `expect` takes them out. */
export class Complaints {
  readonly #texts: string[] = [];
  readonly #expected: RegExp[] = [];

  watch(page: Page): void {
    page.on('pageerror', (error) => this.#texts.push(`${error.name}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.#texts.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
  }

  /** The browser's own line about an answer with this status. */
  expectStatus(status: number): void {
    this.#expected.push(new RegExp(`the server responded with a status of ${status}`));
  }

  get all(): readonly string[] {
    return this.#texts.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }
}
