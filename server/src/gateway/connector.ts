/**
 * From settings to a signed-in connection: the name is looked up once, its addresses are checked, and the engine only
 * ever gets those (F3, decisions.md 32).
 */
import { isIP } from 'node:net';
import { InvalidError } from '../domain/errors.ts';
import { systemTenantId } from '../domain/identity/principal.ts';
import type { ConnectSettings } from '../domain/sources/index.ts';
import {
  type ConnectStage,
  type ConnectTarget,
  type EngineConnection,
  EngineError,
  type EngineRegistry,
} from '../engines/engine.ts';
import { type AddressPolicy, addressPolicy, resolveTarget } from '../platform/network/addresses.ts';
import type { GatewayConfig, GatewayDeps } from './ports.ts';

/** How long what the store's own name resolves to is believed. */
const OWN_ADDRESSES_MS = 30_000;

export interface ConnectHooks {
  readonly signal: AbortSignal;
  readonly onStage?: (stage: ConnectStage) => void;
}

export class Connector {
  readonly #engines: EngineRegistry;
  readonly #config: GatewayConfig;
  readonly #store: GatewayDeps['store'];
  #own: { readonly until: number; readonly addresses: Promise<readonly string[]> } | undefined;

  constructor(deps: Pick<GatewayDeps, 'engines' | 'config' | 'store'>) {
    this.#engines = deps.engines;
    this.#config = deps.config;
    this.#store = deps.store;
  }

  /**
   * Connects within the connect timeout. Rejects with EngineError (with its stage), or with a DomainError
   * `address_refused` or `own_store`.
   */
  async open(settings: ConnectSettings, hooks: ConnectHooks): Promise<EngineConnection> {
    const engine = this.#engines.get(settings.engine);
    if (engine === undefined) {
      throw new InvalidError('engine_unavailable', `This installation cannot run ${settings.engine}.`);
    }
    const deadline = AbortSignal.timeout(this.#config.connectTimeoutMs);
    const signal = AbortSignal.any([hooks.signal, deadline]);
    try {
      const policy = addressPolicy(this.#config, settings.tenantId === systemTenantId);
      const { addresses } = await resolveTarget(settings.host, policy, signal);
      hooks.onStage?.('name');
      await this.#refuseOwnStore(settings, addresses);
      hooks.onStage?.('address');
      const target: ConnectTarget = {
        host: settings.host,
        addresses,
        port: settings.port,
        database: settings.database,
        username: settings.username,
        password: settings.password,
        tls: settings.tls,
        options: settings.options,
        applicationName: 'headgate',
      };
      return await engine.connect(target, { ...hooks, signal });
    } catch (error) {
      if (deadline.aborted && !hooks.signal.aborted && !isConnectFailure(error)) {
        throw new EngineError(
          'connect_timeout',
          `No connection within ${this.#config.connectTimeoutMs} ms (${settings.host}:${settings.port}).`,
          { stage: 'address', cause: error },
        );
      }
      throw error;
    }
  }

  /** The own store is never a source: same address and port, and its database or its login. */
  async #refuseOwnStore(settings: ConnectSettings, addresses: readonly string[]): Promise<void> {
    const own = this.#store.endpoint;
    if (own === null || own.port !== settings.port) return;
    if (own.database !== settings.database && own.username !== settings.username) return;
    const ownAddresses = await this.#ownAddresses(own.host);
    const here = (address: string): boolean => ownAddresses.some((one) => sameMachine(one, address));
    if (addresses.some(here)) {
      throw new InvalidError('own_store', "Headgate's own store can never be a data source.", {
        field: 'host',
        remedy: 'Use another database, and a login other than the one Headgate itself uses.',
      });
    }
  }

  #ownAddresses(host: string): Promise<readonly string[]> {
    const now = performance.now();
    if (this.#own === undefined || this.#own.until < now) {
      this.#own = { until: now + OWN_ADDRESSES_MS, addresses: lookUpOwn(host) };
    }
    return this.#own.addresses;
  }
}

/** A folder stands for a Unix socket on this machine. */
async function lookUpOwn(host: string): Promise<readonly string[]> {
  if (host === '' || host.startsWith('/')) return ['127.0.0.1', '::1'];
  if (isIP(host) !== 0) return [host];
  const anywhere: AddressPolicy = { allowPrivate: true, allowLoopback: true, forbidden: [] };
  try {
    return (await resolveTarget(host, anywhere, AbortSignal.timeout(5000))).addresses;
  } catch {
    // A name that cannot be told is taken for every machine: refusing too much beats opening the own store.
    return ['*'];
  }
}

function sameMachine(own: string, address: string): boolean {
  return own === '*' || own === address || (isLoopback(own) && isLoopback(address));
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** The engine explained the failure itself; everything else under a passed deadline is the deadline. */
function isConnectFailure(error: unknown): boolean {
  return error instanceof EngineError && error.code !== 'cancelled' && error.code !== 'connection_lost';
}
