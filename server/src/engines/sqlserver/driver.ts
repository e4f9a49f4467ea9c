/**
 * The driver, loaded on the first connection, with our exact readers (`values.ts`) in place of its own.
 *
 * The driver offers no way to get a decimal or a time without loss, so that the one function that reads values is replaced.
 * Its version is pinned; a load that finds other insides than expected fails rather than serving rounded numbers, and a test
 * holds the values against the bytes.
 */
import { createRequire } from 'node:module';
import { EngineError } from '../engine.ts';
import { fixedLength, isExact, readExact, type ValueShape } from './values.ts';

export type Driver = typeof import('tedious');

/** What the driver's reader gives back: the value and where the next one begins. */
interface ReadResult {
  readonly value: unknown;
  readonly offset: number;
}
interface ReaderMetadata {
  readonly type: { readonly name: string };
  readonly scale?: number | undefined;
}
type ReadValue = (buffer: Buffer, offset: number, metadata: ReaderMetadata, options: unknown) => ReadResult;

/** The insides of the driver that we need; asserted here, checked by `isInsides`. */
interface Insides {
  readonly parser: { readValue: ReadValue };
  readonly types: { readonly TYPE: Readonly<Record<number, { readonly name: string }>> };
  readonly NotEnoughDataError: new (byteCount: number) => unknown;
}

let loading: Promise<Driver> | undefined;

/** The driver; later calls answer the same one. */
export function loadDriver(): Promise<Driver> {
  loading ??= import('tedious').then((driver) => {
    const require = createRequire(import.meta.url);
    const helpers: unknown = require('tedious/lib/token/helpers');
    const insides = {
      parser: require('tedious/lib/value-parser'),
      types: require('tedious/lib/data-type'),
      NotEnoughDataError: isObject(helpers) ? helpers.NotEnoughDataError : undefined,
    };
    if (!isInsides(insides)) {
      throw new EngineError(
        'unsupported',
        'The installed SQL Server driver is not the version that this engine knows.',
      );
    }
    insides.parser.readValue = exactReader(insides);
    return driver;
  });
  return loading;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isInsides(insides: { parser: unknown; types: unknown; NotEnoughDataError: unknown }): insides is Insides {
  return (
    isObject(insides.parser) &&
    typeof insides.parser.readValue === 'function' &&
    isObject(insides.types) &&
    isObject(insides.types.TYPE) &&
    typeof insides.NotEnoughDataError === 'function'
  );
}

function exactReader({ parser, types, NotEnoughDataError }: Insides): ReadValue {
  const original = parser.readValue;
  /** The driver waits for more data when this is thrown, and asks again. */
  const need = (buffer: Buffer, end: number) => {
    if (buffer.length < end) throw new NotEnoughDataError(end);
  };
  const exact = (buffer: Buffer, start: number, length: number, shape: ValueShape): ReadResult => {
    need(buffer, start + length);
    return { value: readExact(buffer.subarray(start, start + length), shape), offset: start + length };
  };
  return (buffer, offset, metadata, options) => {
    const { name } = metadata.type;
    if (isExact(name)) {
      const shape = { name, scale: metadata.scale ?? 0 };
      const fixed = fixedLength(name);
      if (fixed !== undefined) return exact(buffer, offset, fixed, shape);
      need(buffer, offset + 1);
      const length = buffer.readUInt8(offset);
      return length === 0 ? { value: null, offset: offset + 1 } : exact(buffer, offset + 1, length, shape);
    }
    if (name === 'Variant') {
      // A length of all, the base type, a count of bytes about it, those bytes, the value.
      need(buffer, offset + 6);
      const length = buffer.readUInt32LE(offset);
      const base = length === 0 ? '' : (types.TYPE[buffer.readUInt8(offset + 4)]?.name ?? '');
      if (isExact(base)) {
        const about = buffer.readUInt8(offset + 5);
        need(buffer, offset + 4 + length);
        // The last of the bytes about it is the scale, for those that have one.
        const scale = about > 0 ? buffer.readUInt8(offset + 5 + about) : 0;
        return exact(buffer, offset + 6 + about, length - 2 - about, { name: base, scale });
      }
    }
    return original(buffer, offset, metadata, options);
  };
}
