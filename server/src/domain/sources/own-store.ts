/**
 * Headgate's own store is never a source (decisions.md 32). Here names are compared as they are written; the gateway
 * compares resolved addresses when it connects.
 */
import type { Store } from '../../platform/database/index.ts';
import { isLoopbackHost } from '../../platform/network/addresses.ts';
import { InvalidError } from '../errors.ts';

export interface Address {
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  /** Of the source's own pair. */
  readonly username: string | null;
}

/** Throws InvalidError `own_store` for the store's database, or the store's login on its server. */
export function refuseOwnStore(endpoint: Store['endpoint'], address: Address): void {
  if (endpoint === null || address.host === null || address.port !== endpoint.port) return;
  const same = fold(address.host) === fold(endpoint.host);
  if (!same && !(isLoopbackHost(address.host) && isLoopbackHost(endpoint.host))) return;
  if (address.database !== endpoint.database && address.username !== endpoint.username) return;
  throw new InvalidError('own_store', "Headgate's own store cannot be a data source.", {
    field: address.database === endpoint.database ? 'database' : 'username',
    remedy: 'Use another database with a login of its own.',
  });
}

function fold(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
