/**
 * Links that need no sign-in for a minute: what pre-signed addresses are in the original (sdps.md §8.1). A link names what
 * it opens and for which tenant, under an HMAC of this installation.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../domain/identity/index.ts';

export type LinkTarget =
  | { readonly what: 'report' | 'snapshot'; readonly job: number; readonly run: number }
  /** A file that is kept, or a template to fill in; it need not be there. */
  | { readonly what: 'file'; readonly name: string };

/** What a link says once its signature holds. */
export type Opened = LinkTarget & { readonly tenant: number };

const lifeMs = 60_000;
export const linkPath = '/config/download';

export class Links {
  readonly #key: Uint8Array;
  readonly #publicUrl: string | undefined;
  readonly #now: () => Date;

  constructor(options: { readonly key: Uint8Array; readonly publicUrl: string | undefined; readonly now: () => Date }) {
    this.#key = options.key;
    this.#publicUrl = options.publicUrl;
    this.#now = options.now;
  }

  make(request: FastifyRequest, principal: Principal, target: LinkTarget): string {
    const said = { ...target, tenant: principal.subject.tenantId, until: this.#now().getTime() + lifeMs };
    const text = Buffer.from(JSON.stringify(said)).toString('base64url');
    const origin = this.#publicUrl ?? `${request.protocol}://${request.host}`;
    return `${origin.replace(/\/$/, '')}${linkPath}/${text}.${this.#sign(text)}`;
  }

  /** Null for a link that is not ours, or too old. */
  open(link: string): Opened | null {
    const [text = '', signature = ''] = link.split('.', 2);
    const wanted = Buffer.from(this.#sign(text));
    const given = Buffer.from(signature);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
    const said = JSON.parse(Buffer.from(text, 'base64url').toString()) as Opened & { readonly until: number }; // our own, by the signature
    return said.until >= this.#now().getTime() ? said : null;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}
