/** The condition of a change: the version that its caller has read. */
import { PreconditionError } from '../errors.ts';

/** Throws PreconditionError `stale_version`. */
export function requireVersion(version: number, ifMatch: number | undefined): void {
  if (ifMatch === undefined || ifMatch === version) return;
  throw new PreconditionError('stale_version', 'It has changed since you read it.', {
    remedy: 'Read it again and repeat the change.',
    extra: { version },
  });
}
