/** Bodies: bytes until the step of the contract that parses them (decisions.md 20; fetcher.md §2.1). */
import type { FastifyRequest } from 'fastify';
import { unparsable } from '../../domain/fetcher/index.ts';
import { type DoorInstance, parseJson } from '../../platform/http/index.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The content type as sent: the framework itself sees only bytes. */
    wireContentType: string | undefined;
  }
}

/** Bytes of a body at most. */
export const bodyLimit = 4 * 1024 * 1024;

/** One parser for every content type, which parses nothing. */
export function registerBodies(app: DoorInstance): void {
  app.decorateRequest('wireContentType', undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, _reply, done) => {
    request.wireContentType = request.headers['content-type'];
    // Whatever was sent, also what is no media type at all, is judged when the body's turn comes.
    if (request.wireContentType !== undefined) request.headers['content-type'] = 'application/octet-stream';
    done();
  });
  // The schemas of this door document it; handlers check.
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
}

function isJson(contentType: string | undefined): boolean {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || /^[\w.-]+\/[\w.-]+\+json$/.test(type);
}

/** The parsed body; null for a bare `null`. Throws InvalidError FET-0001. */
export function readBody(request: FastifyRequest): unknown {
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0 || !isJson(request.wireContentType)) throw unparsable();
  if (body.length < 64 && body.toString('latin1').trim() === 'null') return null;
  try {
    return parseJson(body);
  } catch {
    throw unparsable();
  }
}
