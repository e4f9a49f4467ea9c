/**
 * Which network addresses Headgate may connect to on a user's word (F3).
 *
 * A name is looked up once; what it resolves to is judged, and the caller connects to the answered addresses and
 * nothing else. So a name that resolves differently a moment later, and odd spellings of an address
 * (`0x7f.1`, `2130706433`), gain nothing: only results count.
 *
 * May be imported by domain and gateway; imports nothing of ours.
 */
import { type LookupAddress, lookup } from 'node:dns';
import ipaddr from 'ipaddr.js';

export interface AddressPolicy {
  /** Allows private ranges (10/8, 172.16/12, 192.168/16, fc00::/7, 100.64/10 and their like). */
  readonly allowPrivate: boolean;
  /** Allows 127/8 and ::1. */
  readonly allowLoopback: boolean;
  /** Endpoints that are never connected to, such as Headgate's own store. */
  readonly forbidden: readonly { readonly address: string; readonly port: number }[];
}

/** The settings that say how far Headgate may reach (docs/reference/settings.md). */
export interface AddressSettings {
  readonly allowPrivateAddresses: boolean;
  readonly allowLoopbackAddresses: boolean;
  /** The two before hold for tenants other than the system one too. */
  readonly tenantsAllowPrivateAddresses: boolean;
}

/** The policy for what a tenant names. */
export function addressPolicy(
  settings: AddressSettings,
  isSystemTenant: boolean,
  forbidden: AddressPolicy['forbidden'] = [],
): AddressPolicy {
  const trusted = isSystemTenant || settings.tenantsAllowPrivateAddresses;
  return {
    allowPrivate: settings.allowPrivateAddresses && trusted,
    allowLoopback: settings.allowLoopbackAddresses && trusted,
    forbidden,
  };
}

export type AddressErrorCode = 'address_refused' | 'name_not_found' | 'name_lookup_failed';

/** The host may not be connected to, or its name does not resolve. The message shows no more than the host given. */
export class AddressRefusedError extends Error {
  readonly code: AddressErrorCode;
  constructor(code: AddressErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'AddressRefusedError';
    this.code = code;
  }
}

/** Looks a name up; rejects like `dns.lookup`. */
export type Resolver = (name: string) => Promise<readonly string[]>;

export interface TargetOptions {
  /** Checked against the policy's forbidden endpoints. */
  readonly port?: number;
  /** The system's resolver when not given. */
  readonly resolver?: Resolver;
}

const systemResolver: Resolver = (name) =>
  new Promise((resolve, reject) => {
    lookup(name, { all: true, order: 'verbatim' }, (error: Error | null, found: LookupAddress[]) => {
      if (error) reject(error);
      else resolve(found.map((one) => one.address));
    });
  });

/** How an address is treated. `never`: whatever the policy says. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'never';

/** Services of clouds that hand out credentials to whoever asks, outside the link-local range. */
const metadataAddresses = new Set(['100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254']);

const classOfRange: Readonly<Record<string, AddressClass>> = {
  unspecified: 'never',
  broadcast: 'never',
  multicast: 'never',
  linkLocal: 'never',
  discard: 'never',
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
  reserved: 'private',
  deprecatedSiteLocal: 'private',
};

const strictness: readonly AddressClass[] = ['public', 'private', 'loopback', 'never'];

/** How the address, an IPv4 or IPv6 one in any form of text, is treated; anything else is `never`. */
export function classify(address: string): AddressClass {
  const parsed = parse(address);
  if (!parsed) return 'never';
  const own = classOfOne(parsed);
  if (parsed.kind() === 'ipv4') return own;
  // An IPv6 address that carries an IPv4 one is delivered there: the stricter of the two counts.
  const carried = carriedIpv4(parsed as ipaddr.IPv6).map(classOfOne); // kind() was ipv6
  return [own, ...carried].reduce((worst, one) => (strictness.indexOf(one) > strictness.indexOf(worst) ? one : worst));
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // ipaddr's IPv4 parser also takes `0x7f.1`; a resolver never answers such.
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address);
  return ipaddr.IPv6.isValid(address) ? ipaddr.IPv6.parse(address) : undefined;
}

function classOfOne(address: ipaddr.IPv4 | ipaddr.IPv6): AddressClass {
  const plain = ipaddr.fromByteArray(address.toByteArray()); // without a zone
  if (metadataAddresses.has(plain.toString())) return 'never';
  return classOfRange[plain.range()] ?? 'public';
}

/** IPv4 addresses inside an IPv6 one: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP. */
function carriedIpv4(address: ipaddr.IPv6): ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const at = (offset: number, flip = 0): ipaddr.IPv4 =>
    new ipaddr.IPv4(bytes.slice(offset, offset + 4).map((byte) => byte ^ flip));
  const starts = (...prefix: number[]): boolean => prefix.every((byte, index) => bytes[index] === byte);
  const zero = (from: number, to: number): boolean => bytes.slice(from, to).every((byte) => byte === 0);
  const carried: ipaddr.IPv4[] = [];

  const isPlain = zero(0, 15) && (bytes[15] ?? 0) <= 1; // :: and ::1
  const isMapped = zero(0, 10) && ((bytes[10] === 0xff && bytes[11] === 0xff) || zero(10, 12));
  const isTranslated = zero(0, 8) && bytes[8] === 0xff && bytes[9] === 0xff && zero(10, 12);
  if (!isPlain && (isMapped || isTranslated)) carried.push(at(12));
  if (starts(0x00, 0x64, 0xff, 0x9b)) carried.push(at(12));
  if (starts(0x20, 0x02)) carried.push(at(2));
  if (starts(0x20, 0x01, 0x00, 0x00)) carried.push(at(4), at(12, 0xff));
  if ((bytes[8] === 0x00 || bytes[8] === 0x02) && bytes[9] === 0x00 && bytes[10] === 0x5e && bytes[11] === 0xfe)
    carried.push(at(12));
  return carried;
}

/** The form in which addresses are compared and connected to: IPv4 where IPv6 only maps it, no zone. */
function canonical(address: string): string {
  const parsed = parse(address);
  if (!parsed) return address;
  if (parsed.kind() === 'ipv6' && (parsed as ipaddr.IPv6).isIPv4MappedAddress()) {
    return (parsed as ipaddr.IPv6).toIPv4Address().toString(); // kind() was ipv6
  }
  return ipaddr.fromByteArray(parsed.toByteArray()).toString();
}

/**
 * Looks `host` up and answers the addresses that may be connected to, in the resolver's order.
 *
 * Throws AddressRefusedError: `name_not_found`, `name_lookup_failed`, or `address_refused` when none may be. An
 * aborted `signal` rejects with its reason at once.
 *
 * @example
 * const { addresses } = await resolveTarget('db.example.com', policy, signal, { port: 5432 });
 */
export async function resolveTarget(
  host: string,
  policy: AddressPolicy,
  signal?: AbortSignal,
  options: TargetOptions = {},
): Promise<{ addresses: string[] }> {
  signal?.throwIfAborted();
  const name = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const found = parse(name) ? [name] : await lookUp(name, options.resolver ?? systemResolver, signal);
  const usable = found.filter((address) => allows(policy, address));
  if (usable.length === 0) {
    throw new AddressRefusedError(
      'address_refused',
      `${host} is at an address that Headgate does not connect to (link-local, metadata, multicast, or a private range that is not allowed here).`,
    );
  }
  const addresses = [...new Set(usable.map(canonical))].filter(
    (address) => !isForbidden(policy, address, options.port),
  );
  if (addresses.length === 0) {
    throw new AddressRefusedError('address_refused', `${host}:${options.port} is never connected to.`);
  }
  return { addresses };
}

function allows(policy: AddressPolicy, address: string): boolean {
  switch (classify(address)) {
    case 'public':
      return true;
    case 'private':
      return policy.allowPrivate;
    case 'loopback':
      return policy.allowLoopback;
    case 'never':
      return false;
  }
}

function isForbidden(policy: AddressPolicy, address: string, port: number | undefined): boolean {
  return policy.forbidden.some((one) => {
    if (one.port !== port) return false;
    const other = canonical(one.address);
    // All loopback addresses reach the same machine.
    return other === address || (classify(other) === 'loopback' && classify(address) === 'loopback');
  });
}

async function lookUp(name: string, resolver: Resolver, signal: AbortSignal | undefined): Promise<readonly string[]> {
  if (name === '' || name.length > 253 || name.includes('\0')) {
    throw new AddressRefusedError('name_not_found', 'The host is not a name that can be looked up.');
  }
  const { promise: aborted, reject: abort } = Promise.withResolvers<never>();
  const onAbort = (): void => abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const found = await Promise.race([resolver(name), aborted]);
    if (found.length > 0) return found;
    throw new AddressRefusedError('name_not_found', `The name ${name} has no address.`);
  } catch (error) {
    if (signal?.aborted || error instanceof AddressRefusedError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOTFOUND' || code === 'ENODATA' || code === 'ERR_INVALID_ARG_VALUE') {
      throw new AddressRefusedError('name_not_found', `The name ${name} does not exist.`, error);
    }
    throw new AddressRefusedError('name_lookup_failed', `The name ${name} could not be looked up now.`, error);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * True when the text is an IP address outside the public unicast ranges: private, loopback, link-local, multicast,
 * documentation, benchmarking, reserved, or IPv6 that carries IPv4. Nothing is looked up; a name is false.
 */
export function isSpecialAddress(host: string): boolean {
  const parsed = parse(host.replace(/^\[(.*)\]$/, '$1'));
  if (parsed === undefined) return false;
  const mapped = parsed.kind() === 'ipv6' && (parsed as ipaddr.IPv6).isIPv4MappedAddress(); // kind() was ipv6
  const plain = mapped ? (parsed as ipaddr.IPv6).toIPv4Address() : parsed;
  return plain.range() !== 'unicast' || classOfOne(plain) !== 'public';
}

/** True when the text itself says loopback: `localhost`, names below it, 127/8, ::1. Nothing is looked up. */
export function isLoopbackHost(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return parse(name) !== undefined && classify(name) === 'loopback';
}
