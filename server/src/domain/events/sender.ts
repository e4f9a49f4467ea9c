/** One attempt to hand an event to a webhook: what is sent, and what the answer means. */
import type { Store } from '../../platform/database/index.ts';
import {
  type AddressPolicy,
  AddressRefusedError,
  type AddressSettings,
  addressPolicy,
  type Resolver,
  resolveTarget,
} from '../../platform/network/addresses.ts';
import { type PostAnswer, postChecked } from '../../platform/network/post.ts';
import { redactText } from '../../platform/telemetry/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { systemTenantId } from '../identity/principal.ts';
import type { AttemptResult, ClaimedPost } from './deliveries.ts';
import { signedHeaders } from './signature.ts';
import { openSecret } from './webhook-rows.ts';

export interface SenderDeps {
  readonly store: Pick<Store, 'endpoint'>;
  readonly vault: Vault;
  readonly config: AddressSettings;
  readonly userAgent: string;
  /** For one attempt, from the look-up of the name to the end of the answer. */
  readonly deadlineMs: number;
  readonly ca?: string | undefined;
  readonly resolver?: Resolver | undefined;
}

/** `gone`: the receiver wants nothing more (410). */
export type Verdict = 'delivered' | 'failed' | 'gone';

/** Sends it once. Never rejects but with the reason of `stop`. */
export async function sendOnce(
  deps: SenderDeps,
  post: ClaimedPost,
  stop: AbortSignal,
): Promise<{ readonly verdict: Verdict; readonly result: AttemptResult }> {
  const started = performance.now();
  const deadline = AbortSignal.timeout(deps.deadlineMs);
  try {
    const answer = await send(deps, post, AbortSignal.any([stop, deadline]));
    const durationMs = performance.now() - started;
    const verdict = verdictOf(answer.status);
    return {
      verdict,
      result: {
        statusCode: answer.status,
        response: textOf(answer),
        ...(verdict === 'delivered' ? {} : { error: errorOfStatus(answer.status) }),
        durationMs,
      },
    };
  } catch (error) {
    if (stop.aborted) throw stop.reason;
    const code = deadline.aborted ? 'timeout' : codeOf(error);
    return { verdict: 'failed', result: { error: code, durationMs: performance.now() - started } };
  }
}

async function send(deps: SenderDeps, post: ClaimedPost, signal: AbortSignal): Promise<PostAnswer> {
  const secrets = [openSecret(deps.vault, post, 'secret_sealed', post.secret_sealed)];
  if (post.previous_secret_sealed !== null) {
    secrets.push(openSecret(deps.vault, post, 'previous_secret_sealed', post.previous_secret_sealed));
  }
  const body = bodyOf(post);
  const headers = {
    'content-type': 'application/json',
    'user-agent': deps.userAgent,
    ...signedHeaders({ id: post.event_uid, sentAt: new Date(), body }, secrets),
  };
  const policy = addressPolicy(deps.config, post.tenant_id === systemTenantId, await ownStore(deps.store, signal));
  return postChecked(new URL(post.url), { headers, body, policy, signal, ca: deps.ca, resolver: deps.resolver });
}

/** The body: the same bytes at every attempt, for they are made from what was stored. */
function bodyOf(post: ClaimedPost): string {
  const about = post.job === null ? { webhook: { id: post.webhook_uid, name: post.webhook_name } } : { job: post.job };
  return JSON.stringify({ id: post.event_uid, type: post.type, time: post.event_at.toISOString(), ...about });
}

/** Headgate's own store is never connected to (F3). A store without an address of its own needs no guard. */
async function ownStore(store: Pick<Store, 'endpoint'>, signal: AbortSignal): Promise<AddressPolicy['forbidden']> {
  if (store.endpoint === null) return [];
  const { host, port } = store.endpoint;
  if (host === '' || host.startsWith('/')) return [{ address: '127.0.0.1', port }]; // a socket on this machine
  const anywhere: AddressPolicy = { allowPrivate: true, allowLoopback: true, forbidden: [] };
  const { addresses } = await resolveTarget(host, anywhere, signal);
  return addresses.map((address) => ({ address, port }));
}

function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'delivered';
  return status === 410 ? 'gone' : 'failed';
}

function errorOfStatus(status: number): string {
  if (status === 410) return 'gone';
  return status >= 300 && status < 400 ? 'redirect_refused' : 'status';
}

/** What PostgreSQL takes as text, and nothing that looks like a secret: a receiver may send anything back. */
function textOf({ body }: PostAnswer): string {
  return redactText(body.toString('utf8').replaceAll('\0', '\ufffd'));
}

/** A code for people: the address's, the vault's, or the system's in lower case (`econnrefused`, `cert_has_expired`). */
function codeOf(error: unknown): string {
  if (error instanceof AddressRefusedError) return error.code;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  return code.toLowerCase();
}
