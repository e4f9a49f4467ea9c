/** Scopes of API tokens and JWTs: what a token may do at most of what its user may. */
import type { Principal } from './principal.ts';

/** Throws ForbiddenError `scope_missing` unless the principal's token covers this class of work on its door. */
export function requireScope(_principal: Principal, _scope: 'read' | 'write' | 'admin'): void {
  throw new Error('not built yet');
}
