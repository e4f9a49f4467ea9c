/** How a principal's use of a source becomes a connection: the credential, the pool's key, the way to open. */
import type { SourceFacts } from '../domain/access/index.ts';
import { BusyError } from '../domain/errors.ts';
import type { Principal } from '../domain/identity/principal.ts';
import type { ConnectSettings, CredentialRequest, ResolvedCredential } from '../domain/sources/index.ts';
import { type EngineConnection, EngineError } from '../engines/engine.ts';
import type { Connector } from './connector.ts';
import type { ConnectionRequest, Pooled, Pools, SessionPolicy } from './pools.ts';
import type { GatewayDeps } from './ports.ts';

/** How long crawls and discoveries wait for a place at their source. */
const BACKGROUND_WAIT_MS = 60_000;

export class Connections {
  readonly #deps: GatewayDeps;
  readonly #pools: Pools;
  readonly #connector: Connector;

  constructor(deps: GatewayDeps, pools: Pools, connector: Connector) {
    this.#deps = deps;
    this.#pools = pools;
    this.#connector = connector;
  }

  /**
   * Resolves the login (decisions.md 15) and says how to get a connection signed in with it; to another database of the
   * same server where one is named.
   */
  async prepare(
    principal: Principal,
    facts: SourceFacts,
    need: CredentialRequest & { readonly fenced?: boolean },
    database?: string,
  ): Promise<{ readonly credential: ResolvedCredential; readonly request: ConnectionRequest }> {
    const { source } = facts;
    const fenced = need.fenced === true;
    const level = fenced ? `${need.level} fenced` : need.level;
    const credential = await this.#deps.credentials.resolve(principal, facts, need);
    const request: ConnectionRequest = {
      sourceId: source.id,
      group: {
        key: [credential.uid, credential.version, level, source.settingsVersion, database ?? ''].join(':'),
        credentialUid: credential.uid,
        credentialVersion: credential.version,
        posted: credential.kind === 'posted',
        settingsVersion: source.settingsVersion,
      },
      policy: sessionPolicy(source.engine),
      principalId: principal.subject.id,
      open: async (signal) => {
        const settings = await this.#deps.sources.connectSettings(facts, credential);
        const fit = fenced ? this.#fence(settings) : settings;
        const named = database === undefined ? fit : { ...fit, database };
        return this.#connector.open(named, { signal }).catch((error: unknown) => this.#refused(credential, error));
      },
    };
    return { credential, request };
  }

  /** Settings of a session in which statements under rules run. */
  #fence(settings: ConnectSettings): ConnectSettings {
    const policy = this.#deps.engines.get(settings.engine)?.policy;
    return policy === undefined ? settings : { ...settings, options: policy.fence(settings.options) };
  }

  /** A connection for reading, for work other than a caller's statement. */
  async take(principal: Principal, facts: SourceFacts, signal: AbortSignal, workspaceUid?: string): Promise<Pooled> {
    const named = workspaceUid === undefined ? {} : { workspaceUid };
    const { request } = await this.prepare(principal, facts, { level: 'read', ...named });
    return this.#pools.acquire(request, () => signal);
  }

  /**
   * A connection of its own for looking over a database of the source, within the source's cap. Work in the background
   * waits longer for it than a caller does. Rejects with BusyError `source_busy`.
   */
  async takeDatabase(principal: Principal, facts: SourceFacts, database: string, signal: AbortSignal): Promise<Pooled> {
    const { request } = await this.prepare(principal, facts, { level: 'read' }, database);
    for (const deadline = performance.now() + BACKGROUND_WAIT_MS; ; ) {
      try {
        return await this.#pools.acquire(request, () => signal, true);
      } catch (error) {
        const again = error instanceof BusyError && error.code === 'source_busy' && performance.now() < deadline;
        if (!again) throw error;
      }
    }
  }

  /** Runs work of our own on a connection that `prepare` told of, and gives it back. */
  async borrow<T>(
    request: ConnectionRequest,
    signal: AbortSignal,
    work: (connection: EngineConnection) => Promise<T>,
  ): Promise<T> {
    const pooled = await this.#pools.acquire(request, () => signal);
    try {
      return await work(pooled.connection);
    } finally {
      this.#pools.release(pooled, 'used');
    }
  }

  /** Tells of a stored pair that the database refuses; the error is the caller's either way. */
  async #refused({ kind, uid, version }: ResolvedCredential, error: unknown): Promise<never> {
    if (error instanceof EngineError && error.code === 'login_failed' && kind !== 'posted') {
      await this.#deps.refusals?.markRefused({ uid, version }).catch((failure: unknown) => {
        this.#deps.log.warn({ err: failure }, 'a refused pair could not be marked');
      });
    }
    throw error;
  }

  /** The other end of `take`. */
  giveBack(pooled: Pooled): void {
    this.#pools.release(pooled, 'used');
  }
}

/** Reads leave nothing behind in PostgreSQL sessions (a test proves it); of other engines nobody has shown it. */
function sessionPolicy(engine: string | null): SessionPolicy {
  return engine === 'postgresql' ? 'after-use' : 'between-principals';
}
