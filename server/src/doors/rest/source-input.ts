/** Bodies about sources → the domain's input: URLs are split, permission words become ids. */
import type { Static } from 'typebox';
import { InvalidError } from '../../domain/errors.ts';
import type { SourceInput, SourcePatch } from '../../domain/sources/index.ts';
import type { Gateway, SourceDraft, UrlParts } from '../../gateway/index.ts';
import { permissionIds } from './present.ts';
import type * as schemas from './schemas/index.ts';

type Connection = Static<typeof schemas.testOverrides>;

/** The parts of the body's URL, or nothing. Parts that the body gives too win over it. */
function urlParts(body: { url?: string; engine?: string | null }, gateway: Gateway): Partial<UrlParts> {
  if (body.url === undefined) return {};
  const parts = gateway.splitUrl(body.url, body.engine ?? undefined);
  // A part that the URL does not have must not erase one that the body has.
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

function merged<Body extends Connection>(body: Body, gateway: Gateway): Omit<Body, 'url'> & Partial<UrlParts> {
  const { url: _url, ...given } = body;
  const parts = urlParts(body, gateway);
  return {
    ...parts,
    ...given,
    ...(parts.tls === undefined && given.tls === undefined ? {} : { tls: { ...parts.tls, ...given.tls } }),
    ...(parts.options === undefined && given.options === undefined
      ? {}
      : { options: { ...parts.options, ...given.options } }),
  } as Omit<Body, 'url'> & Partial<UrlParts>; // the parts' types are those of the body's members
}

function demand(value: string | undefined, field: string): string {
  if (value !== undefined) return value;
  throw new InvalidError('invalid_request', `\`${field}\` is missing.`, {
    field,
    remedy: 'Give `engine` and `host`, or a `url` instead of the parts.',
  });
}

/** A create's body as the domain wants it. Throws InvalidError `invalid_url`, `invalid_request`, `permission_unknown`. */
export function sourceInput(body: Static<typeof schemas.sourceBody>, gateway: Gateway): SourceInput {
  const { permissions, metadata, ...rest } = merged(body, gateway);
  return {
    ...rest,
    engine: demand(rest.engine, 'engine'),
    host: demand(rest.host, 'host'),
    ...(metadata === undefined ? {} : { metadata: metadata as SourceInput['metadata'] }), // JSON, parsed from the body
    ...(permissions === undefined ? {} : { permissions: permissionIds(permissions) }),
  };
}

/** A merge patch as the domain wants it. */
export function sourcePatch(body: Static<typeof schemas.sourcePatch>, gateway: Gateway): SourcePatch {
  const { url: _url, permissions, metadata, ...rest } = body;
  const parts = urlParts(body, gateway);
  const ids = permissions === undefined || permissions === null ? permissions : permissionIds(permissions);
  return {
    ...parts,
    ...rest,
    ...(metadata === undefined ? {} : { metadata: metadata as SourcePatch['metadata'] }), // JSON, parsed from the body
    ...(ids === undefined ? {} : { permissions: ids }),
  };
}

/** Settings to try instead of saved ones. */
export function testOverrides(body: Connection, gateway: Gateway): Partial<SourceDraft> {
  return merged(body, gateway);
}

/** A draft to test. */
export function testDraft(body: Static<typeof schemas.testBody>, gateway: Gateway): SourceDraft {
  const { name: _name, ...rest } = merged(body, gateway);
  return { ...rest, engine: demand(rest.engine, 'engine') };
}
