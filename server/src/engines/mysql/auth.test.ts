/**
 * Sign-in methods that MariaDB does not have: MySQL's SHA-256 methods against known digests and against a small stand-in
 * that speaks the server's half as MySQL documents it. It proves our half, not MySQL.
 */
import { constants, createHash, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../test/servers/certificates.ts';
import { stubServer } from '../../../test/servers/stub.ts';
import { type ConnectTarget, EngineError } from '../engine.ts';
import { targetAt } from '../testing/kit.ts';
import { cachingSha2, nativePassword, plainPassword } from './auth.ts';
import { signIn } from './connect.ts';
import { CAPABILITY, HEADER, packet, Reader } from './protocol.ts';

const scramble = Buffer.from('0123456789abcdefghij');
const password = 'sésame';
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const certificate = makeAuthority().issue({ names: ['localhost'] });

const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const denied = Buffer.from('\xff\x15\x04#28000Access denied', 'latin1');

/** What the stand-in saw. */
interface Seen {
  answer?: Buffer;
  plugin?: string;
  capabilities?: number;
  fullPassword?: string;
  askedForKey?: boolean;
  /** Everything that arrived in the open. */
  plain: Buffer[];
}

interface Behaviour {
  readonly tls?: boolean;
  readonly greetsWith?: string;
  /** After our first answer: ask for this method. */
  readonly switchTo?: string;
  /** The digest is known already. */
  readonly cached?: boolean;
  readonly key?: string;
  /** Sent after sign-in instead of the answer to our first command. */
  readonly answersCommandsWith?: Buffer;
}

/** The server's half of a sign-in. */
class StandIn {
  readonly #behaviour: Behaviour;
  readonly #seen: Seen;
  #socket: Socket;
  #input = Buffer.alloc(0);
  #sequence = 0;
  #step: (payload: Buffer) => void;
  #encrypted = false;

  constructor(socket: Socket, behaviour: Behaviour, seen: Seen) {
    this.#socket = socket;
    this.#behaviour = behaviour;
    this.#seen = seen;
    this.#step = (payload) => this.#login(payload);
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => this.#receive(data));
    this.#greet();
  }

  #receive(data: Buffer): void {
    if (!this.#encrypted) this.#seen.plain.push(data);
    this.#input = Buffer.concat([this.#input, data]);
    while (this.#input.length >= 4 && this.#input.length >= 4 + this.#input.readUIntLE(0, 3)) {
      const end = 4 + this.#input.readUIntLE(0, 3);
      const payload = Buffer.from(this.#input.subarray(4, end));
      this.#sequence = (this.#input[3] ?? 0) + 1;
      this.#input = this.#input.subarray(end);
      this.#step(payload);
    }
  }

  #send(payload: Buffer): void {
    this.#socket.write(packet(this.#sequence, payload));
    this.#sequence += 1;
  }

  #greet(): void {
    let capabilities =
      CAPABILITY.longPassword | CAPABILITY.protocol41 | CAPABILITY.secureConnection | CAPABILITY.pluginAuth;
    capabilities |= CAPABILITY.pluginAuthLengthEncoded | CAPABILITY.connectAttributes | CAPABILITY.connectWithDatabase;
    if (this.#behaviour.tls) capabilities |= CAPABILITY.tls;
    const tail = Buffer.alloc(44);
    scramble.copy(tail, 0, 0, 8);
    tail.writeUInt16LE(capabilities & 0xffff, 9);
    tail[11] = 255;
    tail.writeUInt16LE(2, 12);
    tail.writeUInt16LE(capabilities >>> 16, 14);
    tail[16] = 21;
    scramble.copy(tail, 27, 8, 20);
    const head = Buffer.concat([Buffer.from('\x0a8.4.3\0', 'latin1'), Buffer.from([9, 0, 0, 0])]);
    const plugin = `${this.#behaviour.greetsWith ?? 'caching_sha2_password'}\0`;
    this.#send(Buffer.concat([head, tail.subarray(0, 40), Buffer.from(plugin)]));
  }

  #login(payload: Buffer): void {
    if (payload.length === 32) {
      this.#socket.removeAllListeners('data');
      this.#socket.pause();
      // The client's first TLS bytes may have come with its request.
      if (this.#input.length > 0) this.#socket.unshift(this.#input);
      this.#input = Buffer.alloc(0);
      const secure = new TLSSocket(this.#socket, { isServer: true, cert: certificate.cert, key: certificate.key });
      this.#encrypted = true;
      secure.on('error', () => {});
      secure.on('data', (data: Buffer) => this.#receive(data));
      this.#socket = secure;
      return;
    }
    const reader = new Reader(payload, 0, payload.length);
    this.#seen.capabilities = reader.uint(4);
    reader.skip(28);
    reader.zeroTerminated();
    this.#seen.answer = Buffer.from(reader.lengthEncodedBytes());
    if ((this.#seen.capabilities ?? 0) & CAPABILITY.connectWithDatabase) reader.zeroTerminated();
    this.#seen.plugin = reader.zeroTerminated().toString();
    const { switchTo } = this.#behaviour;
    if (switchTo === undefined) {
      this.#verify(this.#seen.answer);
      return;
    }
    this.#step = (answer) => this.#verify(answer);
    const name = Buffer.from(`${switchTo}\0`);
    this.#send(Buffer.concat([Buffer.from([HEADER.eof]), name, scramble, Buffer.from([0])]));
  }

  #verify(answer: Buffer): void {
    const plugin = this.#behaviour.switchTo ?? this.#seen.plugin;
    const holdsPassword = plugin === 'mysql_clear_password' || (plugin === 'sha256_password' && answer.length > 1);
    if (plugin === 'mysql_native_password') this.#finish(answer.equals(nativePassword(password, scramble)));
    else if (holdsPassword) this.#full(answer);
    else if (plugin === 'sha256_password') this.#giveKey();
    else if (this.#behaviour.cached) {
      const right = answer.equals(cachingSha2(password, scramble));
      if (right) this.#send(Buffer.from([HEADER.more, 3]));
      this.#finish(right);
    } else {
      this.#step = (more) => {
        if (more.length === 1 && more[0] === 2) this.#giveKey();
        else this.#full(more);
      };
      this.#send(Buffer.from([HEADER.more, 4]));
    }
  }

  #giveKey(): void {
    this.#seen.askedForKey = true;
    this.#step = (secret) => {
      const plain = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, secret);
      this.#full(Buffer.from(plain.map((byte, index) => byte ^ (scramble[index % 20] ?? 0))));
    };
    this.#send(Buffer.concat([Buffer.from([HEADER.more]), Buffer.from(this.#behaviour.key ?? publicKey)]));
  }

  #full(secret: Buffer): void {
    this.#seen.fullPassword = secret.toString().replace(/\0$/, '');
    this.#finish(secret.equals(plainPassword(password)));
  }

  #finish(right: boolean): void {
    this.#step = () => this.#send(this.#behaviour.answersCommandsWith ?? OK);
    this.#send(right ? OK : denied);
  }
}

async function standIn(behaviour: Behaviour): Promise<{ port: number; seen: Seen }> {
  const seen: Seen = { plain: [] };
  const port = await stubServer((socket) => new StandIn(socket, behaviour, seen));
  return { port, seen };
}

function target(port: number, changes: Partial<ConnectTarget> = {}): ConnectTarget {
  return targetAt({ host: '127.0.0.1', port }, { database: '', username: 'ada', password, ...changes });
}

/** `ok`, or the error. */
async function outcome(where: ConnectTarget): Promise<'ok' | EngineError> {
  try {
    const session = await signIn(where, { signal: AbortSignal.timeout(10_000) });
    session.close();
    return 'ok';
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}

const tls = { mode: 'require' } as const;

describe('digests', () => {
  // Computed by hand from the definitions: XOR of SHA1(p) and SHA1(s ‖ SHA1(SHA1(p))), and its SHA-256 sibling.
  const hash = (algorithm: string, ...parts: Buffer[]) => {
    const digest = createHash(algorithm);
    for (const part of parts) digest.update(part);
    return digest.digest();
  };

  test('the server can check them with what it stores', () => {
    // A server stores SHA1(SHA1(p)) and recovers SHA1(p) from the answer.
    const stored = hash('sha1', hash('sha1', Buffer.from(password)));
    const answer = nativePassword(password, scramble);
    const mask = hash('sha1', scramble, stored);
    expect(hash('sha1', Buffer.from(answer.map((byte, index) => byte ^ mask[index]!)))).toEqual(stored);
    // … and SHA256(SHA256(p)) here.
    const stored2 = hash('sha256', hash('sha256', Buffer.from(password)));
    const answer2 = cachingSha2(password, scramble);
    const mask2 = hash('sha256', stored2, scramble);
    expect(hash('sha256', Buffer.from(answer2.map((byte, index) => byte ^ mask2[index]!)))).toEqual(stored2);
  });

  test('an empty password sends nothing', () => {
    expect(nativePassword('', scramble)).toHaveLength(0);
    expect(cachingSha2('', scramble)).toHaveLength(0);
  });
});

describe('caching_sha2_password', () => {
  test('the fast way, when the server remembers the digest', async () => {
    const { port, seen } = await standIn({ cached: true });
    expect(await outcome(target(port))).toBe('ok');
    expect(seen.plugin).toBe('caching_sha2_password');
    expect(seen.fullPassword).toBeUndefined();
    expect(await outcome(target(port, { password: 'wrong' }))).toMatchObject({ code: 'login_failed', stage: 'login' });
  });

  test('the full way over TLS sends the password inside it', async () => {
    const { port, seen } = await standIn({ tls: true });
    expect(await outcome(target(port, { tls }))).toBe('ok');
    expect(seen.fullPassword).toBe(password);
    expect(Buffer.concat(seen.plain).includes(password)).toBe(false);
  });

  test('without TLS the full way is refused unless the public key may be fetched', async () => {
    const { port, seen } = await standIn({});
    expect(await outcome(target(port))).toMatchObject({ code: 'tls_required', stage: 'login' });
    expect([seen.askedForKey, seen.fullPassword]).toEqual([undefined, undefined]);
    expect(await outcome(target(port, { options: { allowPublicKeyRetrieval: true } }))).toBe('ok');
    expect(seen).toMatchObject({ askedForKey: true, fullPassword: password });
    expect(Buffer.concat(seen.plain).includes(password)).toBe(false);
  });

  test('a key that is none', async () => {
    const { port } = await standIn({ key: 'not a key' });
    expect(await outcome(target(port, { options: { allowPublicKeyRetrieval: true } }))).toMatchObject({
      code: 'protocol_error',
      stage: 'login',
    });
  });

  test('after another default method', async () => {
    const { port } = await standIn({
      greetsWith: 'mysql_native_password',
      switchTo: 'caching_sha2_password',
      cached: true,
    });
    expect(await outcome(target(port))).toBe('ok');
  });
});

describe('other methods', () => {
  test('sha256_password over TLS and with the public key', async () => {
    const encrypted = await standIn({ tls: true, switchTo: 'sha256_password' });
    expect(await outcome(target(encrypted.port, { tls }))).toBe('ok');
    const open = await standIn({ switchTo: 'sha256_password' });
    expect(await outcome(target(open.port))).toMatchObject({ code: 'tls_required' });
    expect(await outcome(target(open.port, { options: { allowPublicKeyRetrieval: true } }))).toBe('ok');
  });

  test('a switch back to mysql_native_password', async () => {
    const { port } = await standIn({ switchTo: 'mysql_native_password' });
    expect(await outcome(target(port))).toBe('ok');
  });

  test('the password as it is goes nowhere unless allowed, and never without TLS', async () => {
    const open = await standIn({ switchTo: 'mysql_clear_password' });
    const allowed = { options: { allowCleartextPassword: true } };
    expect(await outcome(target(open.port))).toMatchObject({ code: 'auth_unsupported' });
    expect(await outcome(target(open.port, allowed))).toMatchObject({ code: 'auth_unsupported' });
    expect(Buffer.concat(open.seen.plain).includes(password)).toBe(false);
    const encrypted = await standIn({ tls: true, switchTo: 'mysql_clear_password' });
    expect(await outcome(target(encrypted.port, { tls }))).toMatchObject({ code: 'auth_unsupported' });
    expect(await outcome(target(encrypted.port, { tls, ...allowed }))).toBe('ok');
  });

  test.each(['dialog', 'auth_gssapi_client', 'parsec', 'mysql_old_password'])(
    '%s is named and refused',
    async (name) => {
      const { port, seen } = await standIn({ switchTo: name });
      expect(await outcome(target(port))).toMatchObject({ code: 'auth_unsupported', stage: 'login', nativeCode: name });
      expect(Buffer.concat(seen.plain).includes(password)).toBe(false);
    },
  );

  test('an unknown default method is no refusal: the user may have another', async () => {
    const { port, seen } = await standIn({ greetsWith: 'dialog', switchTo: 'mysql_native_password' });
    expect(await outcome(target(port))).toBe('ok');
    expect(seen.plugin).toBe('mysql_native_password');
  });
});

test('no capability for local files or several statements is ever offered', async () => {
  const { port, seen } = await standIn({ cached: true });
  await outcome(target(port));
  const several = 0x10000 | 0x20000 | 0x40000;
  expect((seen.capabilities ?? 0) & (CAPABILITY.localFiles | several)).toBe(0);
});

test('a server that asks for a local file gets none, and is hung up on', async () => {
  const request = Buffer.concat([Buffer.from([HEADER.localInfile]), Buffer.from('/etc/passwd')]);
  const { port, seen } = await standIn({ cached: true, answersCommandsWith: request });
  const session = await signIn(target(port), { signal: AbortSignal.timeout(10_000) });
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'protocol_error', fatal: true });
  expect(session.usable).toBe(false);
  expect(Buffer.concat(seen.plain).includes('root:')).toBe(false);
});
