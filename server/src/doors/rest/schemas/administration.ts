/** Shapes of roles as written, policies, lists of addresses and origins, usage. */
import Type from 'typebox';
import { nullable, oneOf, optionalText, strict, text, timestamp } from './common.ts';

const permissions = Type.Array(text(64), { maxItems: 64, description: 'By word or name.' });
const description = Type.Optional(nullable(Type.String({ maxLength: 4096 })));

export const roleParams = strict({ role: text(256) });
export const roleBody = strict({
  name: text(128),
  description,
  tenant: Type.Optional(text(128, 'Slug; the own tenant when absent.')),
  permissions,
});
export const rolePatch = strict({
  name: Type.Optional(text(128)),
  description,
  permissions: Type.Optional(permissions),
});

export const tenantPatch = strict({
  name: Type.Optional(text(128)),
  description,
  status: Type.Optional(oneOf(['active', 'inactive'], 'The users of an inactive tenant cannot sign in.')),
  admins: Type.Optional(Type.Array(text(128), { maxItems: 1000, description: 'User names; exactly these.' })),
});

const count = (maximum: number) => Type.Integer({ minimum: 0, maximum });
const policyMembers = {
  minLength: Type.Integer({ minimum: 8, maximum: 128 }),
  maxLength: Type.Integer({ minimum: 8, maximum: 128 }),
  special: count(128),
  lower: count(128),
  upper: count(128),
  digits: count(128),
};
export const passwordPolicyBody = strict({
  enabled: Type.Boolean(),
  ...policyMembers,
  expirationDays: Type.Integer({ minimum: 0, maximum: 36_500, description: '0 = never.' }),
});
export const passwordPolicy = Type.Object(
  {
    enabled: Type.Boolean(),
    name: Type.String(),
    description: nullable(Type.String()),
    ...policyMembers,
    expirationDays: Type.Integer(),
  },
  { title: 'PasswordPolicy' },
);

export const originBody = strict({
  origin: text(1024, 'E.g. `https://tools.example`.'),
  description: optionalText(1024),
});
export const origin = Type.Object(
  {
    id: Type.Integer(),
    origin: Type.String(),
    description: nullable(Type.String()),
    modifiedBy: Type.String(),
    modifiedAt: timestamp,
  },
  { title: 'Origin' },
);
export const numberParams = strict({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) });

const levels = ['system', 'tenant', 'user'] as const;
export const addressLevelParams = strict({ level: oneOf(levels, '`user`: the caller.') });
export const addressLevelQuery = strict({ tenant: Type.Optional(text(128, 'Slug, with level `tenant`.')) });
const ranges = Type.Array(strict({ first: text(64), last: Type.Optional(text(64, 'Absent: one address.')) }), {
  maxItems: 1000,
});
export const addressListsBody = strict({
  management: Type.Optional(ranges),
  administration: Type.Optional(ranges),
  data: Type.Optional(ranges),
  console: Type.Optional(ranges),
});
const shownRanges = Type.Array(Type.Object({ first: Type.String(), last: Type.String() }));
export const addressLists = Type.Object(
  { management: shownRanges, administration: shownRanges, data: shownRanges, console: shownRanges },
  { title: 'AddressLists' },
);

const day = Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', maxLength: 10 });
const number = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const usageQuery = strict({
  userId: Type.Optional(number),
  sourceId: Type.Optional(number),
  from: Type.Optional(day),
  to: Type.Optional(day),
});
export const usage = Type.Object(
  {
    day: Type.String(),
    userId: Type.Integer(),
    sourceId: Type.Integer(),
    accessType: Type.String(),
    queries: Type.Integer(),
    rows: Type.Integer(),
    bytes: Type.Integer(),
  },
  { title: 'Usage' },
);
