/**
 * The manifest of an extraction: which files, with how many rows and which SHA-256, from which tables; signed with the
 * installation's Ed25519 key, so that a set of files can be checked far from Headgate.
 */
import { verify } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { JsonObject } from '../sources/model.ts';

export const manifestName = 'manifest.json';

export interface ManifestOutput {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly rows: number | null;
  /** Hex, of the file as it is downloaded. */
  readonly sha256: string;
  /** Source, schema, table and columns, as the executor tells them. */
  readonly [member: string]: unknown;
}

export interface Manifest {
  readonly version: 1;
  /** Uid of the job. */
  readonly job: string;
  readonly kind: string;
  readonly attempt: number;
  /** RFC 3339, UTC. */
  readonly finishedAt: string;
  readonly outputs: readonly ManifestOutput[];
}

interface Signature {
  readonly algorithm: 'Ed25519';
  readonly keyId: string;
  /** Base64, over the canonical JSON of the manifest without this member. */
  readonly value: string;
}

/** What of `vault.signingKey()` signing needs. */
export interface ManifestSigner {
  readonly keyId: string;
  sign(bytes: Buffer): Buffer;
}

/** The file's text: the manifest with its signature, indented for people. */
export function writeManifest(manifest: Manifest, signer: ManifestSigner): string {
  const signature: Signature = {
    algorithm: 'Ed25519',
    keyId: signer.keyId,
    value: signer.sign(signedText(manifest)).toString('base64'),
  };
  return `${JSON.stringify({ ...manifest, signature }, null, 2)}\n`;
}

/** What checking a manifest found; `manifest` only when the signature holds. */
export type ManifestCheck =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly because: string };

/** Checks a manifest's text with the installation's public keys by id, PEM. Never throws. */
export function checkManifest(text: string, publicKeys: Readonly<Record<string, string>>): ManifestCheck {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { ok: false, because: 'it is no JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null) return { ok: false, because: 'it is no JSON object' };
  const { signature, ...manifest } = parsed as JsonObject; // any object: its members are checked below
  if (!isSignature(signature)) return { ok: false, because: 'it is not signed' };
  const publicKey = Object.hasOwn(publicKeys, signature.keyId) ? publicKeys[signature.keyId] : undefined;
  if (publicKey === undefined) return { ok: false, because: `it was signed with another key (${signature.keyId})` };
  const fits = verify(null, signedText(manifest), publicKey, Buffer.from(signature.value, 'base64'));
  if (!fits) return { ok: false, because: 'it was changed after it was signed' };
  // Headgate signs nothing of another shape with this member set.
  return { ok: true, manifest: manifest as unknown as Manifest };
}

/** The prefix keeps a signature of a manifest from being taken for one of anything else. */
function signedText(manifest: object): Buffer {
  return Buffer.from(`headgate manifest\n${canonicalJson(manifest)}`);
}

function isSignature(value: unknown): value is Signature {
  if (typeof value !== 'object' || value === null) return false;
  const { algorithm, keyId, value: bytes } = value as Partial<Record<keyof Signature, unknown>>; // checked here
  return algorithm === 'Ed25519' && typeof keyId === 'string' && typeof bytes === 'string';
}
