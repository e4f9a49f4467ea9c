/** Bodies as bytes, for doors whose contract says when a body is looked at (decisions.md 20). */
import type { DoorInstance } from './door.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The content type as sent, on doors that take raw bodies: the framework itself sees only bytes. */
    wireContentType: string | undefined;
  }
}

/** One parser for every content type, which parses nothing; and no validation, as the door's schemas only document it. */
export function registerRawBodies(app: DoorInstance, bodyLimit?: number): void {
  app.decorateRequest('wireContentType', undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', ...(bodyLimit === undefined ? {} : { bodyLimit }) },
    (_request, body, done) => done(null, body),
  );
  app.addHook('onRequest', (request, _reply, done) => {
    request.wireContentType = request.headers['content-type'];
    // Whatever was sent, also what is no media type at all, is judged when the body's turn comes.
    if (request.wireContentType !== undefined) request.headers['content-type'] = 'application/octet-stream';
    done();
  });
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
}

/** The bytes of a body; empty when there is none. */
export function rawBody(request: { readonly body: unknown }): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
