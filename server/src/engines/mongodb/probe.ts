/**
 * What answers at an address, asked by hand where the driver cannot tell: it only says that the connection was closed, or
 * waits. One greeting over a socket of its own, to an address that was checked before.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const PROBE_MS = 2_000;

/** Does a TLS handshake get an answer there? */
export function speaksTls(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: address, port, rejectUnauthorized: false, timeout: PROBE_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('secureConnect', () => end(true));
    // An alert is TLS too: such a server wants a client certificate, or another version.
    socket.once('error', (error: NodeJS.ErrnoException) => end(/ALERT/.test(error.code ?? '')));
    socket.once('timeout', () => end(false));
    socket.once('close', () => end(false));
  });
}

/** `{ "hello": 1, "$db": "admin" }` as a message, its document in BSON. */
const DOCUMENT = Buffer.concat([
  Buffer.from([0, 0, 0, 0, 0x10]),
  Buffer.from('hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0', 'latin1'),
]);
DOCUMENT.writeInt32LE(DOCUMENT.length);
const OP_MSG = 2013;
const GREETING = Buffer.alloc(21);
GREETING.writeInt32LE(GREETING.length + DOCUMENT.length, 0);
GREETING.writeInt32LE(1, 4);
GREETING.writeInt32LE(OP_MSG, 12);

/** True when the first bytes that come back cannot be a message of MongoDB; false when nothing came, too. */
export function speaksSomethingElse(address: string, port: number, tls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = tls
      ? connectTls({ host: address, port, rejectUnauthorized: false, timeout: PROBE_MS })
      : connect({ host: address, port, timeout: PROBE_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(Buffer.concat([GREETING, DOCUMENT])));
    socket.once('data', (bytes: Buffer) => end(bytes.length < 16 || bytes.readInt32LE(12) !== OP_MSG));
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => end(false));
  });
}
