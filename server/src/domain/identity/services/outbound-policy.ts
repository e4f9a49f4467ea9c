/** Where services may connect to (F3; decisions.md 32). */
import { isIP } from 'node:net';
import type { Store } from '../../../platform/database/index.ts';
import { type AddressPolicy, resolveTarget } from '../../../platform/network/addresses.ts';
import type { IdentityConfig } from '../deps.ts';
import { systemTenantId } from '../principal.ts';

const anywhere: AddressPolicy = { allowPrivate: true, allowLoopback: true, forbidden: [] };

/** The addresses that a service of this tenant may connect to; never Headgate's own store. */
export async function outboundPolicy(
  deps: { readonly store: Store; readonly config: IdentityConfig },
  tenantId: number,
): Promise<AddressPolicy> {
  const {
    allowPrivateAddresses = true,
    allowLoopbackAddresses = true,
    tenantsAllowPrivateAddresses = false,
  } = deps.config;
  const trusted = tenantId === systemTenantId || tenantsAllowPrivateAddresses;
  return {
    allowPrivate: allowPrivateAddresses && trusted,
    allowLoopback: allowLoopbackAddresses && trusted,
    forbidden: await ownStore(deps.store),
  };
}

async function ownStore(store: Store): Promise<AddressPolicy['forbidden']> {
  const own = store.endpoint;
  if (own === null) return [];
  const { host, port } = own;
  if (host === '' || host.startsWith('/')) return [{ address: '127.0.0.1', port }];
  if (isIP(host) !== 0) return [{ address: host, port }];
  // A name that cannot be looked up now has no address that could be connected to by it.
  const found = await resolveTarget(host, anywhere, AbortSignal.timeout(5000)).catch(() => ({ addresses: [] }));
  return found.addresses.map((address) => ({ address, port }));
}
