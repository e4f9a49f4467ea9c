/** Bodies of `multipart/form-data` (RFC 7578), parsed from bytes that are all there. */
import { problem } from './problem.ts';

/** A file that was sent. */
export interface Upload {
  readonly fileName: string;
  readonly contentType: string;
  readonly content: Buffer;
}

const mostParts = 1000;

function malformed(): Error {
  return problem(400, 'malformed_body', 'The multipart body is not well-formed.');
}

/** `name="value"` of a Content-Disposition; browsers write `%22` for a quote. */
function attribute(header: string, name: string): string | undefined {
  const found =
    new RegExp(`;\\s*${name}="([^"]*)"`, 'i').exec(header) ?? new RegExp(`;\\s*${name}=([^;\\s]+)`, 'i').exec(header);
  return found?.[1]?.replaceAll('%22', '"');
}

/** Names and values in order. Throws a 400 problem. */
export function parseMultipart(body: Buffer, contentType: string): [string, string | Upload][] {
  const boundary = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) throw malformed();
  const delimiter = Buffer.from(`--${mark}`);
  const parts: [string, string | Upload][] = [];
  let at = body.indexOf(delimiter);
  while (at !== -1) {
    const start = at + delimiter.length;
    if (body.subarray(start, start + 2).toString('latin1') === '--') return parts;
    const next = body.indexOf(delimiter, start);
    if (next === -1 || parts.length >= mostParts) throw malformed();
    parts.push(readPart(body.subarray(start, next)));
    at = next;
  }
  throw malformed();
}

function readPart(bytes: Buffer): [string, string | Upload] {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1 || !bytes.subarray(0, 2).equals(Buffer.from('\r\n'))) throw malformed();
  const content = bytes.subarray(end + 4, bytes.length - 2); // without the line break before the delimiter
  const headers = bytes.subarray(2, end).toString('utf8').split('\r\n');
  const of = (name: string): string =>
    headers
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? '';
  const disposition = of('content-disposition');
  const name = attribute(disposition, 'name');
  if (name === undefined) throw malformed();
  const fileName = attribute(disposition, 'filename');
  if (fileName === undefined) return [name, content.toString('utf8')];
  return [name, { fileName, contentType: of('content-type') || 'application/octet-stream', content }];
}
