/**
 * F1 for every door: malformed requests are generated from valid calls, with a seed that a failure prints; each must get a
 * refusal in the door's own shape, and no row may change. A door brings its operations, its valid calls, what else can be
 * wrong with them (`spoils.ts` has what can be wrong with any), and what a refusal looks like.
 */
import { type Kysely, sql } from 'kysely';

/** Requests of one run; `HEADGATE_SOAK=1` asks for the long one. */
export const requests = process.env.HEADGATE_SOAK === '1' ? 100_000 : 2000;

/** What chooses in this run: `HEADGATE_SEED` repeats one that failed. */
export function seedOr(usual: number): number {
  return Number(process.env.HEADGATE_SEED ?? usual);
}

/** mulberry32: small, seeded, good enough to choose. */
function generator(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Choices that repeat with their seed. */
export class Chance {
  readonly #next: () => number;
  constructor(start: number) {
    this.#next = generator(start);
  }
  /** An integer from 0, below the limit. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

/** An operation of a door's document. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` parameters. */
  readonly path: string;
}

/** A valid call of an operation. */
export interface ValidCall {
  readonly path: string;
  readonly body?: unknown;
}

export interface Malformed {
  /** The operation's id. */
  readonly operation: string;
  /** Which of the spoils it has. */
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

/** Breaks one valid call so that it cannot be valid any more. Null: it does not fit this operation. */
export type Spoil<O extends Operation = Operation, C extends ValidCall = ValidCall> = (
  chance: Chance,
  operation: O,
  call: C,
) => Partial<Malformed> | null;

export const json = { 'content-type': 'application/json' };

/** What malformed requests are made of. */
export interface Material<O extends Operation, C extends ValidCall> {
  readonly operations: readonly O[];
  /** By operation id; one for each. */
  readonly calls: Readonly<Record<string, C>>;
  /** By what they break. */
  readonly spoils: Readonly<Record<string, Spoil<O, C>>>;
  /** Headers that a valid call has beside those of its body. */
  headersOf?(call: C): Readonly<Record<string, string>>;
  /** Is it no fault of this operation after all? */
  harmless?(operation: O, spoilt: Partial<Malformed>): boolean;
}

/** The next malformed request. */
export function malform<O extends Operation, C extends ValidCall>(
  chance: Chance,
  { operations, calls, spoils, headersOf, harmless }: Material<O, C>,
): Malformed {
  for (;;) {
    const operation = chance.pick(operations);
    const what = chance.pick(Object.keys(spoils));
    const call = calls[operation.id]!;
    const spoilt = spoils[what]!(chance, operation, call);
    if (spoilt === null || harmless?.(operation, spoilt)) continue;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = { ...headersOf?.(call), ...(body === undefined ? {} : json), ...spoilt.headers };
    return { operation: operation.id, what, method: operation.method, path: call.path, body, ...spoilt, headers };
  }
}

/** What came back. */
export interface MalformedAnswer {
  readonly status: number;
  /** The content type, empty when there is none. */
  readonly type: string;
  readonly text: string;
}

/** Where malformed requests go. */
export interface Door {
  /** Stands before every path. */
  readonly url: string;
  /** The sign-in of every request that has none of its own. */
  readonly authorization: string;
  /** Is this how the door refuses? Status 4xx is asked for in any case, unless `statuses` says otherwise. */
  refuses(answer: MalformedAnswer, request: Malformed): boolean;
  /** Statuses that refuse; 4xx unless said. */
  statuses?(status: number, request: Malformed): boolean;
}

const refusing = (status: number): boolean => status >= 400 && status <= 499;

/** Sends one request; null when it was refused as it should be, else what went wrong. */
async function faultOf(request: Malformed, door: Door): Promise<string | null> {
  const told = `${request.operation}: ${request.what}: ${request.method} ${request.path.slice(0, 200)} ${String(request.body).slice(0, 300)}`;
  const failed = (error: unknown): string => `${told} → ${String(error)} ${String((error as Error).cause)}`;
  let response: Response;
  try {
    response = await fetch(door.url + request.path, {
      method: request.method,
      headers: { authorization: door.authorization, ...request.headers },
      ...(request.body === undefined || request.method === 'GET' ? {} : { body: request.body as string }), // Buffers pass as well
      signal: AbortSignal.timeout(20_000),
    });
  } catch (error) {
    // fetch itself refuses a few headers and methods: such a request never reaches the server.
    return error instanceof TypeError && error.cause === undefined ? null : failed(error);
  }
  try {
    const text = await response.text();
    const { status } = response;
    const type = response.headers.get('content-type') ?? '';
    const refused = (door.statuses ?? refusing)(status, request) && door.refuses({ status, type, text }, request);
    return refused ? null : `${told} → ${status} ${type} ${text.slice(0, 300)}`;
  } catch (error) {
    return failed(error);
  }
}

/** Sends malformed requests, eight at a time; tells of those that were not refused, ten at most. */
export async function faults<O extends Operation, C extends ValidCall>(
  chance: Chance,
  material: Material<O, C>,
  door: Door,
): Promise<string[]> {
  const found: string[] = [];
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < requests && found.length < 10) {
      sent += 1;
      const fault = await faultOf(malform(chance, material), door);
      if (fault !== null) found.push(fault);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return found;
}

/**
 * Tables that keep books of refusals too: audit (its sealer keeps its place in `setting`), failed sign-ins; and the nodes,
 * which say by the clock that they live.
 */
const books = ['audit_event', 'audit_link', 'audit_sealer', 'audit_checkpoint', 'setting', 'sign_in_failure', 'node'];

/** A digest of each table whose rows a refused request must not touch; `except` are more tables that it may. */
export async function digests<DB>(db: Kysely<DB>, except: readonly string[] = []): Promise<Record<string, string>> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db);
  const found: Record<string, string> = {};
  for (const { name } of rows) {
    if (books.includes(name) || except.includes(name)) continue;
    const { rows: one } = await sql<{ digest: string | null }>`
      select md5(string_agg(t::text, ',' order by t::text)) as digest from ${sql.table(name)} as t`.execute(db);
    found[name] = one[0]?.digest ?? 'empty';
  }
  return found;
}
