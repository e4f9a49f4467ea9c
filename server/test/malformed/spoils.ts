/** What can be wrong with a request to any door. Each door says with `more` what is wrong for it beside the usual. */
import type { Chance, Malformed, Operation, Spoil, ValidCall } from './kit.ts';
import { json } from './kit.ts';

/** Brackets in brackets. */
export const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** A spoil of operations that take a body. */
export function ofBody(
  spoil: (chance: Chance, body: object, operation: Operation) => Partial<Malformed> | null,
): Spoil<Operation, ValidCall> {
  return (chance, operation, { body }) =>
    typeof body === 'object' && body !== null ? spoil(chance, body, operation) : null;
}

/** JSON that is no object of members as they are wanted. */
export const anotherShape = (more: readonly unknown[] = []) =>
  ofBody((chance) => ({
    body: JSON.stringify(chance.pick([[], 'text', 12, true, null, [{}], ['a', 1], ...more])),
  }));

export const noJson = (more: readonly string[] = []) =>
  ofBody((chance, body) => {
    const whole = JSON.stringify(body);
    const broken = [
      whole.slice(0, 1 + chance.below(whole.length - 1)),
      `${whole}}`,
      `\uFEFF${whole}`,
      "{'a':1}",
      '{"a":01}',
      'NaN',
      ...more,
    ];
    return { body: chance.pick(broken) };
  });

/** The text of this member is no UTF-8. */
export const brokenUtf8 = (member: string) =>
  ofBody((chance, body) => {
    const bytes = Buffer.from(JSON.stringify({ ...body, [member]: 'zzzz' }));
    const at = bytes.lastIndexOf('zzzz') + chance.below(3);
    chance.pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0], [0xf5], [0x80]]).forEach((byte, index) => {
      bytes[at + index] = byte;
    });
    return { body: bytes };
  });

/** One of these members is NUL, half of a pair, an endless number, or a prototype. */
export const oddText = (members: readonly string[], more: readonly string[] = []) =>
  ofBody((chance, body) => {
    const values = ['"\\u0000"', '"a\\u0000b"', '"\\ud83d"', '"\\udc00x"', '1e400', '{"__proto__":1}', ...more];
    const value = chance.pick(values);
    const start = JSON.stringify(body).slice(0, -1);
    return { body: `${start}${start === '{' ? '' : ','}"${chance.pick(members)}":${value}}` };
  });

/** This member has so many characters that no body of the door may be as long. Seldom: it takes its time. */
export const tooLarge = (member: string, characters: number, { oneIn }: { oneIn: number }) =>
  ofBody((chance, body) =>
    chance.below(oneIn) > 0 ? null : { body: JSON.stringify({ ...body, [member]: 'x'.repeat(characters) }) },
  );

export const anotherContentType = (more: readonly string[] = []) =>
  ofBody((chance, body) => {
    const types = [
      'text/plain',
      'application/xml',
      'multipart/form-data',
      'application/x-www-form-urlencoded',
      'x',
      ';',
      'application/jsonx',
      ...more,
    ];
    return { body: JSON.stringify(body), headers: { 'content-type': chance.pick(types) } };
  });

/** A segment of the path that cannot be decoded or is too long; those before `first` make the request the door's. */
export const badTarget =
  (first: number): Spoil =>
  (chance, _operation, call) => {
    const bad = ['%', '%zz', '%ff', '%c0%af', '%00', 'a%00b', '%e2%82', '%ed%a0%80', 'x'.repeat(9000)];
    const segments = call.path.split('?')[0]!.split('/');
    if (segments.length <= first) return null;
    segments[first + chance.below(segments.length - first)] = chance.pick(bad);
    return { path: segments.join('/') };
  };

/** A method that no operation of the door has. */
export const anotherMethod =
  (methods: readonly string[]): Spoil =>
  (chance, _operation, call) => ({
    method: chance.pick(methods),
    path: call.path.split('?')[0]!,
    body: undefined,
  });

export const badSignIn =
  (more: readonly string[] = []): Spoil =>
  (chance) => ({
    headers: {
      ...json,
      authorization: chance.pick([
        'Bearer',
        'Bearer x',
        'Basic YTpi',
        `Bearer hg_${'a'.repeat(43)}`,
        'Bearer eyJhbGciOiJub25lIn0.e30.',
        `Bearer ${'x'.repeat(12_000)}`,
        'hg_abc',
        ...more,
      ]),
    },
  });
