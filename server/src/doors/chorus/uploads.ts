/** Files that come with a request, and files that are sent. */
import type { FastifyReply } from 'fastify';
import type { Upload } from '../../platform/http/index.ts';
import { exchangeOf } from '../../platform/http/index.ts';
import { isUpload } from './params.ts';

/** Bytes of a request with a file, and of one with a picture. */
export const fileBodies = 101 * 1024 * 1024;
export const pictureBodies = 6 * 1024 * 1024;

/** The file of a request, wherever it stands in it. */
export function uploadOf(value: unknown, depth = 0): Upload | undefined {
  if (isUpload(value)) return value;
  if (typeof value !== 'object' || value === null || depth > 5) return undefined;
  for (const member of Object.values(value)) {
    const found = uploadOf(member, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Bytes as a download that no browser runs. */
export function sendFile(
  reply: FastifyReply,
  file: { mediaType: string; content: Buffer; fileName?: string },
): FastifyReply {
  reply.headers({ ...exchangeOf(reply.raw).headers, 'cache-control': 'private, max-age=0, must-revalidate' });
  if (file.fileName !== undefined) {
    reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.fileName)}`);
  }
  return reply.type(file.mediaType).send(file.content);
}
