/** Hosts: their syntax (fetcher.md §3.1) and those that a tenant may not name (§7.8). Pure. */
import { isIP } from 'node:net';
import { isSpecialAddress } from '../../platform/network/addresses.ts';
import { systemTenantId } from '../identity/principal.ts';

const maxHostLength = 253;
const maxLabelLength = 63;

function isLetterOrDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function isLabel(label: string): boolean {
  if (label.length === 0 || label.length > maxLabelLength) return false;
  if (label.startsWith('-') || label.endsWith('-')) return false;
  for (let index = 0; index < label.length; index += 1) {
    const code = label.charCodeAt(index);
    if (!isLetterOrDigit(code) && code !== 45) return false;
  }
  return true;
}

/**
 * An IPv4 or IPv6 literal, or a host name of at least two characters (RFC 1123: labels of letters, digits and inner
 * hyphens). Scanned label by label: one expression for it would backtrack without end on hostile input.
 */
export function isHost(host: string): boolean {
  if (host.length > maxHostLength) return false;
  if (isIP(host) !== 0) return !host.includes('%');
  if (host.length < 2) return false;
  const labels = host.split('.');
  // A last label of digits alone would be read as an IPv4 address by some resolvers.
  return labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) ?? '');
}

const blockedNames: ReadonlySet<string> = new Set([
  'localhost',
  'metadata.google.internal',
  'metadata.gcp.internal',
  'metadata.azure.internal',
  '169.254.169.254',
]);
const blockedEndings = ['.local', '.internal', '.cluster.local', '.localhost'];

/** Whether hosts of this tenant's connections are held to the ranges of §7.8. */
export function isGuarded(tenantId: number, tenantsAllowPrivateAddresses: boolean): boolean {
  return tenantId !== systemTenantId && !tenantsAllowPrivateAddresses;
}

/** An IP literal in a blocked range: refused already when it is written. */
export function isBlockedLiteral(host: string): boolean {
  return isSpecialAddress(host);
}

/** A name or literal that is never connected to for a guarded tenant. What a name resolves to is judged by the gateway. */
export function isBlockedHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return blockedNames.has(name) || blockedEndings.some((ending) => name.endsWith(ending)) || isBlockedLiteral(name);
}
