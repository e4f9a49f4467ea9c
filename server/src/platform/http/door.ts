/** Doors and which of them a request belongs to (decisions.md 19): the longest literal prefix, before any routing. */

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Problem } from './problem.ts';

/** The Fastify instance that a door registers its routes on: bodies and answers typed by TypeBox schemas. */
export type DoorInstance = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A whole answer, made outside of any route. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A way in. Each has a Fastify instance of its own: its own hooks, parsers, errors, 404 and 405. */
export interface Door {
  readonly name: string;
  /**
   * Literal path prefixes, by whole segments: `/v1/fetcher` owns `/v1/fetcher` and `/v1/fetcher/…`, not
   * `/v1/fetchers`. `=/version` owns that one path; `/version/` only what lies below it; `/` everything that no other
   * door owns.
   */
  readonly prefixes: readonly string[];
  /** Prefixes of this door, written in lower case, match in any case. */
  readonly foldsCase?: boolean;
  /** Brings a request target (path and query string) into the form that the router knows (decisions.md 21). */
  rewrite?(url: string): string;
  /** Adds hooks and routes. Parsers and the validator compiler that are set here replace the kit's own. */
  register(app: DoorInstance): void | Promise<void>;
  /** The problem behind an error of the layers below, or undefined for one that nobody foresaw. */
  problemOf(error: unknown): Problem | undefined;
  /** Answers an error in the door's own format; a problem document when absent. */
  answerError?(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown;
  /** Answers an unknown path (`allowed` is empty) or method; 404 and 405 problems when absent. */
  answerUnknown?(request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]): unknown;
  /** How a refusal looks that happens before routing (malformed URL); a problem document when absent. */
  refuse?(problem: Problem, requestId: string): PlainAnswer;
}

interface Entry<Owner> {
  readonly path: string;
  readonly rule: 'exact' | 'segment' | 'below';
  readonly foldsCase: boolean;
  readonly owner: Owner;
}

function entryOf<Owner>(prefix: string, owner: Owner, foldsCase: boolean): Entry<Owner> {
  if (prefix.startsWith('=')) return { path: prefix.slice(1), rule: 'exact', foldsCase, owner };
  if (prefix.endsWith('/')) return { path: prefix, rule: 'below', foldsCase, owner };
  return { path: prefix, rule: 'segment', foldsCase, owner };
}

/** The table of prefixes. Two owners of one prefix are a mistake of the installation: it throws. */
export class PrefixTable<Owner> {
  readonly #entries: readonly Entry<Owner>[];

  constructor(owners: Iterable<readonly [prefix: string, owner: Owner, foldsCase?: boolean]>) {
    const entries = [...owners].map(([prefix, owner, foldsCase]) => entryOf(prefix, owner, foldsCase ?? false));
    const seen = new Set<string>();
    for (const { path, rule } of entries) {
      const key = `${rule} ${path}`;
      if (seen.has(key)) throw new Error(`Two doors claim the prefix ${path}.`);
      seen.add(key);
    }
    // Longest first; at equal length an exact path is the closer one.
    this.#entries = entries.sort(
      (a, b) => b.path.length - a.path.length || Number(b.rule === 'exact') - Number(a.rule === 'exact'),
    );
  }

  /** Who owns the request target `url` (path and query string), or undefined. */
  find(url: string): Owner | undefined {
    for (const { path, rule, foldsCase, owner } of this.#entries) {
      const begins = url.startsWith(path) || (foldsCase && url.slice(0, path.length).toLowerCase() === path);
      if (!begins) continue;
      if (rule === 'below') return owner;
      const next = url.charCodeAt(path.length);
      const ended = url.length === path.length || next === 63; /* ? */
      if (ended || (rule === 'segment' && next === 47) /* / */) return owner;
    }
    return undefined;
  }
}
