/**
 * Takes secrets out of texts and objects before they are logged (S8). It works by position, not by knowing the
 * secrets: a password in a URL, DSN or JSON member goes whatever it looks like, also when it is empty, one
 * character or full of special ones. It is the last net, not the reason why secrets stay out of logs.
 */

/** What stands where a secret was. */
export const mask = '[redacted]';

/** Names whose value is a secret wherever they appear; compared without case, `-` and `_`. */
const secretNames = new Set([
  'password',
  'passwd',
  'pwd',
  'pass',
  'passphrase',
  'newpassword',
  'oldpassword',
  'currentpassword',
  'secret',
  'clientsecret',
  'secretkey',
  'secretaccesskey',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'apitoken',
  'authtoken',
  'xauthtoken',
  'xsubjecttoken',
  'apikey',
  'xapikey',
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'session',
  'sessionid',
  'privatekey',
  'tlskey',
  'sslkey',
  'masterkey',
  'sealed',
  'secretsealed',
  'credentials',
  'sslpassword',
  'trustedforwarderkey',
]);

/** True when a member of this name holds a secret. `*_sealed` names count too. */
export function isSecretName(name: string): boolean {
  const folded = name.replaceAll(/[-_\s]/g, '').toLowerCase();
  return secretNames.has(folded) || folded.endsWith('sealed') || folded.endsWith('password');
}

const namePattern = String.raw`(?:[\w-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|master[_-]?key|session[_-]?id)|pass|sk)`;

const pemPattern = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g;
/** `scheme://user:password@host`: the password runs to the last @ before the next slash-free stretch ends. */
const urlPattern = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#"'<>@:]*):([^\s"'<>]*)@/gi;
const jsonPattern = new RegExp(
  String.raw`(["'])(${namePattern}|authorization|cookie|set-cookie)\1(\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,}\]]+)`,
  'gi',
);
const escapedJsonPattern = new RegExp(
  String.raw`(\\")(${namePattern}|authorization|cookie|set-cookie)\\"(\s*:\s*)\\"(?:(?!\\").)*\\"`,
  'gi',
);
const assignmentPattern = new RegExp(
  String.raw`(?<![\w"'-])(${namePattern})(=|\s{1,9}=\s{0,9})(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\{[^}]*\}?|[^\s;&,)}"']*)`,
  'gi',
);
const headerPattern =
  /\b(proxy-authorization|authorization|cookie|set-cookie|x-auth-token|x-subject-token|x-api-key)(:\s*)[^\r\n]*/gi;
const schemePattern = /\b(bearer|basic|negotiate|digest)(\s+)[a-z0-9+/=._~-]{4,}/gi;
const tokenPattern = /\bhg_[A-Za-z0-9_-]{8,}/g;
/** Secrets of webhooks. */
const webhookPattern = /\bwhsec_[A-Za-z0-9+/=]+/g;
const jwtPattern = /\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*/g;

/** The text with secrets masked. Text without any comes back unchanged. */
export function redactText(text: string): string {
  if (!mayHoldSecret.test(text)) return text;
  return text
    .replace(pemPattern, mask)
    .replace(urlPattern, (_, scheme: string, user: string) => `${scheme}${user}:${mask}@`)
    .replace(
      escapedJsonPattern,
      (_, quote: string, name: string, colon: string) => `${quote}${name}${quote}${colon}${quote}${mask}${quote}`,
    )
    .replace(
      jsonPattern,
      (_, quote: string, name: string, colon: string) => `${quote}${name}${quote}${colon}${quote}${mask}${quote}`,
    )
    .replace(assignmentPattern, (_, name: string, equals: string) => `${name}${equals}${mask}`)
    .replace(headerPattern, (_, name: string, colon: string) => `${name}${colon}${mask}`)
    .replace(schemePattern, (_, scheme: string, gap: string) => `${scheme}${gap}${mask}`)
    .replace(jwtPattern, mask)
    .replace(tokenPattern, mask)
    .replace(webhookPattern, mask);
}

/** A cheap first look: most log texts hold nothing that any pattern could match. */
const mayHoldSecret =
  /:\/\/|pass|pwd|secret|token|key|cookie|authorization|session|bearer|basic|negotiate|digest|hg_|whsec_|eyJ|\bsk\b/i;

/** Objects deeper than this are cut: a log entry is not a data dump. */
const deepest = 8;

/**
 * A copy of plain objects and arrays with secret members masked and texts redacted. Other objects (requests, errors:
 * they have serializers) and plain values pass as they are.
 */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return '[deep]';
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((one) => redactValue(one, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const hides = isSecretName(name) && member !== undefined && member !== null && typeof member !== 'boolean';
    copy[name] = hides ? mask : redactValue(member, depth + 1);
  }
  return copy;
}
