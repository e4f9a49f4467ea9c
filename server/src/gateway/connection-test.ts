/** The staged connection test (F7): what works, what does not, which field to mend and how. */
import { ConflictError, DomainError, ForbiddenError, InvalidError } from '../domain/errors.ts';
import { requireScope } from '../domain/identity/index.ts';
import { Permission } from '../domain/identity/permissions.ts';
import { type Principal, principalOf, systemPrincipal } from '../domain/identity/principal.ts';
import { type ConnectSettings, type SourceOptions, secretMask, type TlsMode } from '../domain/sources/index.ts';
import { type ConnectStage, type Engine, type EngineConnection, EngineError } from '../engines/engine.ts';
import { isLoopbackHost } from '../platform/network/addresses.ts';
import type { Connector } from './connector.ts';
import { engineFacts } from './engine-facts.ts';
import { addressRemedies, remedyOf } from './errors.ts';
import type { GatewayDeps, SourceFacts } from './ports.ts';
import type { SourceDraft, TestReport, TestStage, TestSubject } from './types.ts';

/** Time for everything behind the sign-in. */
const AFTER_SIGN_IN_MS = 10_000;
/** A clock that is off by more is worth a word. */
const SKEW_MS = 5_000;

/** The member of a source that a code points at. */
const fields: Readonly<Record<string, string>> = {
  name_not_found: 'host',
  name_lookup_failed: 'host',
  address_refused: 'host',
  own_store: 'host',
  unreachable: 'host',
  connect_timeout: 'host',
  tls_unsupported: 'tls/mode',
  tls_required: 'tls/mode',
  tls_untrusted: 'tls/ca',
  tls_expired: 'tls/mode',
  tls_name_mismatch: 'host',
  tls_failed: 'tls',
  login_failed: 'password',
  login_not_allowed: 'username',
  auth_unsupported: 'username',
  database_not_found: 'database',
  database_denied: 'database',
  too_many_connections: 'options',
  permission_denied: 'username',
  protocol_error: 'port',
};

/** Remedies of codes that only this test meets. */
const remedies: Readonly<Record<string, string>> = {
  ...addressRemedies,
  tls_failed: 'Compare the TLS versions and ciphers of server and client, and check the client certificate.',
  protocol_error: 'Something else answers on this port: check port and engine.',
};

export class ConnectionTester {
  readonly #deps: GatewayDeps;
  readonly #connector: Connector;

  constructor(deps: GatewayDeps, connector: Connector) {
    this.#deps = deps;
    this.#connector = connector;
  }

  /** See `Gateway.test`. */
  async test(principal: Principal, subject: TestSubject, signal: AbortSignal): Promise<TestReport> {
    if ('draft' in subject) {
      requireScope(principal, 'write');
      const may = principal.subject.permissions;
      if (!may.has(Permission.createSource) && !may.has(Permission.administrator)) {
        throw new ForbiddenError('permission_missing', 'Testing a new source needs the permission to create one (1).');
      }
      return this.#run(this.#draftSettings(principal, subject.draft), signal);
    }
    const facts = await this.#deps.access.resolve(principal, subject.saved);
    this.#deps.access.authorise(principal, 'source.test', facts);
    const overrides = definedOf(subject.overrides ?? {});
    const settings = await this.#savedSettings(principal, facts, overrides);
    const report = await this.#run(settings, signal);
    await this.#keep(principal, facts, overrides, report);
    return report;
  }

  /** See `Gateway.probe`. */
  async probe(sourceUid: string, signal: AbortSignal): Promise<void> {
    const { access, credentials, sources, principals, refusals } = this.#deps;
    const facts = await access.resolve(systemPrincipal(), sourceUid);
    const owner = await principals.byId(facts.source.ownerId);
    if (owner === null) return;
    const context = { door: 'chorus', requestId: 'probe', address: null } as const;
    const credential = await credentials.resolve(principalOf(owner, context, { method: 'system' }), facts, {
      level: 'read',
    });
    const report = await this.#run(await sources.connectSettings(facts, credential), signal);
    const code = report.ok ? null : (report.stages.at(-1)?.code ?? null);
    await sources.recordProbe(facts.source.id, report.ok, code, report.server?.version ?? null);
    if (code === 'login_failed') await refusals?.markRefused(credential);
  }

  async #savedSettings(
    principal: Principal,
    facts: SourceFacts,
    overrides: Partial<SourceDraft>,
  ): Promise<ConnectSettings> {
    const { engine, ...rest } = overrides;
    if (engine !== undefined && engine !== facts.source.engine) {
      throw new InvalidError('invalid_override', 'A saved source is tested with its own engine.', { field: 'engine' });
    }
    if (facts.source.engine === null) {
      throw new ConflictError('engine_unavailable', 'This installation keeps the source but has no engine to run it.');
    }
    // A posted password stands on its own: the stored one is not even looked up.
    const posted = rest.password !== undefined && rest.password !== null && rest.password !== secretMask;
    const credential = await this.#deps.credentials.resolve(principal, facts, {
      level: 'read',
      ...(posted && rest.username ? { posted: { username: rest.username, password: rest.password ?? '' } } : {}),
    });
    const saved = await this.#deps.sources.connectSettings(facts, credential);
    const changed: ConnectSettings = {
      ...saved,
      host: rest.host ?? saved.host,
      port: rest.port ?? saved.port,
      database: rest.database === undefined ? saved.database : (rest.database ?? ''),
      schema: rest.schema === undefined ? saved.schema : rest.schema,
      username: rest.username ?? saved.username,
      password: posted ? (rest.password ?? '') : saved.password,
      tls: changedTls(saved.tls, rest.tls),
      options: rest.options ?? saved.options,
    };
    const moved = posted ? undefined : movedField(saved, changed);
    if (moved !== undefined) {
      throw new InvalidError(
        'password_required_for_new_target',
        `The stored password is only ever sent to where it is stored for, and ${moved} differs.`,
        { field: 'password', remedy: 'Send the password with the test.' },
      );
    }
    this.#checkOptions(changed.engine, changed.options);
    return changed;
  }

  #draftSettings(principal: Principal, draft: SourceDraft): ConnectSettings {
    const facts = engineFacts(this.#deps.engines);
    if (!facts.ids.includes(draft.engine)) {
      throw new InvalidError('invalid_engine', `There is no engine ${JSON.stringify(draft.engine)}.`, {
        field: 'engine',
        remedy: `Engines are ${facts.ids.filter((id) => facts.engineAvailable(id)).join(', ')}.`,
      });
    }
    if (!facts.engineAvailable(draft.engine)) {
      throw new InvalidError('engine_unavailable', `This installation cannot run ${facts.title(draft.engine)}.`, {
        field: 'engine',
      });
    }
    if (!draft.host) throw new InvalidError('invalid_host', 'The host is missing.', { field: 'host' });
    if (draft.password === secretMask) {
      throw new InvalidError('invalid_password', 'A new source has no stored password that a mask could stand for.', {
        field: 'password',
      });
    }
    if (!draft.database && facts.databaseRequired(draft.engine)) {
      throw new InvalidError('invalid_database', `${facts.title(draft.engine)} needs the name of a database.`, {
        field: 'database',
      });
    }
    this.#checkOptions(draft.engine, draft.options ?? {});
    return {
      sourceId: 0,
      sourceUid: '',
      tenantId: principal.subject.tenantId,
      engine: draft.engine,
      host: draft.host,
      port: draft.port ?? facts.defaultPort(draft.engine),
      database: draft.database ?? '',
      schema: draft.schema ?? null,
      tls: {
        mode: draft.tls?.mode ?? (isLoopbackHost(draft.host) ? 'prefer' : 'verify-full'),
        ...(draft.tls?.ca ? { ca: draft.tls.ca } : {}),
        ...(draft.tls?.cert ? { cert: draft.tls.cert } : {}),
        ...(draft.tls?.key ? { key: draft.tls.key } : {}),
      },
      options: draft.options ?? {},
      username: draft.username ?? '',
      password: draft.password ?? '',
      settingsVersion: 0,
    };
  }

  #checkOptions(engine: string, options: SourceOptions): void {
    const [problem] = engineFacts(this.#deps.engines).validateOptions(engine, options);
    if (problem === undefined) return;
    throw new InvalidError('invalid_options', problem.message, {
      field: problem.field === '' ? 'options' : `options/${problem.field}`,
      ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
    });
  }

  async #run(settings: ConnectSettings, signal: AbortSignal): Promise<TestReport> {
    const stages = new Stages();
    let connection: EngineConnection | undefined;
    try {
      connection = await this.#connector.open(settings, { signal, onStage: (stage) => stages.passed(stage) });
      stages.passed('database');
      const engine = this.#deps.engines.get(settings.engine) as Engine; // the connector has used it
      const server = await afterSignIn(engine, connection, stages, signal);
      return { ok: true, stages: stages.list, server };
    } catch (error) {
      if (signal.aborted) throw error;
      stages.failed(error, settings);
      const server = connection && { version: connection.serverVersion, encrypted: connection.encrypted };
      return { ok: false, stages: stages.list, ...(server === undefined ? {} : { server }) };
    } finally {
      if (connection !== undefined) void connection.close();
    }
  }

  async #keep(
    principal: Principal,
    facts: SourceFacts,
    overrides: Partial<SourceDraft>,
    report: TestReport,
  ): Promise<void> {
    const { source } = facts;
    const code = report.stages.at(-1)?.code ?? null;
    const names = Object.keys(overrides);
    await this.#deps.audit.recordNow(principal, {
      action: 'source.test',
      outcome: 'allowed',
      resource: { type: 'source', uid: source.uid, name: source.name },
      tenantId: source.tenantId,
      detail: { ok: report.ok, code, ...(names.length === 0 ? {} : { overrides: names }) },
    });
    if (names.length > 0) return;
    await this.#deps.sources.recordProbe(source.id, report.ok, report.ok ? null : code, report.server?.version ?? null);
  }
}

/** Privileges, then clock and latency. A server that does not answer in time fails the stage it is at. */
async function afterSignIn(
  engine: Engine,
  connection: EngineConnection,
  stages: Stages,
  signal: AbortSignal,
): Promise<NonNullable<TestReport['server']>> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(AFTER_SIGN_IN_MS)]);
  const inTime = <T>(work: Promise<T>): Promise<T> => {
    work.catch(() => {}); // it may reject after the deadline has spoken
    return Promise.race([work, rejection(deadline)]);
  };
  const { canWrite, dangerous } = await inTime(engine.privileges(connection));
  const warnings: string[] = [];
  if (dangerous.length > 0) warnings.push(`The login holds more than a data source needs: ${dangerous.join(', ')}.`);
  if (canWrite) {
    warnings.push(
      "The login can write, so that only Headgate's own checks keep a read from writing. Give reads a login of their own that the database does not let write (a credential of level `read`).",
    );
  }
  stages.passed('privileges', warnings.join(' '));
  await inTime(engine.clock(connection)); // the first call also pays for planning
  const started = performance.now();
  const before = Date.now();
  const theirs = await inTime(engine.clock(connection));
  const latencyMs = Math.round((performance.now() - started) * 100) / 100;
  const clockSkewMs = Math.round(theirs - (before + latencyMs / 2));
  const skewed = Math.abs(clockSkewMs) > SKEW_MS;
  stages.passed(
    'clock',
    skewed
      ? `The server's clock is ${Math.abs(clockSkewMs)} ms ${clockSkewMs > 0 ? 'ahead of' : 'behind'} this machine's.`
      : '',
  );
  return { version: connection.serverVersion, encrypted: connection.encrypted, latencyMs, clockSkewMs };
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const tell = () =>
      reject(new EngineError('connect_timeout', 'The server signs in but does not answer.', { stage: 'privileges' }));
    if (signal.aborted) tell();
    else signal.addEventListener('abort', tell, { once: true });
  });
}

/** The list of stages as it grows. */
class Stages {
  readonly list: TestStage[] = [];
  #since = performance.now();

  passed(stage: ConnectStage, warning = ''): void {
    if (this.list.some((one) => one.stage === stage)) return;
    this.list.push({ stage, ok: true, ms: this.#lap(), ...(warning === '' ? {} : { warning }) });
  }

  failed(error: unknown, settings: ConnectSettings): void {
    const code = codeOf(error);
    const stage = stageOf(error, code, this.list);
    // Addresses are checked before they are tried: what then does not answer takes back what the check had passed.
    const again = this.list.findIndex((one) => one.stage === stage);
    if (again >= 0) this.list.splice(again);
    const field = (error instanceof DomainError ? error.field : undefined) ?? fields[code];
    const remedy = (error instanceof DomainError ? error.remedy : undefined) ?? remedies[code] ?? remedyOf(code);
    this.list.push({
      stage,
      ok: false,
      ms: this.#lap(),
      code,
      ...(field === undefined ? {} : { field }),
      message: messageOf(error, settings),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }

  #lap(): number {
    const now = performance.now();
    const ms = Math.round((now - this.#since) * 10) / 10;
    this.#since = now;
    return ms;
  }
}

/** Engines' and our own errors have codes that are part of the API; the network's refusals bring theirs. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[a-z_]+$/.test(error.code)) {
    return error.code;
  }
  return 'connection_failed';
}

function stageOf(error: unknown, code: string, passed: readonly TestStage[]): ConnectStage {
  if (error instanceof EngineError && error.stage !== undefined) return error.stage;
  if (code.startsWith('name_')) return 'name';
  if (code === 'address_refused' || code === 'own_store') return 'address';
  const order: readonly ConnectStage[] = ['name', 'address', 'tls', 'login', 'database', 'privileges', 'clock'];
  const last = passed.at(-1);
  return order[last === undefined ? 0 : Math.min(order.indexOf(last.stage) + 1, order.length - 1)] ?? 'clock';
}

/** The server's words; a password can only stand in them when the server repeats it, and then it is cut out. */
function messageOf(error: unknown, settings: ConnectSettings): string {
  const known = error instanceof EngineError || error instanceof DomainError || codeOf(error) !== 'connection_failed';
  const text = known && error instanceof Error ? error.message : 'The connection failed for a reason unknown.';
  return settings.password.length >= 4 ? text.replaceAll(settings.password, secretMask) : text;
}

/** How much a TLS mode promises. */
const strength: Readonly<Record<TlsMode, number>> = {
  disable: 0,
  prefer: 1,
  require: 2,
  'verify-ca': 3,
  'verify-full': 4,
};

/** The first thing by which a stored password would go somewhere else, or on a weaker way, than it is stored for. */
function movedField(saved: ConnectSettings, changed: ConnectSettings): string | undefined {
  if (changed.host !== saved.host) return 'the host';
  if (changed.port !== saved.port) return 'the port';
  if (changed.username !== saved.username) return 'the user name';
  if (strength[changed.tls.mode] < strength[saved.tls.mode]) return 'TLS, which would be weaker,';
  if (changed.tls.ca !== saved.tls.ca) return "the trusted authority ('tls/ca')";
  const names = new Set([...Object.keys(saved.options), ...Object.keys(changed.options)]);
  for (const name of names) {
    if (saved.options[name] !== changed.options[name]) return `the option ${JSON.stringify(name)}`;
  }
  return undefined;
}

function changedTls(saved: ConnectSettings['tls'], change: SourceDraft['tls']): ConnectSettings['tls'] {
  if (change === undefined) return saved;
  const pick = (said: string | null | undefined, kept: string | undefined): string | undefined =>
    said === undefined || said === secretMask ? kept : (said ?? undefined);
  const ca = pick(change.ca, saved.ca);
  const cert = pick(change.cert, saved.cert);
  const key = pick(change.key, saved.key);
  return {
    mode: change.mode ?? saved.mode,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** Members that were really sent. */
function definedOf(overrides: Partial<SourceDraft>): Partial<SourceDraft> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}
