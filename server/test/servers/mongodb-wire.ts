/** Messages of MongoDB's wire protocol, as far as the stand-in needs them: OP_MSG, and OP_QUERY for the first greeting. */
import { BSON, type Document } from 'mongodb';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;
const LONGEST = 48_000_000;

/** A command that came in. */
export interface Incoming {
  readonly requestId: number;
  readonly document: Document;
  /** The client wants no answer. */
  readonly silent: boolean;
  readonly legacy: boolean;
}

/** Cuts a stream of bytes into commands. Throws for bytes that are no message: the server hangs up. */
export class MessageReader {
  #buffer: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Iterable<Incoming> {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    while (this.#buffer.length >= HEADER) {
      const length = this.#buffer.readInt32LE(0);
      if (length < HEADER || length > LONGEST) throw new Error('not a message');
      if (this.#buffer.length < length) return;
      const message = this.#buffer.subarray(0, length);
      this.#buffer = this.#buffer.subarray(length);
      yield parse(message);
    }
  }
}

function parse(message: Buffer): Incoming {
  const requestId = message.readInt32LE(4);
  const operation = message.readInt32LE(12);
  if (operation === OP_QUERY) {
    const start = message.indexOf(0, HEADER + 4) + 1 + 8;
    return { requestId, document: decode(message, start), silent: false, legacy: true };
  }
  if (operation !== OP_MSG) throw new Error(`operation ${operation} is not known`);
  const flags = message.readUInt32LE(HEADER);
  const end = message.length - (flags & 1 ? 4 : 0);
  let document: Document = {};
  const sequences: Record<string, Document[]> = {};
  for (let at = HEADER + 4; at < end; ) {
    const kind = message[at];
    at += 1;
    const sectionEnd = at + message.readInt32LE(at);
    if (kind === 0) {
      document = decode(message, at);
    } else {
      const nameEnd = message.indexOf(0, at + 4);
      const documents: Document[] = [];
      for (let one = nameEnd + 1; one < sectionEnd; one += message.readInt32LE(one))
        documents.push(decode(message, one));
      sequences[message.toString('utf8', at + 4, nameEnd)] = documents;
    }
    at = sectionEnd;
  }
  return { requestId, document: { ...document, ...sequences }, silent: (flags & 2) !== 0, legacy: false };
}

/** Types are kept (`Int32`, `Long`), so that what is stored is what was sent. */
function decode(message: Buffer, at: number): Document {
  return BSON.deserialize(message.subarray(at, at + message.readInt32LE(at)), {
    promoteValues: false,
    promoteBuffers: false,
    bsonRegExp: true,
  });
}

/** The message that answers a command; `body` is a document in its wire form. */
export function answer(incoming: Incoming, body: Uint8Array): Buffer {
  const extra = incoming.legacy ? 20 : 5;
  const message = Buffer.alloc(HEADER + extra + body.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(incoming.requestId, 8);
  message.writeInt32LE(incoming.legacy ? OP_REPLY : OP_MSG, 12);
  if (incoming.legacy) {
    message.writeInt32LE(8, HEADER);
    message.writeInt32LE(1, HEADER + 16);
  }
  message.set(body, HEADER + extra);
  return message;
}

/** An answer with a batch of documents that are in their wire form already. */
export function cursorBody(
  batch: 'firstBatch' | 'nextBatch',
  documents: readonly Uint8Array[],
  id: bigint,
  ns: string,
): Buffer {
  const list = wrap(documents.map((bytes, index) => element(3, String(index), bytes)));
  const number = Buffer.alloc(8);
  number.writeBigInt64LE(id);
  const text = Buffer.from(`${ns}\0`);
  const length = Buffer.alloc(4);
  length.writeInt32LE(text.length);
  const cursor = wrap([
    element(4, batch, list),
    element(18, 'id', number),
    element(2, 'ns', Buffer.concat([length, text])),
  ]);
  const one = Buffer.alloc(8);
  one.writeDoubleLE(1);
  return wrap([element(3, 'cursor', cursor), element(1, 'ok', one)]);
}

function element(type: number, name: string, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), value]);
}

function wrap(elements: readonly Buffer[]): Buffer {
  const length = Buffer.alloc(4);
  const bytes = Buffer.concat([length, ...elements, Buffer.from([0])]);
  bytes.writeInt32LE(bytes.length, 0);
  return bytes;
}
