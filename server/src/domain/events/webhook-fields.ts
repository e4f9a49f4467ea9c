/** What the members of a webhook may be. Pure. */
import { ConflictError, InvalidError } from '../errors.ts';
import { type JobEventType, webhookEvents } from './model.ts';

const longestUrl = 2_048;

/** An http or https URL without a user, as it is stored. Throws InvalidError `invalid_url`, which never quotes it. */
export function checkUrl(text: string): string {
  const url = text.length <= longestUrl && URL.canParse(text) ? new URL(text) : undefined;
  const problem = (message: string): InvalidError =>
    new InvalidError('invalid_url', message, { field: 'url', remedy: 'Write it as https://receiver.example/path.' });
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw problem('The receiver is no http:// or https:// URL.');
  }
  if (url.username !== '' || url.password !== '') throw problem('The URL must not hold a user name or password.');
  if (url.hash !== '') throw problem('The URL must not have a fragment.');
  return url.href;
}

/** Known ones, once, in their order. Throws InvalidError `event_unknown`. */
export function checkEvents(events: readonly string[] | undefined): JobEventType[] {
  if (events === undefined) return [...webhookEvents];
  const unknown = events.some((event) => !webhookEvents.some((known) => known === event));
  if (unknown || events.length === 0) {
    throw new InvalidError('event_unknown', 'A webhook needs at least one event, and only known ones.', {
      field: 'events',
      remedy: `Events are ${webhookEvents.join(', ')}.`,
    });
  }
  return webhookEvents.filter((event) => events.includes(event));
}

/** Null = any. Kinds are not looked up: a later version may know more. */
export function checkKind(kind: string | null | undefined): string | null {
  if (kind === null || kind === undefined) return null;
  if (/^[a-z][a-z0-9_-]{0,31}$/.test(kind)) return kind;
  throw new InvalidError('invalid_kind', 'That is no kind of job.', { field: 'kind', remedy: 'Such as export.' });
}

export function nameTaken(name: string): ConflictError {
  return new ConflictError('webhook_taken', `There is a webhook ${name} already.`, { field: 'name' });
}
