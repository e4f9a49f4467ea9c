/**
 * Scopes of API tokens and JWTs: what a token may do at most of what its user may.
 *
 * `read` covers reading and using sources; `write` also changing them and what belongs to the caller; `admin` also
 * users, groups, tenants, roles, limits, tokens. `door:<name>` holds the token to these doors. Door scopes alone do not
 * narrow the work.
 */
import { ForbiddenError, InvalidError } from '../errors.ts';
import type { DoorName, Principal } from './principal.ts';

export type WorkScope = 'read' | 'write' | 'admin';

const rank: Record<WorkScope, number> = { read: 1, write: 2, admin: 3 };
const doorNames: readonly DoorName[] = [
  'rest',
  'chorus',
  'sdps',
  'hdp',
  'odata',
  'dataarts',
  'fetcher',
  'pgwire',
  'mcp',
];

/** All scopes that a token may carry. */
export const knownScopes: readonly string[] = [...Object.keys(rank), ...doorNames.map((door) => `door:${door}`)];

const isWork = (scope: string): scope is WorkScope => Object.hasOwn(rank, scope);

/** Scopes as stored: known ones, once. Throws InvalidError `scope_unknown`. */
export function checkScopes(scopes: readonly string[]): string[] {
  for (const scope of scopes) {
    if (!knownScopes.includes(scope)) {
      throw new InvalidError('scope_unknown', `There is no scope ${JSON.stringify(scope)}.`, {
        field: 'scopes',
        remedy: `Scopes are ${knownScopes.join(', ')}.`,
      });
    }
  }
  return [...new Set(scopes)].sort();
}

/** Whether the principal's token covers this class of work on its door. */
export function coversScope(principal: Principal, scope: WorkScope): boolean {
  const { scopes } = principal;
  if (scopes === null) return true;
  let doors = false;
  let work = false;
  let covered = false;
  for (const one of scopes) {
    if (isWork(one)) {
      work = true;
      covered ||= rank[one] >= rank[scope];
    } else if (one.startsWith('door:')) {
      doors = true;
    }
  }
  if (doors && !scopes.has(`door:${principal.door}`)) return false;
  return covered || (doors && !work);
}

/** Throws ForbiddenError `scope_missing` unless the principal's token covers this class of work on its door. */
export function requireScope(principal: Principal, scope: WorkScope): void {
  if (coversScope(principal, scope)) return;
  throw new ForbiddenError('scope_missing', `This token does not cover ${scope} work on this door.`, {
    remedy: `Use a token with scope ${scope}, or one without scopes.`,
    extra: { scope },
  });
}
