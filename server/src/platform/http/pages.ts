/**
 * A browser application that was built into a folder: its page and its files, from memory.
 *
 * Files below `assets/` carry a hash of their content in their names, so browsers keep them for good; text is packed
 * once and sent packed. The page itself is made anew for every request, with a nonce of its own in its policy.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** One answer: what Fastify is to send. */
export interface PageAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

interface File {
  readonly type: string;
  readonly plain: Buffer;
  /** Absent for what packing does not make smaller. */
  readonly packed: Buffer | undefined;
  readonly cacheControl: string;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Stands in the built page wherever the nonce belongs. */
const nonceMark = '__CSP_NONCE__';
const pack = promisify(gzip);

/**
 * What the page may do: scripts, styles, pictures and calls of this server only. Style elements need the page's nonce
 * because the component kit writes its theme into one; nothing needs inline scripts or `eval`. Styles that scripts set
 * through the object model are outside of what a policy restricts.
 */
export function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The built application. Immutable: a new build is read at the next start. */
export class BuiltPages {
  readonly #files: ReadonlyMap<string, File>;
  readonly #page: string;

  private constructor(files: ReadonlyMap<string, File>, page: string) {
    this.#files = files;
    this.#page = page;
  }

  /** Reads the folder; undefined when nothing was built there. Files whose names begin with a dot are not served. */
  static async open(folder: string): Promise<BuiltPages | undefined> {
    let page: string;
    try {
      page = await readFile(join(folder, 'index.html'), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const files = new Map<string, File>();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = relative(folder, join(entry.parentPath, entry.name)).split(sep);
      const type = types[extname(entry.name)];
      if (!entry.isFile() || type === undefined || path.some((part) => part.startsWith('.'))) continue;
      files.set(path.join('/'), await fileOf(join(folder, ...path), type, path[0] === 'assets'));
    }
    return new BuiltPages(files, page);
  }

  /** A file by its path below the folder (`assets/index-….js`), or undefined. */
  file(path: string, acceptEncoding: string | undefined): PageAnswer | undefined {
    const found = this.#files.get(path);
    if (found === undefined) return undefined;
    const { type, plain, packed, cacheControl } = found;
    const headers: Record<string, string> = { 'content-type': type, 'cache-control': cacheControl };
    if (packed === undefined) return { headers, body: plain };
    headers.vary = 'Accept-Encoding';
    if (!acceptsGzip(acceptEncoding)) return { headers, body: plain };
    headers['content-encoding'] = 'gzip';
    return { headers, body: packed };
  }

  /** The page, for every address of the application. */
  page(): PageAnswer {
    const nonce = randomBytes(16).toString('base64url');
    return {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': pagePolicy(nonce),
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      },
      body: this.#page.replaceAll(nonceMark, nonce),
    };
  }
}

async function fileOf(path: string, type: string, hashed: boolean): Promise<File> {
  const plain = await readFile(path);
  const packed = /^(text|image\/svg|application\/json)/.test(type) ? await pack(plain, { level: 9 }) : undefined;
  return {
    type,
    plain,
    packed: packed !== undefined && packed.length < plain.length ? packed : undefined,
    cacheControl: hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

/** Named in Accept-Encoding, and not with a quality of 0. */
function acceptsGzip(header = ''): boolean {
  return header.split(',').some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}
