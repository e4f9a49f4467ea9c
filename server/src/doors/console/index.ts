/**
 * The console's door: `/console/` and what lies below it. It serves the built browser application and nothing else:
 * every rule and every datum is behind the native REST door, which the application calls like any other client.
 *
 * May be imported: `platform/*`. Must not be imported: other doors, engines, gateway.
 */
import type { FastifyReply } from 'fastify';
import { BuiltPages, type Door, type DoorInstance, type PageAnswer, problem } from '../../platform/http/index.ts';

export interface ConsoleDoorOptions {
  /** Where `npm run build` has put the application. */
  readonly folder: string;
}

function send(reply: FastifyReply, { headers, body }: PageAnswer): FastifyReply {
  return reply.headers(headers).send(body);
}

async function register(app: DoorInstance, { folder }: ConsoleDoorOptions): Promise<void> {
  let pages: BuiltPages | undefined;
  // Read at the first request: a start that nobody looks at in a browser need not pack files. Asked again while there
  // is nothing, so that a build beside a running server is found.
  const built = async (): Promise<BuiltPages> => {
    pages ??= await BuiltPages.open(folder);
    if (pages !== undefined) return pages;
    throw problem(503, 'console_not_built', 'The console is not built.', {
      remedy: 'Run `npm run build` beside the server and load this page again; the API works without it.',
    });
  };
  app.get('/console', async (_request, reply) => reply.redirect('/console/'));
  app.get('/console/*', async (request, reply) => {
    const { '*': path } = request.params as { '*': string }; // the route has this parameter and no other
    const found = await built();
    const file = found.file(path, request.headers['accept-encoding']);
    if (file !== undefined) return send(reply, file);
    if (path.startsWith('assets/')) throw problem(404, 'not_found', 'There is no such file in this build.');
    // Any other address is a screen of the application, which routes by itself.
    return send(reply, found.page());
  });
}

/** The door that serves the application. */
export function consoleDoor(options: ConsoleDoorOptions): Door {
  return {
    name: 'console',
    prefixes: ['/console'],
    problemOf: () => undefined,
    register: (app) => register(app, options),
  };
}
