/** Sign-in services: their kinds, settings and views. */

/** Kinds that Headgate runs; `saml` and `plugin` are kept for callers of doors that know them. */
export type ServiceKind = 'internal' | 'ldap' | 'oidc' | 'saml' | 'plugin';

/** Id of the internal service (hdp.md §4: service 1, not modifiable). */
export const internalServiceId = 1;

export type LdapTlsMode = 'verify-full' | 'verify-ca' | 'require' | 'disable';
export const ldapTlsModes: readonly LdapTlsMode[] = ['verify-full', 'verify-ca', 'require', 'disable'];

/** What stands for a stored secret in answers; sent back, it keeps the secret. */
export const secretMask = '********';

export interface LdapSettings {
  /** `ldaps://host[:636]`, or `ldap://host[:389]`, which is upgraded by STARTTLS unless TLS is off. */
  readonly url: string;
  /** `ca`: PEM, trusted beside the well-known authorities. */
  readonly tls: { readonly mode: LdapTlsMode; readonly ca: string | null };
  /** Who searches; null = anonymously, or the person itself when `userDn` is set. */
  readonly bindDn: string | null;
  /** Template with `{login}`: the person binds by this name at once, without a search before it. */
  readonly userDn: string | null;
  readonly userBase: string | null;
  /** Template with `{login}`. */
  readonly userFilter: string;
  readonly attributes: {
    readonly login: string;
    /** The entry's lasting id; null = entryUUID or objectGUID when there is one, else the DN. */
    readonly subject: string | null;
    readonly firstName: string;
    readonly lastName: string;
    readonly email: string;
  };
  readonly groups: {
    readonly from: 'none' | 'memberOf' | 'search';
    /** Groups outside do not count. */
    readonly base: string | null;
    /** Template with `{dn}` or `{login}`. */
    readonly filter: string;
    /** Groups of groups count too. */
    readonly nested: boolean;
  };
  /** For all of one sign-in. */
  readonly timeoutMs: number;
}

export interface OidcSettings {
  /** As the provider's own documents spell it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Audiences of bearer tokens that the APIs accept; empty = none are. */
  readonly audiences: readonly string[];
  readonly loginClaim: string;
  readonly groupsClaim: string;
  readonly ca: string | null;
  /** For one request to the provider. */
  readonly timeoutMs: number;
}

/** What is sealed. */
export interface ServiceSecrets {
  readonly bindPassword?: string;
  readonly clientSecret?: string;
}

/** Deep partial for one level of nesting; null puts the default back. */
export type LdapInput = {
  readonly [K in 'url' | 'bindDn' | 'userDn' | 'userBase' | 'userFilter' | 'timeoutMs']?:
    | LdapSettings[K]
    | null
    | undefined;
} & {
  readonly bindPassword?: string | null | undefined;
  readonly tls?:
    | { readonly mode?: LdapTlsMode | undefined; readonly ca?: string | null | undefined }
    | null
    | undefined;
  readonly attributes?:
    | { readonly [K in keyof LdapSettings['attributes']]?: string | null | undefined }
    | null
    | undefined;
  readonly groups?:
    | { readonly [K in keyof LdapSettings['groups']]?: LdapSettings['groups'][K] | null | undefined }
    | null
    | undefined;
};

export type OidcInput = {
  readonly [K in keyof OidcSettings]?: OidcSettings[K] | null | undefined;
} & { readonly clientSecret?: string | null | undefined };

export interface GroupRole {
  /** Name or DN at the service; case does not matter. */
  readonly group: string;
  /** Role name. */
  readonly role: string;
}

/** Absent members of a patch stay as they are. */
export interface ServicePatch {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly enabled?: boolean | undefined;
  readonly default?: boolean | undefined;
  readonly createUsers?: boolean | undefined;
  readonly syncRoles?: boolean | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly groupRoles?: readonly GroupRole[] | undefined;
  readonly ldap?: LdapInput | undefined;
  readonly oidc?: OidcInput | undefined;
}

export interface ServiceInput extends ServicePatch {
  readonly name: string;
  readonly kind: 'ldap' | 'oidc';
  /** Tenant slug; the caller's when absent. */
  readonly tenant?: string | undefined;
}

/** A service as read from the store, for those who run it. */
export interface ServiceRecord {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
  readonly name: string;
  readonly kind: ServiceKind;
  readonly enabled: boolean;
  readonly isDefault: boolean;
  readonly createUsers: boolean;
  readonly syncRoles: boolean;
  readonly settings: unknown;
  readonly secretsSealed: Buffer | null;
  readonly version: number;
}

export interface ServiceView {
  readonly id: string;
  readonly name: string;
  readonly kind: ServiceKind;
  /** Slug; null = the whole installation. */
  readonly tenant: string | null;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly default: boolean;
  readonly createUsers: boolean;
  readonly syncRoles: boolean;
  readonly roles: string[];
  readonly groupRoles: GroupRole[];
  readonly ldap: (LdapSettings & { readonly bindPassword: string | null }) | null;
  readonly oidc: (OidcSettings & { readonly clientSecret: string | null }) | null;
  readonly linkedUsers: number;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Who of a service is which user. */
export interface LinkView {
  readonly id: string;
  readonly username: string;
  /** What the person types at the service; `*` = whoever the service knows and nobody else is. */
  readonly login: string | null;
  /** The service's lasting id; null until the first sign-in of a link made by login. */
  readonly subject: string | null;
  readonly createdAt: Date;
  readonly lastSignInAt: Date | null;
}

/** Somebody whom a service vouches for. */
export interface ExternalPerson {
  /** The service's lasting id. */
  readonly subject: string;
  readonly login: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  /** Names and DNs, folded. */
  readonly groups: ReadonlySet<string>;
}
