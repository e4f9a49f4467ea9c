/** The client: every operation of the API by its id, with typed input and answer. */

import { columnsOf, QueryResult, withUniqueNames } from './query.ts';
import { brokenOff, type ClientOptions, type LooseInput, Transport } from './transport.ts';
import type {
  Answer,
  Body,
  CallArguments,
  CallOptions,
  Input,
  Item,
  JsonOperationId,
  ListOperationId,
  OperationId,
} from './types.ts';
import { type JobEvent, watch } from './watch.ts';

/** An answer with what HTTP says about it. */
export interface Reply<Data> {
  readonly data: Data;
  /** To be sent as `ifMatch` with a change of what was read. */
  readonly etag: string | undefined;
  readonly status: number;
  readonly headers: Headers;
}

type Loose = LooseInput | undefined;

/**
 * A client of one Headgate. Stateless but for its options; make as many as you like.
 *
 * ```ts
 * const headgate = new HeadgateClient({ baseUrl: 'https://headgate.example', token: process.env.HEADGATE_TOKEN });
 * const source = await headgate.call('getSource', { params: { name: 'crm' } });
 * ```
 */
export class HeadgateClient {
  readonly #transport: Transport;

  constructor(options: ClientOptions = {}) {
    this.#transport = new Transport(options);
  }

  /** Calls an operation and answers its JSON; undefined when the answer has no body. */
  async call<Id extends JsonOperationId>(id: Id, ...[request]: CallArguments<Id>): Promise<Answer<Id>> {
    return (await this.#reply<Id>(id, request)).data;
  }

  /** The same with status, headers and ETag. */
  async reply<Id extends JsonOperationId>(id: Id, ...[request]: CallArguments<Id>): Promise<Reply<Answer<Id>>> {
    return this.#reply<Id>(id, request);
  }

  /** The response of an operation, its body unread: downloads, exports. */
  open<Id extends OperationId>(id: Id, ...[request]: CallArguments<Id>): Promise<Response> {
    return this.#transport.send(id, (request as Loose) ?? {});
  }

  /** The address of an operation, for links. A link carries the cookie of a session, but no token. */
  url<Id extends OperationId>(id: Id, input?: Input<Id>): string {
    return this.#transport.url(id, input as Loose);
  }

  /** The pages of a list, each asked for when the loop comes to it. */
  async *pages<Id extends ListOperationId>(id: Id, ...[request]: CallArguments<Id>): AsyncGenerator<Item<Id>[]> {
    const first: LooseInput = (request as Loose) ?? {};
    let cursor: string | null = null;
    do {
      const query: Record<string, unknown> = { ...first.query, ...(cursor === null ? {} : { cursor }) };
      const response = await this.#transport.send(id, { ...first, query });
      // The operations allowed here answer this by their type.
      const page = (await json(response, first.signal)) as { items: Item<Id>[]; nextCursor: string | null };
      yield page.items;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  /** The items of a list, over all its pages. */
  async *items<Id extends ListOperationId>(id: Id, ...request: CallArguments<Id>): AsyncGenerator<Item<Id>> {
    for await (const page of this.pages(id, ...request)) yield* page;
  }

  /**
   * Runs a statement; resolves with its columns, before its rows. Rejects with ProblemError when it is refused. An
   * abort of the signal cancels it on its server.
   */
  async query(source: string, body: Omit<Body<'runQuery'>, 'format'>, options: CallOptions = {}): Promise<QueryResult> {
    const input = { ...options, params: { name: source }, body: { ...body, format: 'ndjson' } };
    return this.#result(await this.#transport.send('runQuery', input), options.signal);
  }

  /** Runs the newest version of a workspace's SQL file; the same result as `query`. */
  async runFile(
    params: Input<'runWorkspaceFile'>['params'],
    body: Omit<Body<'runWorkspaceFile'>, 'format'> = {},
    options: CallOptions = {},
  ): Promise<QueryResult> {
    const input = { ...options, params, body: { ...body, format: 'ndjson' } };
    return this.#result(await this.#transport.send('runWorkspaceFile', input), options.signal);
  }

  /** Watches a job until it is over, over restarts of the server too. */
  watchJob(id: string, options: CallOptions = {}): AsyncGenerator<JobEvent> {
    return watch(() => this.#transport.send('watchJob', { ...options, params: { id } }), options.signal);
  }

  async #result(response: Response, signal: AbortSignal | undefined): Promise<QueryResult> {
    const id = response.headers.get('headgate-query-id') ?? '';
    const read = (asked: string) => this.call('getQuery', { params: { id: asked } });
    const columns =
      columnsOf(response.headers.get('headgate-columns')) ?? withUniqueNames((await read(id)).columns ?? []);
    const cancel = (asked: string) => this.call('cancelQuery', { params: { id: asked } });
    return new QueryResult(response, columns, { read, cancel }, signal);
  }

  async #reply<Id extends JsonOperationId>(id: Id, request: Loose): Promise<Reply<Answer<Id>>> {
    const response = await this.#transport.send(id, request ?? {});
    const data = (await json(response, request?.signal)) as Answer<Id>; // what the server documents for this operation
    const { status, headers } = response;
    return { data, etag: headers.get('etag') ?? undefined, status, headers };
  }
}

async function json(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  const text = await response.text().catch((error: unknown) => {
    throw brokenOff(error, signal);
  });
  return text === '' ? undefined : JSON.parse(text);
}
