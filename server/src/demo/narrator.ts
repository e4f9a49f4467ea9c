/** Prints each step of the demo as the request made and the answer got; secrets are masked, long answers shortened. */
import type { Writable } from 'node:stream';

export interface Shown {
  readonly method: string;
  readonly url: string;
  /** Who asks: printed as the name of a shell variable that holds their token; null = nobody. */
  readonly user: string | null;
  readonly body?: unknown;
  readonly status: number;
  readonly ms: number;
  /** Text of the answer. */
  readonly answer: string;
  /** JSON members to show, of the answer or of each of its items; all when absent. */
  readonly only?: readonly string[];
}

const LINES = 12;
const LINE_WIDTH = 150;
const SECRET_NAMES = new Set(['password', 'token', 'secret']);
const MASK = '********';

export class Narrator {
  readonly #out: Writable;
  readonly #bold: boolean;
  #step = 0;

  constructor(out: Writable & { isTTY?: boolean }, environment: NodeJS.ProcessEnv) {
    this.#out = out;
    this.#bold = out.isTTY === true && !environment.NO_COLOR;
  }

  say(text = ''): void {
    this.#out.write(`${text}\n`);
  }

  /** Begins a numbered step. */
  step(title: string): void {
    this.#step += 1;
    const heading = `${this.#step}. ${title}`;
    this.say();
    this.say(this.#bold ? `\u001b[1m${heading}\u001b[22m` : heading);
  }

  /** Shows one exchange. */
  exchange(shown: Shown): void {
    this.say(`  $ ${curl(shown)}`);
    this.say(`  HTTP ${shown.status}  (${Math.round(shown.ms)} ms)`);
    for (const line of answerLines(shown)) this.say(`    ${line}`);
  }
}

/** The request as a curl command; the token stays in a variable. */
export function curl({ method, url, user, body }: Pick<Shown, 'method' | 'url' | 'user' | 'body'>): string {
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  const token = user === null ? '' : ` -H "Authorization: Bearer $${user.toUpperCase()}"`;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const data =
    body === undefined
      ? ''
      : ` -H 'Content-Type: ${type}' -d '${JSON.stringify(masked(body)).replaceAll("'", "'\\''")}'`;
  const address = /[&?]/.test(url) ? `'${url}'` : url;
  return `curl${verb} ${address}${token}${data}`;
}

function answerLines(shown: Shown): string[] {
  if (shown.answer === '') return [];
  const json = parsed(shown.answer);
  const text = json === undefined ? shown.answer : compactJson(masked(chosen(json, shown.only)));
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => (line.length > LINE_WIDTH ? `${line.slice(0, LINE_WIDTH)}…` : line));
  if (lines.length <= LINES) return lines;
  return [...lines.slice(0, LINES - 1), `… ${lines.length - LINES + 1} more lines`];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps the named members of an object, or of each item of a list. */
function chosen(value: unknown, only: readonly string[] | undefined): unknown {
  if (only === undefined || typeof value !== 'object' || value === null) return value;
  if ('items' in value && Array.isArray(value.items)) {
    return { items: value.items.map((item: unknown) => chosen(item, only)) };
  }
  return Object.fromEntries(Object.entries(value).filter(([name]) => only.includes(name)));
}

/** Replaces secrets: members by their name, and passwords inside URLs. */
export function masked(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/(:\/\/[^:/@\s]*:)[^@\s]*@/g, `$1${MASK}@`);
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET_NAMES.has(name) && typeof member === 'string' ? MASK : masked(member),
    ]),
  );
}

/** JSON with a member a line; what is small inside stays on its line. */
function compactJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[\n${value.map((item) => `  ${JSON.stringify(item)}`).join(',\n')}\n]`;
  const members = Object.entries(value).map(([name, member]) => {
    const items = Array.isArray(member) && member.some((item) => typeof item === 'object');
    const text = items
      ? `[\n${member.map((item: unknown) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`
      : JSON.stringify(member);
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${members.join(',\n')}\n}`;
}
