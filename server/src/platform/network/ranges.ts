/** Ranges of addresses, ends included. IPv4 is compared with IPv4 alone, IPv6 with IPv6 alone. Imports nothing of ours. */
import ipaddr from 'ipaddr.js';

export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function parse(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
}

/** An address that the kernel reports on a dual-stack socket is the IPv4 one that it maps. */
function peer(text: string): Address | null {
  const parsed = parse(text.split('%')[0]!);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) return parsed.toIPv4Address();
  return parsed;
}

function compare(a: Address, b: Address): number {
  return Buffer.compare(Buffer.from(a.toByteArray()), Buffer.from(b.toByteArray()));
}

/** A range in canonical spelling, of one address without `last`; null when it is none. */
export function addressRange(first: string, last?: string): AddressRange | null {
  const low = parse(first);
  const high = last === undefined ? low : parse(last);
  if (low === null || high === null || low.kind() !== high.kind() || compare(low, high) > 0) return null;
  return { first: low.toString(), last: high.toString() };
}

/** Whether the address of a caller lies in the range. */
export function inRange(address: string, first: string, last: string): boolean {
  const [at, low, high] = [peer(address), parse(first), parse(last)];
  if (at === null || low === null || high === null || at.kind() !== low.kind()) return false;
  return compare(at, low) >= 0 && compare(at, high) <= 0;
}
