/** Makes the demo's requests, shows them, and fails loudly when an answer is not the one that the demo promises. */
import type { Narrator } from './narrator.ts';

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the server's URL. */
  readonly path: string;
  readonly user?: string;
  readonly body?: unknown;
  /** Status that the demo promises. */
  readonly expect: number;
  /** Problem code that it promises, for refusals. */
  readonly code?: string;
  /** Members of the answer to print. */
  readonly only?: readonly string[];
  /** Not printed. */
  readonly silent?: boolean;
}

/** An answer, read whole. */
export interface Answer {
  readonly text: string;
  /** The JSON of the answer; undefined when it is none. The demo knows what it asked for. */
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are the door's, checked by its own tests
  readonly json: any;
}

/** An answer was not the promised one. */
export class DemoFailure extends Error {}

export class Caller {
  readonly #server: string;
  readonly #narrator: Narrator;
  readonly #tokens = new Map<string, string>();

  constructor(server: string, narrator: Narrator) {
    this.#server = server;
    this.#narrator = narrator;
  }

  /** Signs a user in; later calls name the user. */
  async signIn(username: string, password: string): Promise<void> {
    const { json } = await this.call({
      method: 'POST',
      path: '/api/v1/sessions',
      body: { username, password },
      expect: 201,
      only: ['token', 'expiresAt'],
    });
    this.#tokens.set(username, json.token);
  }

  async call(call: Call): Promise<Answer> {
    const { method = 'GET', path, user, body } = call;
    const headers: Record<string, string> = {};
    if (user !== undefined) headers.authorization = `Bearer ${this.#tokens.get(user) ?? ''}`;
    if (body !== undefined)
      headers['content-type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const started = performance.now();
    const response = await fetch(`${this.#server}${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    const ms = performance.now() - started;
    const { status } = response;
    if (!call.silent || status !== call.expect) {
      const only = status === call.expect ? call.only : undefined;
      const url = `${this.#server}${path}`;
      this.#narrator.exchange({ method, url, user: user ?? null, body, status, ms, answer: text, only });
    }
    const json = parsed(text);
    if (status !== call.expect)
      throw new DemoFailure(`${method} ${path} answered ${status}, the demo expects ${call.expect}.`);
    if (call.code !== undefined && json?.code !== call.code) {
      throw new DemoFailure(`${method} ${path} was refused as ${json?.code}, the demo expects ${call.code}.`);
    }
    return { text, json };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: see Answer.json
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Fails the demo unless the condition holds. */
export function promise(condition: boolean, what: string): asserts condition {
  if (!condition) throw new DemoFailure(`The demo promises: ${what}`);
}
