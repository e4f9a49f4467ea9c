/**
 * From an address to a signed-in session: greeting, TLS, authentication, session settings.
 */
import { type ConnectStage, type ConnectTarget, EngineError } from '../engine.ts';
import { connectionLost, givenUp } from '../network-errors.ts';
import { cachingSha2, nativePassword, plainPassword, rsaPassword } from './auth.ts';
import { ed25519Signature } from './ed25519.ts';
import { fromServerError, protocolError } from './errors.ts';
import {
  CAPABILITY,
  type Greeting,
  HEADER,
  lengthEncodedBytes,
  MARIADB_EXTENDED_METADATA,
  packet,
  parseError,
  parseGreeting,
  Reader,
  UTF8MB4,
} from './protocol.ts';
import { Session, type SessionFacts } from './session.ts';
import { type PacketHandler, Wire } from './wire.ts';

/** What `connect` needs to know beside the target. */
export interface ConnectHooks {
  readonly signal: AbortSignal;
  readonly onStage?: (stage: ConnectStage) => void;
}

/** Packets of the sign-in, one at a time. */
class Conversation implements PacketHandler {
  readonly expectsRows = false;
  stage: ConnectStage = 'address';
  #waiting: { resolve: (packet: Received) => void; reject: (error: EngineError) => void } | undefined;
  readonly #received: Received[] = [];
  #error: EngineError | undefined;

  rows(): void {}

  packet(buffer: Buffer, start: number, end: number, sequence: number): void {
    const received = { payload: Buffer.from(buffer.subarray(start, end)), sequence };
    if (this.#received.length > 8) throw protocolError('The server talks too much before sign-in.', this.stage);
    if (!this.#waiting) this.#received.push(received);
    else {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve(received);
    }
  }

  closed(error: EngineError): void {
    this.#error = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  next(): Promise<Received> {
    const received = this.#received.shift();
    if (received) return Promise.resolve(received);
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
}

interface Received {
  readonly payload: Buffer;
  readonly sequence: number;
}

/** Connects and signs in. Rejects with an EngineError that names the stage; nothing stays open then. */
export async function signIn(target: ConnectTarget, hooks: ConnectHooks): Promise<Session> {
  const conversation = new Conversation();
  const wire = new Wire(conversation);
  const onAbort = () => wire.destroy(givenUp(hooks.signal, conversation.stage));
  hooks.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await wire.open(target.addresses, target.port, hooks.signal);
    conversation.stage = 'tls';
    const { facts, sequence, greeting } = await agree(target, hooks, wire, conversation);
    hooks.onStage?.('tls');
    conversation.stage = 'login';
    await authenticate(target, { wire, conversation, greeting, facts, sequence });
    hooks.onStage?.('login');
    const session = new Session(wire, facts);
    hooks.onStage?.('database');
    return session;
  } catch (error) {
    const problem = describe(error, conversation.stage);
    if (problem.stage === 'database') hooks.onStage?.('login');
    wire.destroy(problem);
    throw problem;
  } finally {
    hooks.signal.removeEventListener('abort', onAbort);
  }
}

function describe(error: unknown, stage: ConnectStage): EngineError {
  if (error instanceof RangeError) {
    return protocolError(`That does not look like a MySQL or MariaDB server: ${error.message}.`, stage);
  }
  if (!(error instanceof EngineError)) return connectionLost(error, stage);
  if (error.stage !== undefined && error.fatal) return error;
  return new EngineError(error.code, error.message, {
    nativeCode: error.nativeCode,
    stage: error.stage ?? stage,
    detail: error.detail,
    hint: error.hint,
    fatal: true,
    cause: error,
  });
}

/** Hears the greeting, and encrypts the connection as the settings say. */
async function agree(
  target: ConnectTarget,
  hooks: ConnectHooks,
  wire: Wire,
  conversation: Conversation,
): Promise<{ facts: SessionFacts; sequence: number; greeting: Greeting }> {
  const first = await conversation.next();
  if (first.payload[0] === HEADER.error) throw refusal(first.payload, 'login');
  const greeting = parseGreeting(new Reader(first.payload, 0, first.payload.length));
  const needed = CAPABILITY.protocol41 | CAPABILITY.secureConnection;
  if ((greeting.capabilities & needed) !== needed) {
    throw new EngineError('unsupported', 'The server is too old: it does not speak the 4.1 protocol.', {
      stage: 'tls',
    });
  }
  let sequence = first.sequence + 1;
  const offersTls = (greeting.capabilities & CAPABILITY.tls) !== 0;
  const encrypts = target.tls.mode !== 'disable' && offersTls;
  if (!encrypts && target.tls.mode !== 'disable' && target.tls.mode !== 'prefer') {
    throw new EngineError('tls_unsupported', 'The server does not offer TLS.', {
      stage: 'tls',
      hint: 'Switch TLS on at the server, or choose another TLS mode.',
    });
  }
  const mariadb = (greeting.capabilities & CAPABILITY.longPassword) === 0 || /mariadb/i.test(greeting.serverVersion);
  if (encrypts) {
    wire.send(packet(sequence, loginHead(target, greeting, true)));
    sequence += 1;
    await wire.encrypt(target.tls, target.host, hooks.signal);
  }
  const facts: SessionFacts = {
    threadId: greeting.threadId,
    serverVersion: greeting.serverVersion.replace(/^5\.5\.5-/, ''),
    mariadb,
    encrypted: encrypts,
    extendedMetadata: (greeting.mariadbCapabilities & MARIADB_EXTENDED_METADATA) !== 0,
  };
  return { facts, sequence, greeting };
}

/** The first 32 bytes of our answer to the greeting; alone they ask for TLS. */
function loginHead(target: ConnectTarget, greeting: Greeting, encrypts: boolean): Buffer {
  // Never: local files, several statements, several results, compression.
  let capabilities =
    CAPABILITY.longFlag |
    CAPABILITY.protocol41 |
    CAPABILITY.transactions |
    CAPABILITY.secureConnection |
    CAPABILITY.pluginAuth |
    CAPABILITY.pluginAuthLengthEncoded |
    CAPABILITY.connectAttributes;
  if (target.database !== '') capabilities |= CAPABILITY.connectWithDatabase;
  if (encrypts) capabilities |= CAPABILITY.tls;
  // A client that sets this bit is taken for a MySQL client and gets no MariaDB extensions.
  if (greeting.mariadbCapabilities === 0) capabilities |= CAPABILITY.longPassword;
  capabilities &= greeting.capabilities | CAPABILITY.longPassword;
  const head = Buffer.alloc(32);
  head.writeUInt32LE(capabilities >>> 0, 0);
  head.writeUInt32LE(0x1000000, 4); // our largest packet
  head[8] = UTF8MB4;
  head.writeUInt32LE(greeting.mariadbCapabilities & MARIADB_EXTENDED_METADATA, 28);
  return head;
}

interface SignInState {
  readonly wire: Wire;
  readonly conversation: Conversation;
  readonly greeting: Greeting;
  readonly facts: SessionFacts;
  sequence: number;
}

async function authenticate(target: ConnectTarget, state: SignInState): Promise<void> {
  const { wire, conversation, greeting } = state;
  let plugin = greeting.plugin || 'mysql_native_password';
  let scramble = greeting.scramble;
  // An unknown default method is no refusal yet: the user's own method may be another one.
  const known = answerTo(plugin, target, scramble, state.facts.encrypted);
  const first = known ?? Buffer.alloc(0);
  const name = known ? plugin : 'mysql_native_password';
  wire.send(packet(state.sequence, loginPacket(target, greeting, state.facts.encrypted, name, first)));
  for (let rounds = 0; rounds < 10; rounds += 1) {
    const { payload, sequence } = await conversation.next();
    state.sequence = sequence + 1;
    if (payload[0] === HEADER.ok) return;
    if (payload[0] === HEADER.error) throw refusal(payload, 'login');
    if (payload[0] === HEADER.eof) {
      if (payload.length === 1) throw unsupportedMethod('the one from before MySQL 4.1');
      const reader = new Reader(payload, 1, payload.length);
      plugin = reader.zeroTerminated().toString('latin1');
      scramble = reader.rest().subarray(0, plugin === 'client_ed25519' ? 32 : 20);
      const answer = answerTo(plugin, target, scramble, state.facts.encrypted);
      if (!answer) throw unsupportedMethod(plugin);
      wire.send(packet(state.sequence, answer));
    } else if (payload[0] === HEADER.more) {
      await continueSha2(plugin, payload.subarray(1), target, scramble, state);
    } else throw protocolError('The server answered the sign-in with something else.', 'login');
  }
  throw protocolError('The sign-in did not come to an end.', 'login');
}

/** The answer to a method's challenge; undefined when we do not speak it. */
function answerTo(plugin: string, target: ConnectTarget, scramble: Buffer, encrypted: boolean): Buffer | undefined {
  switch (plugin) {
    case 'mysql_native_password':
      return nativePassword(target.password, scramble);
    case 'caching_sha2_password':
      return cachingSha2(target.password, scramble);
    case 'sha256_password':
      if (target.password === '') return Buffer.from([0]);
      // 1 asks for the server's public key.
      return encrypted ? plainPassword(target.password) : Buffer.from([1]);
    case 'client_ed25519':
      return ed25519Signature(target.password, scramble);
    case 'mysql_clear_password':
      // The password itself goes to whoever answers: only when asked for, and never in the open.
      return encrypted && target.options.allowCleartextPassword === true ? plainPassword(target.password) : undefined;
    default:
      return undefined;
  }
}

/** The second half of the SHA-256 methods: the server knows the password's digest, or wants the password itself. */
async function continueSha2(
  plugin: string,
  data: Buffer,
  target: ConnectTarget,
  scramble: Buffer,
  state: SignInState,
): Promise<void> {
  const fastDone = 3;
  const fullWanted = 4;
  const caching = plugin === 'caching_sha2_password';
  if (!caching && plugin !== 'sha256_password')
    throw protocolError('The sign-in method wants more than it may.', 'login');
  if (caching && data[0] === fastDone) return;
  if (caching && data[0] === fullWanted) {
    if (state.facts.encrypted) {
      state.wire.send(packet(state.sequence, plainPassword(target.password)));
      return;
    }
    requireKeyRetrieval(target);
    state.wire.send(packet(state.sequence, Buffer.from([2])));
    const { payload, sequence } = await state.conversation.next();
    state.sequence = sequence + 1;
    if (payload[0] === HEADER.error) throw refusal(payload, 'login');
    sendEncrypted(payload.subarray(1), target, scramble, state);
    return;
  }
  requireKeyRetrieval(target);
  sendEncrypted(data, target, scramble, state);
}

function requireKeyRetrieval(target: ConnectTarget): void {
  if (target.options.allowPublicKeyRetrieval === true) return;
  throw new EngineError('tls_required', 'The server wants the password over an encrypted connection.', {
    stage: 'login',
    hint: 'Switch TLS on for this source, or set its option allowPublicKeyRetrieval.',
    fatal: true,
  });
}

function sendEncrypted(key: Buffer, target: ConnectTarget, scramble: Buffer, state: SignInState): void {
  requireKeyRetrieval(target);
  let secret: Buffer;
  try {
    secret = rsaPassword(target.password, scramble, key.toString('latin1'));
  } catch (error) {
    throw new EngineError('protocol_error', 'The server sent a public key that cannot be used.', {
      stage: 'login',
      fatal: true,
      cause: error,
    });
  }
  state.wire.send(packet(state.sequence, secret));
}

function unsupportedMethod(plugin: string): EngineError {
  const clear = plugin === 'mysql_clear_password';
  return new EngineError('auth_unsupported', `The server wants the sign-in method ${plugin.slice(0, 60)}.`, {
    stage: 'login',
    nativeCode: plugin.slice(0, 60),
    hint: clear
      ? 'It sends the password as it is: it needs TLS and the option allowCleartextPassword.'
      : 'Give the login one of mysql_native_password, caching_sha2_password, sha256_password, ed25519.',
    fatal: true,
  });
}

/** An error packet during sign-in; a refused database is a stage of its own. */
function refusal(payload: Buffer, stage: ConnectStage): EngineError {
  const error = parseError(payload, 0, payload.length);
  const about = error.number === 1044 || error.number === 1049 ? 'database' : stage;
  return fromServerError(error, about);
}

function loginPacket(
  target: ConnectTarget,
  greeting: Greeting,
  encrypted: boolean,
  plugin: string,
  answer: Buffer,
): Buffer {
  const head = loginHead(target, greeting, encrypted);
  const capabilities = head.readUInt32LE(0);
  const parts = [head, Buffer.from(`${target.username}\0`)];
  if (capabilities & CAPABILITY.pluginAuthLengthEncoded) parts.push(lengthEncodedBytes(answer));
  else parts.push(Buffer.from([answer.length]), answer);
  if (capabilities & CAPABILITY.connectWithDatabase) parts.push(Buffer.from(`${target.database}\0`));
  if (capabilities & CAPABILITY.pluginAuth) parts.push(Buffer.from(`${plugin}\0`));
  if (capabilities & CAPABILITY.connectAttributes) {
    const attributes = Buffer.concat(
      ['_client_name', target.applicationName, 'program_name', target.applicationName].map((text) =>
        lengthEncodedBytes(Buffer.from(text)),
      ),
    );
    parts.push(lengthEncodedBytes(attributes));
  }
  return Buffer.concat(parts);
}
