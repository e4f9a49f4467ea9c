/** Shapes of sign-in services and of those who are linked to them. */
import Type from 'typebox';
import { clearable, nullable, oneOf, optionalText, strict, text, timestamp } from './common.ts';

const pem = (description: string) => clearable(Type.String({ maxLength: 100_000, description }));
const secret = (description: string) => clearable(Type.String({ maxLength: 1024, description }));
const clearableText = (maxLength: number, description: string) => clearable(Type.String({ maxLength, description }));
const timeoutMs = clearable(Type.Integer({ minimum: 100, maximum: 60_000 }));
const roleNames = Type.Array(text(128), { maxItems: 64 });
const groupRoles = Type.Array(strict({ group: text(1024, 'Name or DN.'), role: text(128) }), { maxItems: 500 });
const modes = ['verify-full', 'verify-ca', 'require', 'disable'] as const;
const kinds = ['internal', 'ldap', 'oidc', 'saml', 'plugin'] as const;

const ldapInput = strict({
  url: Type.Optional(text(512, '`ldaps://host`, or `ldap://host`, which is upgraded by STARTTLS.')),
  tls: clearable(strict({ mode: Type.Optional(oneOf(modes)), ca: pem('PEM of a further authority to trust.') })),
  bindDn: clearableText(1024, 'Who searches.'),
  bindPassword: secret('Write-only; `********` keeps the stored one.'),
  userDn: clearableText(1024, 'Template with `{login}` to bind by at once, e.g. `{login}@corp.example`.'),
  userBase: clearableText(1024, 'Where people are.'),
  userFilter: clearable(text(2048, 'Template with `{login}`; `(uid={login})` when absent.')),
  attributes: clearable(
    strict({
      login: clearable(text(128)),
      subject: clearable(text(128)),
      firstName: clearable(text(128)),
      lastName: clearable(text(128)),
      email: clearable(text(128)),
    }),
  ),
  groups: clearable(
    strict({
      from: clearable(oneOf(['none', 'memberOf', 'search'])),
      base: clearableText(1024, 'Groups outside do not count.'),
      filter: clearable(text(2048, 'Template with `{dn}` or `{login}`; `(member={dn})` when absent.')),
      nested: clearable(Type.Boolean()),
    }),
  ),
  timeoutMs,
});

const oidcInput = strict({
  issuer: Type.Optional(text(512)),
  clientId: Type.Optional(text(512)),
  clientSecret: secret('Write-only; `********` keeps the stored one.'),
  scopes: clearable(Type.Array(text(128), { maxItems: 32 })),
  audiences: clearable(
    Type.Array(text(512), { maxItems: 32, description: 'Of bearer tokens; the client id when absent, `[]` = none.' }),
  ),
  loginClaim: clearable(text(128)),
  groupsClaim: clearable(text(128)),
  ca: pem('PEM of a further authority to trust.'),
  timeoutMs,
});

const changeable = {
  description: clearable(Type.String({ maxLength: 4096 })),
  enabled: Type.Optional(Type.Boolean()),
  default: Type.Optional(
    Type.Boolean({ description: 'Asked for names that no user here has; one of all LDAP services.' }),
  ),
  createUsers: Type.Optional(
    Type.Boolean({ description: 'Make a user for whom the service knows and nobody is here.' }),
  ),
  syncRoles: Type.Optional(Type.Boolean({ description: 'Renew roles at every sign-in, not only the first.' })),
  roles: Type.Optional(roleNames),
  groupRoles: Type.Optional(groupRoles),
  ldap: Type.Optional(ldapInput),
  oidc: Type.Optional(oidcInput),
};

export const signInServiceBody = strict({
  name: text(128),
  kind: oneOf(['ldap', 'oidc']),
  tenant: Type.Optional(text(128, 'Slug; the own tenant when absent.')),
  ...changeable,
});

export const signInServicePatch = strict({ name: Type.Optional(text(128)), ...changeable });

const texts = Type.Array(Type.String());

export const signInService = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    kind: oneOf(kinds),
    tenant: nullable(Type.String({ description: 'Slug.' })),
    description: nullable(Type.String()),
    enabled: Type.Boolean(),
    default: Type.Boolean(),
    createUsers: Type.Boolean(),
    syncRoles: Type.Boolean(),
    roles: texts,
    groupRoles: Type.Array(Type.Object({ group: Type.String(), role: Type.String() })),
    ldap: nullable(
      Type.Object({
        url: Type.String(),
        tls: Type.Object({ mode: oneOf(modes), ca: nullable(Type.String()) }),
        bindDn: nullable(Type.String()),
        bindPassword: nullable(Type.String({ description: '`********` when one is stored.' })),
        userDn: nullable(Type.String()),
        userBase: nullable(Type.String()),
        userFilter: Type.String(),
        attributes: Type.Object({
          login: Type.String(),
          subject: nullable(Type.String()),
          firstName: Type.String(),
          lastName: Type.String(),
          email: Type.String(),
        }),
        groups: Type.Object({
          from: oneOf(['none', 'memberOf', 'search']),
          base: nullable(Type.String()),
          filter: Type.String(),
          nested: Type.Boolean(),
        }),
        timeoutMs: Type.Integer(),
      }),
    ),
    oidc: nullable(
      Type.Object({
        issuer: Type.String(),
        clientId: Type.String(),
        clientSecret: nullable(Type.String({ description: '`********` when one is stored.' })),
        scopes: texts,
        audiences: texts,
        loginClaim: Type.String(),
        groupsClaim: Type.String(),
        ca: nullable(Type.String()),
        timeoutMs: Type.Integer(),
      }),
    ),
    linkedUsers: Type.Integer(),
    version: Type.Integer(),
    createdAt: timestamp,
    updatedAt: timestamp,
  },
  { title: 'SignInService' },
);

export const signInServiceTestBody = strict({
  login: Type.Optional(text(128, 'Somebody to look up; LDAP with `bindDn` only.')),
});

export const signInServiceTestReport = Type.Object(
  {
    ok: Type.Boolean(),
    stages: Type.Array(
      Type.Object({
        stage: Type.String(),
        ok: Type.Boolean(),
        ms: Type.Number(),
        code: Type.Optional(Type.String()),
        field: Type.Optional(Type.String()),
        message: Type.Optional(Type.String()),
        remedy: Type.Optional(Type.String()),
        warning: Type.Optional(Type.String()),
      }),
    ),
    person: nullable(
      Type.Object({
        login: Type.String(),
        subject: Type.String(),
        firstName: nullable(Type.String()),
        lastName: nullable(Type.String()),
        email: nullable(Type.String()),
        groups: texts,
        roles: texts,
      }),
    ),
  },
  { title: 'SignInServiceTestReport' },
);

export const signInLinkBody = strict({
  username: text(256),
  login: Type.Optional(
    text(
      128,
      'What the person is called there; at a directory the user name when absent. `*`: whoever the service knows.',
    ),
  ),
  subject: Type.Optional(text(512, "The service's lasting id, when it is known.")),
  exclusive: Type.Optional(Type.Boolean({ description: 'Take other ways of signing in away.' })),
});

export const signInLink = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    login: nullable(Type.String()),
    subject: nullable(Type.String({ description: 'Null until the first sign-in.' })),
    createdAt: timestamp,
    lastSignInAt: nullable(timestamp),
  },
  { title: 'SignInLink' },
);

export const offeredService = Type.Object(
  { name: Type.String(), kind: oneOf(['internal', 'ldap', 'oidc']) },
  { title: 'OfferedSignInService' },
);

export const signInServiceParams = strict({ service: text(256, "The service's name, or its id.") });
export const signInLinkParams = strict({ service: text(256), id: text(64) });
export const openIdStartQuery = strict({ returnTo: optionalText(512, 'A path of this server to go to afterwards.') });
