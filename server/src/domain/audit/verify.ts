/**
 * Checking audit chains offline: pure over exported events, signed checkpoints and public keys. It needs no store, so
 * that somebody who does not trust the store's owner can run it.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { jsonbText } from './detail.ts';
import { type AuditCheckpoint, type AuditEntry, chainHash, checkpointText, genesis } from './event.ts';

export type AuditProblem =
  | 'changed'
  | 'missing'
  | 'out_of_order'
  | 'inserted'
  | 'truncated'
  | 'checkpoint_mismatch'
  | 'checkpoint_forged';

/** What a check found. */
export interface AuditVerification {
  readonly ok: boolean;
  /** Sealed events that were checked. */
  readonly checked: number;
  /** Events not sealed yet: nothing binds them. */
  readonly unsealed: number;
  /** The first that does not fit, in the order checked. */
  readonly firstBad: {
    readonly tenantId: number;
    readonly sequence: number | null;
    readonly eventId: number | null;
    readonly problem: AuditProblem;
    readonly message: string;
  } | null;
  /** A tenant's chain: how far it goes, and the last checkpoint that confirms it. */
  readonly chains: readonly {
    readonly tenantId: number;
    readonly events: number;
    readonly lastSequence: number;
    readonly lastHash: string;
    readonly lastCheckpoint: AuditCheckpoint | null;
  }[];
  /** What this check could not see, in sentences. */
  readonly limits: readonly string[];
}

export interface VerifyOptions {
  readonly checkpoints?: Iterable<AuditCheckpoint> | undefined;
  /** Public keys, PEM, by key id. */
  readonly publicKeys?: Readonly<Record<string, string>> | undefined;
  /** The store's own text of an event's detail, when it is at hand; made from the detail otherwise. */
  readonly detailText?: ((entry: AuditEntry) => string) | undefined;
}

interface Chain {
  events: number;
  sequence: number;
  hash: Buffer;
  lastCheckpoint: AuditCheckpoint | null;
  unsealed: number;
}

type Bad = NonNullable<AuditVerification['firstBad']>;

/**
 * Checks events against their hashes and against signed checkpoints. Each tenant's events must come in chain order;
 * tenants may be mixed. Stops at the first that does not fit.
 */
export async function verifyAudit(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
  options: VerifyOptions = {},
): Promise<AuditVerification> {
  const keys = new Map(Object.entries(options.publicKeys ?? {}).map(([id, pem]) => [id, createPublicKey(pem)]));
  const points = new Map<number, Map<number, AuditCheckpoint[]>>();
  let firstBad: Bad | null = null;
  for (const checkpoint of options.checkpoints ?? []) {
    firstBad ??= checkSignature(checkpoint, keys);
    const ofTenant = points.get(checkpoint.tenantId) ?? new Map<number, AuditCheckpoint[]>();
    points.set(checkpoint.tenantId, ofTenant);
    ofTenant.set(checkpoint.sequence, [...(ofTenant.get(checkpoint.sequence) ?? []), checkpoint]);
  }

  const chains = new Map<number, Chain>();
  let checked = 0;
  if (firstBad === null) {
    for await (const entry of entries) {
      let chain = chains.get(entry.tenantId);
      if (chain === undefined) {
        chain = { events: 0, sequence: 0, hash: genesis(entry.tenantId), lastCheckpoint: null, unsealed: 0 };
        chains.set(entry.tenantId, chain);
      }
      firstBad = checkEntry(entry, chain, options.detailText ?? ((one) => jsonbText(one.detail)));
      if (firstBad !== null) break;
      if (entry.sequence === null) continue;
      checked += 1;
      firstBad = checkPoints(entry, chain, points.get(entry.tenantId)?.get(entry.sequence) ?? []);
      if (firstBad !== null) break;
    }
  }
  firstBad ??= findTruncation(points, chains);
  return {
    ok: firstBad === null,
    checked,
    unsealed: [...chains.values()].reduce((sum, chain) => sum + chain.unsealed, 0),
    firstBad,
    chains: [...chains].map(([tenantId, chain]) => ({
      tenantId,
      events: chain.events,
      lastSequence: chain.sequence,
      lastHash: chain.hash.toString('hex'),
      lastCheckpoint: chain.lastCheckpoint,
    })),
    limits: limitsOf(chains, points, keys),
  };
}

function checkEntry(entry: AuditEntry, chain: Chain, detailText: (entry: AuditEntry) => string): Bad | null {
  const bad = (problem: AuditProblem, message: string): Bad => ({
    tenantId: entry.tenantId,
    sequence: entry.sequence,
    eventId: entry.id,
    problem,
    message,
  });
  if (entry.sequence === null || entry.hash === null) {
    chain.unsealed += 1;
    return null;
  }
  const expected = chain.sequence + 1;
  if (chain.unsealed > 0) return bad('inserted', `Event ${entry.id} is sealed but comes after one that is not.`);
  if (entry.sequence > expected) {
    return { ...bad('missing', `Event ${expected} of the chain is missing.`), sequence: expected, eventId: null };
  }
  if (entry.sequence < expected) {
    return bad('out_of_order', `Event ${entry.id} stands at ${expected} but says that it is number ${entry.sequence}.`);
  }
  const hash = chainHash(chain.hash, expected, entry, detailText(entry));
  if (hash.toString('hex') !== entry.hash) {
    return bad('changed', `Event ${entry.id} (number ${expected}) or its link is not what was sealed.`);
  }
  chain.events += 1;
  chain.sequence = expected;
  chain.hash = hash;
  return null;
}

function checkPoints(entry: AuditEntry, chain: Chain, checkpoints: readonly AuditCheckpoint[]): Bad | null {
  for (const checkpoint of checkpoints) {
    if (checkpoint.hash !== entry.hash) {
      return {
        tenantId: entry.tenantId,
        sequence: entry.sequence,
        eventId: entry.id,
        problem: 'checkpoint_mismatch',
        message: `The checkpoint of ${checkpoint.at} saw another chain up to number ${checkpoint.sequence}: it was written anew.`,
      };
    }
    chain.lastCheckpoint = checkpoint;
  }
  return null;
}

function checkSignature(checkpoint: AuditCheckpoint, keys: ReadonlyMap<string, KeyObject>): Bad | null {
  const key = keys.get(checkpoint.keyId);
  if (key === undefined) return null; // said under limits
  if (verify(null, checkpointText(checkpoint), key, Buffer.from(checkpoint.signature, 'base64'))) return null;
  return {
    tenantId: checkpoint.tenantId,
    sequence: checkpoint.sequence,
    eventId: null,
    problem: 'checkpoint_forged',
    message: `The checkpoint of ${checkpoint.at} does not carry a valid signature.`,
  };
}

function findTruncation(
  points: ReadonlyMap<number, Map<number, unknown>>,
  chains: ReadonlyMap<number, Chain>,
): Bad | null {
  for (const [tenantId, ofTenant] of points) {
    const newest = Math.max(...ofTenant.keys());
    const end = chains.get(tenantId)?.sequence ?? 0;
    if (newest > end) {
      return {
        tenantId,
        sequence: end + 1,
        eventId: null,
        problem: 'truncated',
        message: `A checkpoint saw ${newest} events; the chain ends after ${end}.`,
      };
    }
  }
  return null;
}

function limitsOf(
  chains: ReadonlyMap<number, Chain>,
  points: ReadonlyMap<number, Map<number, AuditCheckpoint[]>>,
  keys: ReadonlyMap<string, KeyObject>,
): string[] {
  const limits: string[] = [];
  for (const [tenantId, chain] of chains) {
    const last = chain.lastCheckpoint;
    if (last === null) {
      limits.push(
        `Tenant ${tenantId}: without a checkpoint, events cut off the end, or a chain written anew as a whole, cannot be seen.`,
      );
    } else if (last.sequence < chain.sequence) {
      limits.push(
        `Tenant ${tenantId}: events after number ${last.sequence} (checkpoint of ${last.at}) may have been cut off or written anew.`,
      );
    }
    if (chain.unsealed > 0) limits.push(`Tenant ${tenantId}: ${chain.unsealed} events are not sealed yet.`);
  }
  const all = [...points.values()].flatMap((ofTenant) => [...ofTenant.values()].flat());
  const unknown = new Set(all.map((one) => one.keyId).filter((id) => !keys.has(id)));
  for (const keyId of unknown)
    limits.push(`Checkpoints of key ${keyId} were not checked: its public key is not known.`);
  return limits;
}
