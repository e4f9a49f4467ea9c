/**
 * A POST to an address on a user's word (F3): the name is looked up once, its addresses are judged, and the connection
 * goes to those and nowhere else. No redirect is followed. With https the certificate is checked against the name.
 */
import { type RequestOptions as HttpOptions, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressPolicy, type Resolver, resolveTarget } from './addresses.ts';

export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly policy: AddressPolicy;
  /** Ends it whatever it is at. */
  readonly signal: AbortSignal;
  /** Further authorities, PEM, beside those that Node trusts; for tests. */
  readonly ca?: string | undefined;
  readonly resolver?: Resolver | undefined;
}

export interface PostAnswer {
  readonly status: number;
  /** The answer's beginning, at most `keptBytes`. */
  readonly body: Buffer;
}

/** So much of an answer is read; what comes after is not waited for. */
const readBytes = 64 * 1024;
const keptBytes = 1024;

/**
 * Sends it and reads the answer. Rejects with AddressRefusedError, with Node's errors of connections and TLS, or with
 * the signal's reason.
 *
 * @example const { status } = await postChecked(new URL('https://a.example/in'), { headers, body, policy, signal });
 */
export async function postChecked(url: URL, request: PostRequest): Promise<PostAnswer> {
  const { policy, signal, resolver } = request;
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port);
  const { addresses } = await resolveTarget(host, policy, signal, {
    port,
    ...(resolver === undefined ? {} : { resolver }),
  });
  const options: HttpOptions = {
    method: 'POST',
    hostname: host,
    port,
    path: url.pathname + url.search,
    headers: { ...request.headers, host: url.host, 'content-length': Buffer.byteLength(request.body) },
    agent: false,
    lookup: only(addresses),
    signal,
  };
  const send = () =>
    secure
      ? httpsRequest({ ...options, ...(request.ca === undefined ? {} : { ca: request.ca }) })
      : httpRequest(options);
  return new Promise((resolve, reject) => {
    const outgoing = send();
    outgoing.once('error', (error) => reject(signal.aborted ? signal.reason : error));
    outgoing.once('response', (response) => {
      // A late error of the request must not go unheard while the answer is read.
      outgoing.on('error', () => {});
      readStart(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body }),
        (error) => reject(signal.aborted ? signal.reason : error),
      );
    });
    outgoing.end(request.body);
  });
}

/** A resolver that answers these, whatever it is asked. */
function only(addresses: readonly string[]): LookupFunction {
  return (_name, options, callback) => {
    const [first = ''] = addresses;
    if (options.all !== true) return callback(null, first, isIP(first));
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
  };
}

async function readStart(response: IncomingMessage): Promise<Buffer> {
  const kept: Buffer[] = [];
  let read = 0;
  for await (const chunk of response) {
    if (read < keptBytes) kept.push(chunk);
    read += chunk.length;
    if (read >= readBytes) break; // leaving the loop closes the connection
  }
  return Buffer.concat(kept).subarray(0, keptBytes);
}
