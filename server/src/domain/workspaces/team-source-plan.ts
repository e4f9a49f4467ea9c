/** What a caller writes about a source, read against what there is, and tried: nothing is written here (chorus.md §3.3, §6.1). */
import { sql } from 'kysely';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import type { EngineFacts } from '../sources/model.ts';
import { refuseOwnStore } from '../sources/own-store.ts';
import { type Caller, callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { expressible, type FoundSource } from './found-source.ts';
import { DatabaseFailedError, invalid } from './refusals.ts';
import { type SourceWords, summaryJoins } from './source-rows.ts';
import { kinds, nameLimit, type Place, readPlace, type SplitUrl, type TeamSourceInput } from './team-source-input.ts';
import { nameTaken } from './team-source-writes.ts';
import { limits, Problems, safeText } from './text.ts';
import type { PairChecks } from './verify.ts';

export interface TeamSourceDeps extends WorkspaceDeps {
  readonly checks: PairChecks;
  readonly engines: EngineFacts;
  readonly splitUrl: SplitUrl;
}

/** Whether a server answered, and its version when it told. */
export interface Tried {
  readonly online: boolean;
  readonly version: string | null;
}

/** A source that is to be made. */
export interface NewSource {
  readonly name: string;
  readonly place: Place;
  readonly words: SourceWords;
  readonly pair: { readonly username?: string; readonly password?: string };
  readonly description: string | null;
  readonly shared: boolean;
  /** How trying it went; absent when it was not tried. */
  readonly tried: Tried | undefined;
}

/** What is to become of a source. */
export interface SourcePlan extends Omit<NewSource, 'shared'> {
  readonly enabled: boolean;
  /** Where it is, or how one connects, changes. */
  readonly moved: boolean;
}

const states: readonly string[] = ['online', 'offline', 'incomplete', 'disabled', 'enabled'];

export class SourcePlanner {
  readonly #deps: TeamSourceDeps;

  constructor(deps: TeamSourceDeps) {
    this.#deps = deps;
  }

  /**
   * A new source whose pair was tried; with state `incomplete` whatever there is of it. Throws FieldsInvalidError,
   * ConflictError `name_taken`, DatabaseFailedError.
   */
  async draft(principal: Principal, input: TeamSourceInput): Promise<NewSource> {
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const { entityType } = input;
    if (entityType === undefined || !Object.hasOwn(kinds, entityType)) throw invalid('entity_type', 'invalid', {});
    const lenient = input.state === 'incomplete';
    const problems = new Problems();
    const name = problems.required(input.name, 'name', nameLimit);
    const place = this.#place(problems, entityType, { ...input, host: input.host, dbName: input.dbName }, lenient);
    const pair = readPair(problems, input, lenient);
    const description = problems.text(input.description, 'description', limits.description);
    problems.settle();
    await this.#refuseTaken(caller, name, null);
    refuseOwnStore(store.endpoint, { ...place, username: pair.username ?? null });
    const words: SourceWords = {
      entityType,
      isHawq: input.isHawq ?? null,
      host: input.host ?? '',
      ssl: input.ssl ?? false,
      isPublic: input.isPublic ?? true,
      ...(lenient ? { incomplete: true } : {}),
    };
    const tried = lenient ? undefined : await this.#tried(principal, place, words, pair);
    return {
      name,
      place,
      words,
      pair,
      description: description === null ? null : safeText(description),
      shared: input.shared ?? false,
      tried,
    };
  }

  /** Reads a change against what there is, and tries what it would make of the connection. */
  async change(principal: Principal, found: FoundSource, input: TeamSourceInput): Promise<SourcePlan> {
    const { row, summary } = found;
    const caller = await callerOf(this.#deps.store.db, principal);
    const problems = new Problems();
    if (input.state !== undefined && !states.includes(input.state)) {
      problems.add('state', 'inclusion', { value: input.state });
    }
    const name = input.name === undefined ? summary.name : problems.required(input.name, 'name', nameLimit);
    const lenient = input.state === 'incomplete' || (found.words.incomplete === true && input.state !== 'enabled');
    const shown = { host: found.words.host ?? row.host, port: row.port, dbName: row.database };
    const place = this.#place(
      problems,
      summary.entityType,
      {
        host: input.host ?? shown.host,
        port: input.port === undefined ? shown.port : input.port,
        dbName: input.dbName === undefined ? shown.dbName : input.dbName,
      },
      lenient,
    );
    const description =
      input.description === undefined
        ? row.description
        : problems.text(input.description, 'description', limits.description);
    const pair = readPair(problems, input, true);
    problems.settle();
    if (name !== summary.name) await this.#refuseTaken(caller, name, row.source_id);
    const { incomplete: _was, ...kept } = found.words;
    const words: SourceWords = {
      ...kept,
      entityType: summary.entityType,
      host: input.host ?? shown.host ?? '',
      ssl: input.ssl ?? found.words.ssl ?? false,
      ...(input.isHawq === undefined ? {} : { isHawq: input.isHawq }),
      ...(input.isPublic === undefined ? {} : { isPublic: input.isPublic }),
      ...(lenient ? { incomplete: true } : {}),
    };
    const moved =
      place.engine !== row.engine ||
      place.host !== row.host ||
      place.port !== row.port ||
      place.database !== row.database ||
      words.ssl !== (found.words.ssl ?? false);
    const enabled = input.state === 'disabled' ? false : input.state === 'enabled' ? true : row.enabled;
    const tries =
      !lenient && (moved || pair.username !== undefined || pair.password !== undefined || input.state === 'enabled');
    refuseOwnStore(this.#deps.store.endpoint, { ...place, username: pair.username ?? row.username });
    const tried = tries
      ? await this.#tryAgain(principal, found, place, words, pair, input.state === 'enabled')
      : undefined;
    const safe = description === null ? null : safeText(description);
    return { name, place, words, pair, description: safe, enabled, moved, tried };
  }

  /** A probe that fails only shows: the source is enabled and offline. Everything else must work. */
  async #tryAgain(
    principal: Principal,
    found: FoundSource,
    place: Place,
    words: SourceWords,
    pair: { readonly username?: string; readonly password?: string },
    probing: boolean,
  ): Promise<Tried> {
    const stored = await this.#storedPair(found);
    const whole = {
      username: pair.username ?? stored?.username ?? '',
      password: pair.password ?? stored?.password ?? '',
    };
    try {
      return await this.#tried(principal, place, words, whole);
    } catch (error) {
      if (probing && error instanceof DatabaseFailedError) return { online: false, version: null };
      throw error;
    }
  }

  async #storedPair(found: FoundSource): Promise<{ username: string; password: string } | undefined> {
    const { rows } = await sql<{ uid: string; username: string | null; sealed: Buffer | null }>`
      select uid, username, secret_sealed as sealed from credential
      where source_id = ${found.row.source_id} and kind = 'source' and level = 'any'`.execute(this.#deps.store.db);
    const [row] = rows;
    if (row?.username == null || row.sealed === null) return undefined;
    try {
      const context = { tenantId: found.row.tenant_id, table: 'credential', rowUid: row.uid, field: 'secret' };
      return { username: row.username, password: this.#deps.vault.openText(context, row.sealed) };
    } catch {
      return undefined; // unreadable: a new one must be said (S7)
    }
  }

  #place(
    problems: Problems,
    entityType: string,
    input: { readonly host: unknown; readonly port?: unknown; readonly dbName?: unknown },
    lenient: boolean,
  ): Place {
    const { engines, splitUrl } = this.#deps;
    const given = { host: input.host, port: input.port, dbName: input.dbName };
    return readPlace(problems, entityType, given, {
      lenient,
      splitUrl,
      defaultPort: (engine) => engines.defaultPort(engine),
    });
  }

  async #tried(
    principal: Principal,
    place: Place,
    words: SourceWords,
    pair: { readonly username?: string; readonly password?: string },
  ): Promise<Tried> {
    if (place.engine === null || place.host === null) {
      throw new DatabaseFailedError('DATA_SOURCE_DRIVER_NOT_CONFIGURED', 'No engine here can run this data source.');
    }
    const draft = {
      engine: place.engine,
      host: place.host,
      ...(place.port === null ? {} : { port: place.port }),
      database: place.database,
      username: pair.username ?? '',
      password: pair.password ?? '',
      tls: { mode: words.ssl === true ? ('require' as const) : ('prefer' as const) },
    };
    const version = await this.#deps.checks.check(principal, { draft }, words.isHawq === true);
    return { online: true, version: version ?? null };
  }

  async #refuseTaken(caller: Caller, name: string, except: number | null): Promise<void> {
    const { rows } = await sql<{ taken: boolean }>`
      select exists (select 1 from data_source s ${summaryJoins}
        where ${expressible(caller.tenantId)} and ${this.#deps.access.visibleFilter(caller.principal, { alias: 's' })} and lower(coalesce(sn.name, s.title, s.name)) = ${foldName(name)}
          and s.id is distinct from ${except}::bigint) as taken`.execute(this.#deps.store.db);
    if (rows[0]?.taken === true) throw nameTaken();
  }
}

function readPair(
  problems: Problems,
  input: TeamSourceInput,
  lenient: boolean,
): { readonly username?: string; readonly password?: string } {
  const pair: { username?: string; password?: string } = {};
  if (input.dbUsername !== undefined || !lenient) {
    pair.username = problems.required(input.dbUsername, 'db_username', limits.name);
  }
  if (input.dbPassword !== undefined || !lenient) {
    pair.password = problems.required(input.dbPassword, 'db_password', 4096);
  }
  return pair;
}
