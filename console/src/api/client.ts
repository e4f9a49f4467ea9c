/** The one client of the native door. The session's cookie goes along by itself; nothing secret is kept in scripts. */
import { HeadgateClient, ProblemError } from '@headgate/client';

export const headgate = new HeadgateClient();

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Is this the server's refusal with that code? */
export function isProblem(error: unknown, code: string): error is ProblemError {
  return error instanceof ProblemError && error.code === code;
}

/** Is the session over, or was there none? */
export function signedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 401;
}
