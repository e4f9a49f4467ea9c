/**
 * A directory for tests: ldapjs over entries in memory, plain, over TLS or with STARTTLS. Like real directories it takes
 * a bind without a password for anonymous, finds people whatever the case, and refuses searches of strangers.
 */
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import ldap from 'ldapjs';
import type { IssuedCertificate } from './certificates.ts';

export interface DirectoryEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
  readonly password?: string;
}

export interface LdapServer {
  readonly port: number;
  /** `ldap://127.0.0.1:port`, or `ldaps://…`. */
  readonly url: string;
  entries: DirectoryEntry[];
  /** Names and passwords that were bound with. */
  readonly binds: { readonly name: string; readonly password: string }[];
  /** Filters searched for, as text. */
  readonly searches: string[];
  /** While true nothing is answered. */
  silent: boolean;
  stop(): Promise<void>;
}

export interface LdapOptions {
  readonly certificate?: IssuedCertificate;
  /** How the certificate is used. */
  readonly tls?: 'ldaps' | 'starttls';
  readonly port?: number;
}

export const serviceDn = 'cn=headgate,dc=example';
export const servicePassword = 'service-bind-password';

/** Starts a directory of `dc=example` with the entries given. */
export async function startLdap(entries: readonly DirectoryEntry[], options: LdapOptions = {}): Promise<LdapServer> {
  const secure = options.tls === 'ldaps' ? options.certificate : undefined;
  const server = ldap.createServer(secure === undefined ? {} : { certificate: secure.cert, key: secure.key });
  const sockets = new Set<Socket>();
  server.on('error', () => {}); // a client that breaks off is no failure of the test
  const directory = {
    entries: [...entries],
    binds: [] as LdapServer['binds'],
    searches: [] as string[],
    silent: false,
  };
  serve(server, directory);
  await new Promise<void>((resolve) =>
    server.listen(options.tls === 'starttls' ? 0 : (options.port ?? 0), '127.0.0.1', resolve),
  );
  const inner = Number(new URL(server.url.replace(/^ldaps?:/, 'http:')).port);
  const front =
    options.tls === 'starttls' && options.certificate !== undefined
      ? await startFront(inner, options.certificate, sockets)
      : undefined;
  const port = front === undefined ? inner : (front.address() as AddressInfo).port;
  return Object.assign(directory, {
    port,
    url: `${secure === undefined ? 'ldap' : 'ldaps'}://127.0.0.1:${port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      if (front !== undefined) await new Promise((resolve) => front.close(resolve));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

type State = Pick<LdapServer, 'entries' | 'binds' | 'searches' | 'silent'>;

function serve(server: ldap.Server, state: State): void {
  // ldapjs has types for requests as they are used here only in part.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  const bind = (request: any, response: any, next: any): void => {
    if (state.silent) return;
    const name = String(request.name);
    state.binds.push({ name, password: request.credentials });
    const known = [...state.entries, { dn: serviceDn, attributes: {}, password: servicePassword }];
    const entry = known.find((one) => fold(one.dn) === fold(name));
    if (request.credentials === '' || (entry?.password !== undefined && entry.password === request.credentials)) {
      response.end();
      next();
    } else next(new ldap.InvalidCredentialsError());
  };
  // biome-ignore lint/suspicious/noExplicitAny: see above
  const search = (request: any, response: any, next: any): void => {
    if (state.silent) return;
    if (!String(request.connection.ldap.bindDN).includes('dc=example')) {
      next(new ldap.InsufficientAccessRightsError());
      return;
    }
    state.searches.push(String(request.filter));
    const base = fold(String(request.dn));
    const isBase = request.scope === 'base' || request.scope === 0;
    const asked = request.attributes.map((name: string) => name.toLowerCase());
    response.attributes = []; // ldapjs's own choice of attributes does not know capitals
    const inScope = (dn: string): boolean => (isBase ? fold(dn) === base : fold(dn).endsWith(base));
    const found = state.entries.filter((one) => inScope(one.dn) && matches(request.filter, one.attributes));
    for (const { dn, attributes } of found) {
      const shown = Object.entries(attributes).filter(([name]) => asked.includes(name.toLowerCase()));
      response.send({ dn, attributes: Object.fromEntries(shown) }, true);
    }
    if (isBase && found.length === 0 && !bases.has(base)) {
      next(new ldap.NoSuchObjectError());
      return;
    }
    response.end();
    next();
  };
  server.bind('', bind);
  server.bind('dc=example', bind);
  server.search('dc=example', search);
}

/** Directories compare these attributes whatever the case; ldapjs does not. */
function matches(filter: unknown, attributes: DirectoryEntry['attributes']): boolean {
  const folded = Object.entries(attributes).map(([name, value]) => [
    name.toLowerCase(),
    typeof value === 'string' ? value.toLowerCase() : value.map((one) => one.toLowerCase()),
  ]);
  return ldap.parseFilter(String(filter).toLowerCase()).matches(Object.fromEntries(folded));
}

const fold = (dn: string): string => dn.toLowerCase().replace(/\s*,\s*/g, ',');
const bases = new Set(['dc=example', 'ou=people,dc=example', 'ou=groups,dc=example']);

/** Answers STARTTLS, then carries the decrypted bytes to the directory behind. */
async function startFront(inner: number, certificate: IssuedCertificate, sockets: Set<Socket>): Promise<NetServer> {
  const front = createServer((outer) => {
    sockets.add(outer);
    outer.on('error', () => {});
    outer.once('data', (request) => {
      // SEQUENCE { INTEGER id, [APPLICATION 23] … }: the id is at a fixed place for small messages.
      const id = request[4] ?? 1;
      const isStartTls = request.includes('1.3.6.1.4.1.1466.20037');
      if (!isStartTls) return outer.destroy();
      outer.write(Buffer.from([0x30, 0x0c, 0x02, 0x01, id, 0x78, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00]));
      const secure = new TLSSocket(outer, { isServer: true, cert: certificate.cert, key: certificate.key });
      const plain = connect(inner, '127.0.0.1');
      for (const socket of [secure, plain]) {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          plain.destroy();
          secure.destroy();
        });
      }
      secure.pipe(plain).pipe(secure);
    });
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return front;
}
