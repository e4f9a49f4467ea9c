/** Domain → wire: permission ids become words, numeric ids stay inside; and the words of requests become ids. */
import type { Explanation, ShareView } from '../../domain/access/index.ts';
import { InvalidError } from '../../domain/errors.ts';
import type { RoleView, UserView } from '../../domain/identity/index.ts';
import { permissionId, permissionTable, permissionWord } from '../../domain/identity/permissions.ts';
import type { QueryView } from '../../gateway/index.ts';

/** Permission ids as words, in the order of their ids. */
export function words(ids: readonly number[]): string[] {
  return ids.map(permissionWord);
}

const idByName = new Map(permissionTable.map((info) => [info.name, info.id]));

/** Words (or names) as ids. Throws InvalidError `permission_unknown` that names the entry. */
export function permissionIds(given: readonly string[]): number[] {
  return given.map((word, index) => {
    const id = permissionId(word) ?? idByName.get(word);
    if (id !== undefined) return id;
    throw new InvalidError('permission_unknown', 'That is no permission.', {
      field: `permissions/${index}`,
      remedy: 'GET /api/v1/permissions lists the words.',
    });
  });
}

/** The explicit permissions of a body as ids. */
export function withPermissionIds<Body extends { permissions?: string[] }>(body: Body) {
  const { permissions, ...rest } = body;
  return permissions === undefined ? rest : { ...rest, permissions: permissionIds(permissions) };
}

export function presentUser(user: UserView) {
  return { ...user, permissions: words(user.permissions) };
}

export function presentRole(role: RoleView) {
  return { ...role, permissions: words(role.permissions) };
}

export function presentShare(share: ShareView) {
  const { subject, permissions, credentialKind, ...rest } = share;
  return {
    subject: { type: subject.type, name: subject.name },
    permissions: words(permissions),
    credential: credentialKind,
    ...rest,
  };
}

export function presentExplanation(explanation: Explanation) {
  return {
    ...explanation,
    permissions: words(explanation.permissions),
    layers: explanation.layers.map((layer) => ({ ...layer, permissions: words(layer.permissions) })),
  };
}

export function presentQuery(query: QueryView) {
  return { ...query, source: { id: query.source.uid, name: query.source.name } };
}

/** A time of a request. Throws InvalidError `invalid_time`: the pattern alone lets `2027-13-45T…` pass. */
export function parseTime(text: string, field: string): Date {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  throw new InvalidError('invalid_time', 'That day or hour does not exist.', { field });
}

/** The same for a member that may be absent or null. */
export function parseOptionalTime(text: string | null | undefined, field: string): Date | null | undefined {
  return text === undefined || text === null ? text : parseTime(text, field);
}
