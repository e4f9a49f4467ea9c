/** A user as the native door shows it, and as people read it. */
import { time } from '../text.ts';

export interface UserView {
  readonly id: string;
  readonly username: string;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly email?: string | null;
  readonly tenant?: string;
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
  readonly status?: string;
  readonly lockedUntil?: string | null;
  readonly createdAt?: string;
  readonly lastSignInAt?: string | null;
}

/** First and last name. */
export function fullName(user: UserView): string {
  return [user.firstName, user.lastName].filter(Boolean).join(' ');
}

/** The lines of `user show` and `whoami`. */
export function userFields(user: UserView): (readonly [string, unknown])[] {
  return [
    ['username', user.username],
    ['name', fullName(user) || null],
    ['email', user.email],
    ['tenant', user.tenant],
    ['roles', user.roles],
    ['permissions', user.permissions],
    ['status', user.status],
    ['locked until', user.lockedUntil && time(user.lockedUntil)],
    ['created', user.createdAt && time(user.createdAt)],
    ['last sign-in', user.lastSignInAt ? time(user.lastSignInAt) : 'never'],
    ['id', user.id],
  ];
}
