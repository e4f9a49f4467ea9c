/** A small client of the native REST door: JSON answers, problems as errors, and streams with their trailers. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CliError, ExitCode, type Problem, ProblemError } from './exit.ts';

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, already encoded: use `path` for segments. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** `application/merge-patch+json` for PATCH, `application/json` otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ApiAnswer<T> {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: T;
}

/** One page of a list, as the door sends it. */
export interface ListPage<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** Joins path segments, each encoded. */
export function path(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

/** Largest problem document read from an answer to a stream request. */
const PROBLEM_LIMIT = 1_048_576;

export class Api {
  readonly server: string;
  readonly #token: string | undefined;

  /** `server` is the base URL without a trailing slash. */
  constructor(server: string, token: string | undefined) {
    this.server = server;
    this.#token = token;
  }

  /**
   * Sends a request and reads the whole JSON answer. Throws ProblemError for a status ≥ 400.
   * The caller names the shape: the door and this client are released together.
   */
  async send<T>(request: ApiRequest): Promise<ApiAnswer<T>> {
    const response = await this.open(request);
    const text = await readText(response, Number.POSITIVE_INFINITY);
    // The door's own JSON; an empty body (204) has no members to read.
    const body = (text === '' ? undefined : parseJson(text, response)) as T;
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  }

  async get<T>(requestPath: string, query?: ApiRequest['query']): Promise<T> {
    return (await this.send<T>({ path: requestPath, query })).body;
  }

  /** Follows cursors until `limit` items are there. `nextCursor` says whether there are more. */
  async list<T>(requestPath: string, query: ApiRequest['query'], limit: number): Promise<ListPage<T>> {
    const items: T[] = [];
    let cursor: string | undefined;
    while (true) {
      const pageLimit = Math.min(limit - items.length, 500);
      const page = await this.get<ListPage<T>>(requestPath, { ...query, limit: pageLimit, cursor });
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
      if (cursor === undefined || items.length >= limit) return { items, nextCursor: cursor ?? null };
    }
  }

  /** Sends a request and hands back the answer's stream once its status is known to be good. */
  open(request: ApiRequest): Promise<IncomingMessage> {
    const url = new URL(`${this.server}/api/v1${request.path}`);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const headers: Record<string, string> = { accept: 'application/json', te: 'trailers' };
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`;
    if (body !== undefined) {
      headers['content-type'] = request.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      headers['content-length'] = String(body.length);
    }
    Object.assign(headers, request.headers);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = send(url, { method: request.method ?? 'GET', headers, signal: request.signal }, (response) => {
        if ((response.statusCode ?? 0) < 400) return resolve(response);
        readText(response, PROBLEM_LIMIT).then(
          (text) => reject(new ProblemError(response.statusCode ?? 0, parseProblem(text))),
          reject,
        );
      });
      outgoing.on('error', (error) => reject(request.signal?.aborted ? error : unreachable(this.server, error)));
      outgoing.end(body);
    });
  }
}

async function readText(response: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  } catch {
    throw new CliError(ExitCode.connection, 'The connection to the Headgate server broke off.', 'Try again.');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, response: IncomingMessage): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(
      ExitCode.connection,
      `The answer is not JSON (${response.headers['content-type'] ?? 'no content type'}).`,
      'Check that --server names a Headgate server and not something in front of it.',
    );
  }
}

/** Something else than Headgate may answer with an error (a proxy): then the status must speak for itself. */
function parseProblem(text: string): Problem {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function unreachable(server: string, error: Error): CliError {
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return new CliError(
    ExitCode.connection,
    `The Headgate server at ${server} cannot be reached${code}.`,
    'Start it with `headgate serve`, or name another one with --server or HEADGATE_SERVER.',
  );
}
