/**
 * One LDAP directory: checking somebody's password, and telling what of the settings does not work.
 *
 * Invariants: an empty password never reaches the directory (it would be an unauthenticated bind, which succeeds); the
 * last bind of a check is by the DN of the entry found and the password typed; referrals are not followed; everything
 * ends within `timeoutMs`.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Client, type Entry, type Filter, InvalidCredentialsError, ResultCodeError } from 'ldapts';
import type { AddressPolicy } from '../../../platform/network/addresses.ts';
import { OutboundError, openSocket, secureSocket } from '../../../platform/network/outbound.ts';
import { fillBindName, fillFilter, firstValue, foldDn, isBelow } from './ldap-text.ts';
import type { ExternalPerson, LdapSettings } from './model.ts';
import { askForTls } from './starttls.ts';

export type DirectoryStage = 'address' | 'tls' | 'bind' | 'user' | 'groups';

/** The directory cannot be asked, or not with these settings. */
export class DirectoryError extends Error {
  readonly code: string;
  readonly stage: DirectoryStage;
  /** The setting that is wrong, below `ldap/`. */
  readonly field: string | undefined;
  constructor(code: string, stage: DirectoryStage, message: string, more: { field?: string; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.name = 'DirectoryError';
    this.code = code;
    this.stage = stage;
    this.field = more.field;
  }
}

/** What a check found. `subject`: of the entry whose password was wrong, when it is known. */
export type DirectoryAnswer =
  | { readonly kind: 'person'; readonly person: ExternalPerson }
  | { readonly kind: 'wrong'; readonly subject: string | null }
  | { readonly kind: 'locked'; readonly until: Date };

/** Until when the password of a subject (null: nobody) may not be tried; null = it may. */
export type Guard = (subject: string | null) => Promise<Date | null>;

/** What an administrator is shown of an entry. */
export interface FoundPerson {
  readonly dn: string;
  readonly person: ExternalPerson;
}

const subjectCandidates = ['entryUUID', 'objectGUID'] as const;
const maxGroups = 1000;
const maxDepth = 10;

export class Directory {
  readonly #settings: LdapSettings;
  readonly #bindPassword: string | null;
  readonly #policy: AddressPolicy;

  constructor(settings: LdapSettings, bindPassword: string | null, policy: AddressPolicy) {
    this.#settings = settings;
    this.#bindPassword = bindPassword;
    this.#policy = policy;
  }

  /**
   * Whether login and password fit: nobody of that login and a wrong password are one kind of answer and of work.
   * `guard` is asked before the password of an entry is tried; a time from it keeps it from being tried until then.
   * Throws DirectoryError when the directory cannot tell.
   */
  async check(login: string, password: string, guard: Guard = async () => null): Promise<DirectoryAnswer> {
    if (password === '' || login === '') return { kind: 'wrong', subject: null };
    return this.#connected((connection) =>
      this.#settings.userDn === null
        ? this.#searchThenBind(connection, login, password, guard)
        : this.#bindThenSearch(connection, this.#settings.userDn, login, password),
    );
  }

  /** The work of a check of somebody who does not exist. Never throws. */
  async pretend(): Promise<void> {
    const nobody = randomBytes(9).toString('hex');
    await this.check(nobody, nobody).catch(() => null);
  }

  async #searchThenBind(
    connection: Connection,
    login: string,
    password: string,
    guard: Guard,
  ): Promise<DirectoryAnswer> {
    await this.#bindAsService(connection);
    const found = await this.#find(connection, login, null);
    const subject = found === null ? null : this.#subject(found);
    const lockedUntil = await guard(subject);
    const tried = found !== null && lockedUntil === null;
    // Nobody: the same bind with what cannot fit, so that the time does not tell.
    const dn = found?.dn ?? `uid=${randomBytes(9).toString('hex')},${this.#settings.userBase ?? ''}`;
    const fits = await connection.tryBind(dn, tried ? password : randomBytes(18).toString('base64'));
    if (lockedUntil !== null) return { kind: 'locked', until: lockedUntil };
    if (!fits || found === null) return { kind: 'wrong', subject };
    if (this.#settings.groups.from !== 'none') await this.#bindAsService(connection);
    return { kind: 'person', person: await this.#person(connection, found, login) };
  }

  async #bindThenSearch(
    connection: Connection,
    template: string,
    login: string,
    password: string,
  ): Promise<DirectoryAnswer> {
    const wrong = { kind: 'wrong', subject: null } as const;
    const name = fillBindName(template, login);
    if (!(await connection.tryBind(name, password))) return wrong;
    const found = await this.#find(connection, login, name);
    if (found === null) return wrong;
    if (foldDn(found.dn) !== foldDn(name) && !(await connection.tryBind(found.dn, password))) return wrong;
    return { kind: 'person', person: await this.#person(connection, found, login) };
  }

  /**
   * Connects, binds as the service and looks `login` up when given. `onStage` hears of each stage that works.
   * Throws DirectoryError at the first that does not.
   */
  async explore(login: string | null, onStage: (stage: DirectoryStage) => void): Promise<FoundPerson | null> {
    return this.#connected(async (connection) => {
      if (this.#settings.userDn !== null) return null; // only the person's own password opens it
      await this.#bindAsService(connection);
      onStage('bind');
      if (login === null) {
        // Proves that the base exists and may be read.
        await connection.search(this.#settings.userBase ?? '', null, 'base', ['1.1'], 1, 'user', 'userBase');
        onStage('user');
        return null;
      }
      const found = await this.#find(connection, login, null);
      if (found === null) {
        throw new DirectoryError('person_not_found', 'user', 'The directory has no single entry for this login.', {
          field: 'userFilter',
        });
      }
      onStage('user');
      const person = await this.#person(connection, found, login);
      onStage('groups');
      return { dn: found.dn, person };
    }, onStage);
  }

  async #connected<T>(
    work: (connection: Connection) => Promise<T>,
    onStage: (stage: DirectoryStage) => void = () => {},
  ): Promise<T> {
    const deadline = AbortSignal.timeout(this.#settings.timeoutMs);
    let connection: Connection | undefined;
    try {
      connection = await Connection.open(this.#settings, this.#policy, deadline, onStage);
      return await connection.within(work);
    } catch (error) {
      if (error instanceof DirectoryError) throw error;
      if (deadline.aborted) {
        const host = new URL(this.#settings.url).host;
        throw new DirectoryError('connect_timeout', 'address', `${host} does not answer in time.`, {
          field: 'url',
          cause: error,
        });
      }
      throw explained(error);
    } finally {
      connection?.close();
    }
  }

  async #bindAsService(connection: Connection): Promise<void> {
    const { bindDn } = this.#settings;
    if (bindDn === null || this.#bindPassword === null) return;
    if (await connection.tryBind(bindDn, this.#bindPassword)) return;
    throw new DirectoryError('login_failed', 'bind', 'The directory refuses bindDn with bindPassword.', {
      field: 'bindPassword',
    });
  }

  /** The one entry of a login; null for none, and for more than one: nobody can tell which is meant. */
  async #find(connection: Connection, login: string, boundAs: string | null): Promise<Entry | null> {
    const { userBase, userFilter, attributes, groups } = this.#settings;
    const names = [
      attributes.login,
      attributes.firstName,
      attributes.lastName,
      attributes.email,
      ...(attributes.subject === null ? subjectCandidates : [attributes.subject]),
      ...(groups.from === 'memberOf' ? ['memberOf'] : []),
    ];
    const found =
      userBase === null
        ? await connection.search(boundAs ?? '', null, 'base', names, 2, 'user', 'userDn')
        : await connection.search(userBase, fillFilter(userFilter, { login }), 'sub', names, 2, 'user', 'userBase');
    const [entry] = found;
    return found.length === 1 && entry !== undefined && entry.dn !== '' ? entry : null;
  }

  async #person(connection: Connection, entry: Entry, typed: string): Promise<ExternalPerson> {
    const { attributes } = this.#settings;
    return {
      subject: this.#subject(entry),
      login: textOf(entry, attributes.login) ?? typed,
      firstName: textOf(entry, attributes.firstName),
      lastName: textOf(entry, attributes.lastName),
      email: textOf(entry, attributes.email),
      groups: await this.#groups(connection, entry, typed),
    };
  }

  #subject(entry: Entry): string {
    const wanted = this.#settings.attributes.subject;
    for (const name of wanted === null ? subjectCandidates : [wanted]) {
      const [value] = valuesOf(entry, name);
      if (value === undefined) continue;
      const text = Buffer.isBuffer(value) ? value.toString('hex') : value;
      if (text !== '') return text.slice(0, 512);
    }
    if (wanted === null) return `dn:${foldDn(entry.dn)}`.slice(0, 1024);
    throw new DirectoryError('attribute_missing', 'user', 'The entry lacks the attribute that holds its lasting id.', {
      field: 'attributes/subject',
    });
  }

  async #groups(connection: Connection, entry: Entry, login: string): Promise<ReadonlySet<string>> {
    const { from, base, nested } = this.#settings.groups;
    const names = new Set<string>();
    if (from === 'none') return names;
    const seen = new Set<string>();
    let next = await this.#groupsOf(connection, entry, login);
    for (let depth = 0; next.length > 0 && depth < (nested ? maxDepth : 1); depth += 1) {
      const fresh = next.filter((dn) => !seen.has(foldDn(dn)) && (base === null || isBelow(dn, base)));
      const above: string[] = [];
      for (const dn of fresh) {
        if (seen.size >= maxGroups) return names;
        seen.add(foldDn(dn));
        names.add(foldDn(dn));
        names.add(foldGroup(firstValue(dn)));
        if (nested) above.push(...(await this.#groupsAbove(connection, dn)));
      }
      next = above;
    }
    return names;
  }

  async #groupsOf(connection: Connection, entry: Entry, login: string): Promise<string[]> {
    if (this.#settings.groups.from === 'memberOf') return textsOf(entry, 'memberOf');
    const filter = fillFilter(this.#settings.groups.filter, { dn: entry.dn, login });
    return this.#searchGroups(connection, filter);
  }

  async #groupsAbove(connection: Connection, dn: string): Promise<string[]> {
    const { from, filter } = this.#settings.groups;
    if (from === 'search') return this.#searchGroups(connection, fillFilter(filter, { dn }));
    const found = await connection.search(dn, null, 'base', ['memberOf'], 1, 'groups', 'groups').catch(() => []);
    return found.flatMap((group) => textsOf(group, 'memberOf'));
  }

  async #searchGroups(connection: Connection, filter: Filter): Promise<string[]> {
    const base = this.#settings.groups.base ?? '';
    const found = await connection.search(base, filter, 'sub', ['1.1'], maxGroups, 'groups', 'groups/base');
    return found.map((group) => group.dn);
  }
}

/** The form in which names of groups are compared. */
export function foldGroup(name: string): string {
  return name.includes('=') ? foldDn(name) : name.normalize('NFC').toLowerCase();
}

/** Throws DirectoryError `tls_unsupported`, `tls_failed`; the socket is gone then. */
async function startTls(socket: Socket, url: URL, deadline: AbortSignal): Promise<void> {
  socket.on('error', () => {}); // its end is noticed by its closing
  try {
    const answer = await askForTls(socket, deadline);
    if (answer === 'ready') return;
    throw answer === 'refused'
      ? new DirectoryError('tls_unsupported', 'tls', `${url.host} does not take STARTTLS.`, { field: 'url' })
      : new DirectoryError('tls_failed', 'tls', `${url.host} does not answer STARTTLS properly.`, { field: 'url' });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** One connection, TLS as the settings want it. */
class Connection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #deadline: AbortSignal;

  private constructor(client: Client, socket: Socket, deadline: AbortSignal) {
    this.#client = client;
    this.#socket = socket;
    this.#deadline = deadline;
  }

  static async open(
    settings: LdapSettings,
    policy: AddressPolicy,
    deadline: AbortSignal,
    onStage: (stage: DirectoryStage) => void,
  ): Promise<Connection> {
    const url = new URL(settings.url);
    const implicit = url.protocol === 'ldaps:';
    const port = url.port === '' ? (implicit ? 636 : 389) : Number(url.port);
    const { mode, ca } = settings.tls;
    const tls = {
      verify: mode === 'verify-full' ? 'full' : mode === 'verify-ca' ? 'ca' : 'nothing',
      ca: ca ?? undefined,
    } as const;
    const plain = await openSocket({ host: url.hostname, port, policy }, deadline);
    onStage('address');
    if (!implicit && mode !== 'disable') await startTls(plain, url, deadline);
    const socket: Socket = mode === 'disable' ? plain : await secureSocket(plain, url.hostname, tls, deadline);
    socket.on('error', () => {}); // until the library listens
    // The library is given the open socket, so it looks nothing up itself; its own URL only tells it what to send.
    const client = new Client({
      url: 'ldap://directory.invalid',
      timeout: settings.timeoutMs,
      createConnection: () => socket,
    });
    const connection = new Connection(client, socket, deadline);
    onStage('tls');
    return connection;
  }

  /** The work, or the deadline's reason when that comes first. */
  within<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(this.#deadline.reason);
    this.#deadline.addEventListener('abort', onAbort, { once: true });
    if (this.#deadline.aborted) onAbort();
    const working = work(this);
    working.catch(() => {}); // it may fail after the deadline has spoken
    return Promise.race([working, promise]).finally(() => this.#deadline.removeEventListener('abort', onAbort));
  }

  /** Whether the directory takes this name with this password. */
  async tryBind(name: string, password: string): Promise<boolean> {
    if (password === '' || name === '') return false;
    try {
      await this.#client.bind(name, password);
      return true;
    } catch (error) {
      // Anything that the directory answers to a name and password of a person is a no; a lost connection is none.
      if (error instanceof InvalidCredentialsError) return false;
      if (error instanceof ResultCodeError && refusals.has(error.code)) return false;
      throw error;
    }
  }

  async search(
    base: string,
    filter: Filter | null,
    scope: 'base' | 'sub',
    attributes: string[],
    sizeLimit: number,
    stage: DirectoryStage,
    field: string,
  ): Promise<Entry[]> {
    try {
      const { searchEntries } = await this.#client.search(base, {
        scope,
        filter: filter ?? everything,
        attributes,
        sizeLimit,
        derefAliases: 'never',
        explicitBufferAttributes: ['objectGUID'],
      });
      return searchEntries;
    } catch (error) {
      if (!(error instanceof ResultCodeError)) throw error;
      throw new DirectoryError('search_failed', stage, 'The directory refuses the search.', { field, cause: error });
    }
  }

  /** Ends it without waiting for the other side. */
  close(): void {
    void this.#client
      .unbind()
      .catch(() => {})
      .finally(() => this.#socket.destroy());
  }
}

const everything = '(objectClass=*)';
/** noSuchObject, invalidDNSyntax, inappropriateAuthentication, insufficientAccessRights, unwillingToPerform,
 * constraintViolation: what directories answer to names that do not exist, and to locked or expired accounts. */
const refusals = new Set([0x20, 0x22, 0x30, 0x32, 0x35, 0x13]);

function valuesOf(entry: Entry, name: string): (string | Buffer)[] {
  const key = Object.keys(entry).find((one) => one.toLowerCase() === name.toLowerCase());
  const value = key === undefined ? undefined : entry[key];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function textsOf(entry: Entry, name: string): string[] {
  return valuesOf(entry, name).map((value) => (typeof value === 'string' ? value : value.toString('utf8')));
}

function textOf(entry: Entry, name: string): string | null {
  const text = textsOf(entry, name)[0]?.replaceAll('\0', '').trim().slice(0, 256);
  return text === undefined || text === '' ? null : text;
}

function explained(error: unknown): DirectoryError {
  if (error instanceof OutboundError) {
    const tls = error.code.startsWith('tls_');
    const field = error.code === 'tls_untrusted' ? 'tls/ca' : 'url';
    return new DirectoryError(error.code, tls ? 'tls' : 'address', error.message, { field, cause: error });
  }
  if (error instanceof ResultCodeError) {
    return new DirectoryError('directory_refused', 'bind', 'The directory refuses to answer.', { cause: error });
  }
  return new DirectoryError('connection_lost', 'bind', 'The directory broke the connection off.', { cause: error });
}
