/** A source's definition: from what a caller wrote or patched to what is kept. Pure. */
import { InvalidError } from '../errors.ts';
import type { SourceMember } from './blocking.ts';
import {
  boundDepth,
  checkDatabase,
  checkEngine,
  checkHost,
  checkLabels,
  checkMetadata,
  checkName,
  checkOptionalText,
  checkOptions,
  checkPermissions,
  checkPort,
  checkSwitch,
  checkText,
  checkVisibility,
  sourceLimits,
} from './fields.ts';
import { mergePatch, sameJson } from './merge-patch.ts';
import {
  type EngineFacts,
  type JsonObject,
  type SourceInput,
  type SourceOptions,
  type SourcePatch,
  secretMask,
  type Visibility,
} from './model.ts';
import { checkTls, type KeyChange, type StoredTls } from './tls.ts';

/** What is kept of a source in its own row, except the sealed key. */
export interface Definition {
  readonly name: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly engine: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly schema: string | null;
  readonly tls: StoredTls;
  readonly options: SourceOptions;
  readonly metadata: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly permissions: readonly number[] | null;
  readonly visibility: Visibility;
  readonly sharesCredential: boolean;
  readonly enabled: boolean;
}

/** What a write does to the source's own pair. An absent member leaves it as it is; null removes it. */
export interface PairChange {
  readonly username?: string | null;
  readonly password?: string | null;
}

export interface DefinitionChange {
  readonly definition: Definition;
  readonly tlsKey: KeyChange;
  readonly pair: PairChange;
  /** Members whose value changes, in the order of the patch. Equal values are no change; a password always is. */
  readonly changed: readonly SourceMember[];
}

/** What a patch starts from. */
export interface Current {
  readonly definition: Definition;
  readonly hasTlsKey: boolean;
  /** User name of the source's own pair. */
  readonly username: string | null;
  readonly hasPassword: boolean;
}

const blank: Definition = {
  name: '',
  title: null,
  description: null,
  engine: null,
  host: null,
  port: null,
  database: null,
  schema: null,
  tls: {},
  options: {},
  metadata: {},
  labels: {},
  permissions: null,
  visibility: 'private',
  sharesCredential: true,
  enabled: true,
};

type Draft = { -readonly [K in keyof Definition]: Definition[K] };

/** A new source. Throws InvalidError with the first member that breaks a rule. */
export function readInput(input: SourceInput, engines: EngineFacts): DefinitionChange {
  const current = { definition: blank, hasTlsKey: false, username: null, hasPassword: false };
  // Required members take part even when absent, so that their absence is told.
  const required = { name: undefined, engine: undefined, host: undefined, port: undefined, database: undefined };
  return change(current, Object.assign(required, input), engines);
}

/** A merge patch on what there is. Throws InvalidError with the first member that breaks a rule. */
export function applyPatch(current: Current, patch: SourcePatch, engines: EngineFacts): DefinitionChange {
  const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return change(current, said, engines);
}

function change(current: Current, said: Readonly<Record<string, unknown>>, engines: EngineFacts): DefinitionChange {
  const before = current.definition;
  const next: Draft = { ...before };
  let tlsKey: KeyChange = current.hasTlsKey ? 'keep' : 'remove';

  const says = (member: SourceMember): boolean => Object.hasOwn(said, member);
  const merged = (member: 'options' | 'metadata' | 'labels'): unknown =>
    mergePatch(before[member], boundDepth(said[member], member));

  if (says('name')) next.name = checkName(said.name);
  if (says('title')) next.title = checkOptionalText(said.title, 'title', sourceLimits.title);
  if (says('description'))
    next.description = checkOptionalText(said.description, 'description', sourceLimits.description);
  if (says('engine')) next.engine = said.engine === null ? null : checkEngine(said.engine, engines);
  if (says('host')) next.host = hostOf(said.host, next.engine);
  if (says('port') || followsEngine(before, next.engine, engines)) next.port = portOf(said.port, next.engine, engines);
  if (says('database') || next.engine !== before.engine) {
    next.database = databaseOf(says('database') ? said.database : before.database, next.engine, engines);
  }
  if (says('schema')) next.schema = checkOptionalText(said.schema, 'schema', sourceLimits.schema);
  if (says('tls')) {
    const held = { ...before.tls, ...(current.hasTlsKey ? { key: secretMask } : {}) };
    const checked = checkTls(mergePatch(held, boundDepth(said.tls, 'tls')), current.hasTlsKey);
    next.tls = checked.tls;
    tlsKey = checked.key;
  }
  if (says('options') || next.engine !== before.engine) {
    next.options = checkOptions(says('options') ? merged('options') : before.options, next.engine, engines);
  }
  if (says('metadata')) next.metadata = checkMetadata(merged('metadata'));
  if (says('labels')) next.labels = checkLabels(merged('labels'));
  if (says('permissions')) next.permissions = checkPermissions(said.permissions);
  if (says('visibility')) next.visibility = checkVisibility(said.visibility);
  if (says('sharesCredential')) next.sharesCredential = checkSwitch(said.sharesCredential, 'sharesCredential');
  if (says('enabled')) next.enabled = checkSwitch(said.enabled, 'enabled');

  const pair = pairChange(said, current);
  const keyChanged = typeof tlsKey === 'object' || (tlsKey === 'remove' && current.hasTlsKey);
  const changed = (Object.keys(next) as (keyof Definition)[]).filter(
    (member) => !sameJson(before[member], next[member]) || (member === 'tls' && keyChanged),
  );
  return {
    definition: next,
    tlsKey,
    pair,
    changed: [...changed, ...(Object.keys(pair) as (keyof PairChange)[])],
  };
}

/** A kind that is only stored needs none. */
function hostOf(value: unknown, engine: string | null): string | null {
  return engine === null && (value === undefined || value === null) ? null : checkHost(value);
}

/** A default port changes with its engine. */
function followsEngine(before: Definition, engine: string | null, engines: EngineFacts): boolean {
  return before.engine !== null && before.engine !== engine && before.port === engines.defaultPort(before.engine);
}

/** Null and absent mean the engine's own port. */
function portOf(value: unknown, engine: string | null, engines: EngineFacts): number | null {
  if (value !== undefined && value !== null) return checkPort(value);
  return engine === null ? null : engines.defaultPort(engine);
}

function databaseOf(value: unknown, engine: string | null, engines: EngineFacts): string | null {
  return engine === null
    ? checkOptionalText(value, 'database', sourceLimits.database)
    : checkDatabase(value, engine, engines);
}

function pairChange(said: Readonly<Record<string, unknown>>, current: Current): PairChange {
  const pair: { username?: string | null; password?: string | null } = {};
  if (said.username !== undefined) {
    const username = checkOptionalText(said.username, 'username', sourceLimits.username);
    if (username !== current.username) pair.username = username;
  }
  if (said.password === null) {
    if (current.hasPassword) pair.password = null;
  } else if (said.password !== undefined) {
    const password = checkSecret(said.password, current.hasPassword);
    if (password !== undefined) pair.password = password;
  }
  return pair;
}

/** A password to keep; undefined = the mask: the stored one stays (S6). */
export function checkSecret(value: unknown, hasStored: boolean): string | undefined {
  const password = checkText(value, 'password', sourceLimits.password);
  if (password !== secretMask) return password;
  if (hasStored) return undefined;
  throw new InvalidError('password_required', 'There is no stored password for the mask to keep.', {
    field: 'password',
    remedy: 'Send the password itself.',
  });
}
