/** How a principal's use of a source becomes a connection: the credential, the pool's key, the way to open. */
import type { SourceFacts } from '../domain/access/index.ts';
import type { Principal } from '../domain/identity/principal.ts';
import type { ConnectSettings, CredentialRequest, ResolvedCredential } from '../domain/sources/index.ts';
import type { EngineConnection } from '../engines/engine.ts';
import type { Connector } from './connector.ts';
import type { ConnectionRequest, Pooled, Pools, SessionPolicy } from './pools.ts';
import type { GatewayDeps } from './ports.ts';

export class Connections {
  readonly #deps: GatewayDeps;
  readonly #pools: Pools;
  readonly #connector: Connector;

  constructor(deps: GatewayDeps, pools: Pools, connector: Connector) {
    this.#deps = deps;
    this.#pools = pools;
    this.#connector = connector;
  }

  /** Resolves the login (decisions.md 15) and says how to get a connection signed in with it. */
  async prepare(
    principal: Principal,
    facts: SourceFacts,
    need: CredentialRequest & { readonly fenced?: boolean },
  ): Promise<{ readonly credential: ResolvedCredential; readonly request: ConnectionRequest }> {
    const { source } = facts;
    const fenced = need.fenced === true;
    const credential = await this.#deps.credentials.resolve(principal, facts, need);
    const request: ConnectionRequest = {
      sourceId: source.id,
      group: {
        key: `${credential.uid}:${credential.version}:${need.level}${fenced ? ' fenced' : ''}:${source.settingsVersion}`,
        credentialUid: credential.uid,
        credentialVersion: credential.version,
        posted: credential.kind === 'posted',
        settingsVersion: source.settingsVersion,
      },
      policy: sessionPolicy(source.engine),
      principalId: principal.subject.id,
      open: async (signal) => {
        const settings = await this.#deps.sources.connectSettings(facts, credential);
        return this.#connector.open(fenced ? this.#fence(settings) : settings, { signal });
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
  async take(principal: Principal, facts: SourceFacts, signal: AbortSignal): Promise<Pooled> {
    const { request } = await this.prepare(principal, facts, { level: 'read' });
    return this.#pools.acquire(request, () => signal);
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

  /** The other end of `take`. */
  giveBack(pooled: Pooled): void {
    this.#pools.release(pooled, 'used');
  }
}

/** Reads leave nothing behind in PostgreSQL sessions (a test proves it); of other engines nobody has shown it. */
function sessionPolicy(engine: string | null): SessionPolicy {
  return engine === 'postgresql' ? 'after-use' : 'between-principals';
}
