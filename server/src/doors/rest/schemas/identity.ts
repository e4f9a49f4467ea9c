/** Shapes of sessions, users, groups, tenants, roles and tokens. */
import Type from 'typebox';
import { nullable, oneOf, optionalText, strict, text, timestamp, timestampInput } from './common.ts';

const password = Type.String({ minLength: 1, maxLength: 1024, examples: ['correct horse battery staple'] });
const names = Type.Array(text(128), { maxItems: 64 });
const explicitPermissions = Type.Array(text(64), {
  maxItems: 64,
  description: "Permissions beside the roles', by word or name.",
});

export const signInBody = strict({
  username: text(256),
  password,
  service: Type.Optional(text(256, 'A service of `GET /api/v1/sign-in/services` that takes passwords.')),
});

const userKinds = ['person', 'service'] as const;
export const userFilter = {
  q: optionalText(256, 'Part of the user name, a name or the e-mail address.'),
  tenant: optionalText(128),
  kind: Type.Optional(oneOf(userKinds)),
};

export const user = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    kind: oneOf(userKinds, '`service`: an account for a program, which signs in by tokens and keys alone.'),
    firstName: nullable(Type.String()),
    lastName: nullable(Type.String()),
    email: nullable(Type.String()),
    tenant: Type.String({ description: 'Slug.' }),
    roles: Type.Array(Type.String()),
    administers: Type.Array(Type.String(), { description: 'Slugs of tenants.' }),
    permissions: Type.Array(Type.String(), { description: 'Effective: of the roles and explicit ones.' }),
    status: oneOf(['active', 'inactive']),
    lockedUntil: nullable(timestamp),
    mustChangePassword: Type.Boolean(),
    passwordExpiresAt: nullable(timestamp),
    createdAt: timestamp,
    lastSignInAt: nullable(timestamp),
  },
  { title: 'User' },
);

export const signedIn = Type.Object({
  user,
  token: Type.String({ description: 'Shown once; also set as the cookie `headgate_session`.', examples: ['hg_s_…'] }),
  expiresAt: timestamp,
});

export const session = Type.Object({
  id: Type.String(),
  door: Type.String(),
  address: nullable(Type.String()),
  userAgent: nullable(Type.String()),
  createdAt: timestamp,
  lastSeenAt: timestamp,
  expiresAt: timestamp,
  current: Type.Boolean(),
});

export const me = Type.Object({
  user,
  permissions: Type.Array(Type.String()),
  tenant: Type.Object({ id: Type.String(), slug: Type.String() }),
  method: Type.String({ description: 'How the caller signed in.' }),
  scopes: nullable(Type.Array(Type.String())),
});

export const userBody = strict({
  username: text(256),
  password,
  firstName: optionalText(256),
  lastName: optionalText(256),
  email: optionalText(320),
  roles: Type.Optional(names),
  permissions: Type.Optional(explicitPermissions),
  tenant: Type.Optional(text(128, 'Slug; the own tenant when absent.')),
  administers: Type.Optional(names),
});

export const serviceAccountBody = strict({
  username: text(256),
  email: optionalText(320, 'Whom to ask about it.'),
  roles: Type.Optional(names),
  permissions: Type.Optional(explicitPermissions),
  tenant: Type.Optional(text(128, 'Slug; the own tenant when absent.')),
});
export const userTokenParams = strict({ username: text(256), id: text(64) });

const emptiable = (maxLength: number) => Type.Optional(nullable(Type.String({ maxLength })));

export const userPatch = strict({
  firstName: emptiable(256),
  lastName: emptiable(256),
  email: emptiable(320),
  roles: Type.Optional(names),
  permissions: Type.Optional(explicitPermissions),
  administers: Type.Optional(names),
  status: Type.Optional(oneOf(['active', 'inactive'])),
  tenant: Type.Optional(text(128, 'Slug: moves a user who owns no sources; give roles of that tenant with it.')),
  passwordExpiresAt: Type.Optional(nullable(timestampInput)),
});

export const passwordBody = strict({
  password,
  temporary: Type.Optional(Type.Boolean({ description: 'It must be changed at the next sign-in.' })),
});
export const ownPasswordBody = strict({ currentPassword: password, newPassword: password });

export const groupBody = strict({
  name: text(128),
  description: Type.Optional(nullable(Type.String({ maxLength: 4096 }))),
  tenant: Type.Optional(text(128, 'Slug; the own tenant when absent.')),
});

export const group = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: nullable(Type.String()),
    tenant: Type.String(),
    memberCount: Type.Integer(),
    members: nullable(Type.Array(Type.String(), { description: 'User names; only when one group is read.' })),
    createdAt: timestamp,
    updatedAt: timestamp,
  },
  { title: 'Group' },
);

export const tenantBody = strict({
  name: text(128),
  slug: Type.Optional(text(64)),
  description: Type.Optional(nullable(Type.String({ maxLength: 4096 }))),
});

export const tenant = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    slug: Type.String(),
    description: nullable(Type.String()),
    status: oneOf(['active', 'inactive']),
    admins: nullable(Type.Array(Type.String(), { description: 'User names; only when one tenant is read.' })),
    createdAt: timestamp,
    updatedAt: timestamp,
  },
  { title: 'Tenant' },
);

export const role = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: nullable(Type.String()),
    tenant: Type.String(),
    permissions: Type.Array(Type.String()),
    builtin: Type.Boolean(),
    userCount: Type.Integer(),
  },
  { title: 'Role' },
);

export const permission = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    word: Type.String({ description: 'What requests and answers write.' }),
    category: Type.String(),
    description: Type.String(),
    onSource: Type.Boolean(),
    onShare: Type.Boolean(),
  },
  { title: 'Permission' },
);

export const tokenBody = strict({
  name: text(128),
  scopes: Type.Optional(
    nullable(
      Type.Array(text(64), {
        maxItems: 16,
        description: '`read`, `write`, `admin`, `door:<name>`; absent = everything.',
      }),
    ),
  ),
  expiresAt: Type.Optional(nullable(timestampInput)),
});

export const accessKeyBody = strict({
  description: Type.Optional(nullable(Type.String({ maxLength: 256, description: 'What it is for.' }))),
});
export const accessKeyPatch = strict({
  enabled: Type.Optional(Type.Boolean()),
  description: Type.Optional(nullable(Type.String({ maxLength: 256 }))),
});
const accessKeyMembers = {
  id: Type.String(),
  accessKey: Type.String({ description: 'The half that names the key in a request.' }),
  enabled: Type.Boolean(),
  description: nullable(Type.String()),
  createdAt: timestamp,
  lastUsedAt: nullable(timestamp),
  lockedUntil: nullable(timestamp),
};
export const accessKey = Type.Object(accessKeyMembers, { title: 'AccessKey' });
export const newAccessKey = Type.Object({
  ...accessKeyMembers,
  secretKey: Type.String({ description: 'Shown once.' }),
});

const tokenMembers = {
  id: Type.String(),
  name: Type.String(),
  hint: Type.String({ description: 'The first characters, to recognise it.' }),
  scopes: nullable(Type.Array(Type.String())),
  createdAt: timestamp,
  expiresAt: nullable(timestamp),
  lastUsedAt: nullable(timestamp),
  revokedAt: nullable(timestamp),
};
export const apiToken = Type.Object(tokenMembers, { title: 'ApiToken' });
export const newApiToken = Type.Object({
  ...tokenMembers,
  token: Type.String({ description: 'Shown once.', examples: ['hg_…'] }),
});
