/**
 * STARTTLS (RFC 4511 §4.14) on a plain socket, before any library reads from it.
 *
 * Invariant: the server's answer is one message and nothing after it. What somebody in between appended in clear would
 * otherwise wait in a buffer and be taken for the first answer under TLS.
 */
import type { Socket } from 'node:net';

const oid = '1.3.6.1.4.1.1466.20037';
const requestId = 1;
/** SEQUENCE { messageID 1, extendedReq [APPLICATION 23] { requestName [0] oid } }. */
const request = Buffer.concat([
  Buffer.from([0x30, oid.length + 7, 0x02, 0x01, requestId, 0x77, oid.length + 2, 0x80, oid.length]),
  Buffer.from(oid, 'latin1'),
]);
const maxAnswer = 4096;

/** What the server says: `ready`; `refused` when it does not do that; `broken` for anything that is no clean answer. */
export type StartTlsAnswer = 'ready' | 'refused' | 'broken';

/** Asks for TLS; the socket is paused afterwards. Rejects with the signal's reason. */
export function askForTls(socket: Socket, signal: AbortSignal): Promise<StartTlsAnswer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('data', onData);
      socket.removeListener('close', onClose);
      socket.pause();
      act();
    };
    const onAbort = (): void => settle(() => reject(signal.reason));
    const onClose = (): void => settle(() => resolve('broken'));
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const answer = read(received);
      if (answer !== null) settle(() => resolve(answer));
    };
    socket.on('data', onData);
    socket.once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.write(request);
    if (signal.aborted) onAbort();
  });
}

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** The BER element at an offset; null while its header is incomplete. */
function elementAt(bytes: Buffer, offset: number): Element | null {
  const first = bytes[offset + 1];
  if (first === undefined) return null;
  const tag = bytes[offset]!; // it is before one that is there
  if (first < 0x80) return { tag, start: offset + 2, end: offset + 2 + first };
  const count = first & 0x7f;
  if (count < 1 || count > 4) return { tag: -1, start: offset, end: offset };
  if (bytes.length < offset + 2 + count) return null;
  const start = offset + 2 + count;
  return { tag, start, end: start + bytes.readUIntBE(offset + 2, count) };
}

/** Null while more must come. */
function read(bytes: Buffer): StartTlsAnswer | null {
  const message = elementAt(bytes, 0);
  if (message === null) return null;
  if (message.tag !== 0x30 || message.end > maxAnswer || bytes.length > message.end) return 'broken';
  if (bytes.length < message.end) return null;
  const id = elementAt(bytes, message.start);
  if (id?.tag !== 0x02 || id.end !== id.start + 1 || bytes[id.start] !== requestId) return 'broken';
  const response = elementAt(bytes, id.end);
  if (response?.tag !== 0x78 || response.end > message.end) return 'broken';
  const code = elementAt(bytes, response.start);
  if (code?.tag !== 0x0a || code.end !== code.start + 1) return 'broken';
  return bytes[code.start] === 0 ? 'ready' : 'refused';
}
