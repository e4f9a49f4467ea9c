/** A failed job's reason as others may read it (fetcher.md §6.2): URIs, IP addresses and host:port are taken out. Pure. */

const redacted = '[redacted]';

/** In this order: a URI holds the other two. */
const revealing: readonly RegExp[] = [
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g,
  /\[?(?<![\w.:])(?:[0-9a-f]{1,4}:|:)(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{0,4}\]?(?::\d{1,5})?/gi,
  /\b[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*:\d{2,5}\b/gi,
];

/** The message without addresses. */
export function failureText(message: string): string {
  return revealing.reduce((text, pattern) => text.replace(pattern, redacted), message);
}
