/** Settings of services: checked, completed by defaults, merged with a patch. */
import { X509Certificate } from 'node:crypto';
import { isLoopbackHost } from '../../../platform/network/addresses.ts';
import { InvalidError } from '../../errors.ts';
import { fillFilter } from './ldap-text.ts';
import {
  type LdapInput,
  type LdapSettings,
  ldapTlsModes,
  type OidcInput,
  type OidcSettings,
  type ServiceSecrets,
  secretMask,
} from './model.ts';

/** Settings with the secret beside them. */
export interface Checked<Settings> {
  readonly settings: Settings;
  readonly secrets: ServiceSecrets;
}

const defaultTimeoutMs = 5000;

const invalid = (code: string, field: string, message: string, remedy?: string): InvalidError =>
  new InvalidError(code, message, { field, ...(remedy === undefined ? {} : { remedy }) });

/** The patch's member when it was sent (null = default), else what is stored, else the default. */
function pick<T>(sent: T | null | undefined, stored: T | undefined, otherwise: T): T {
  if (sent === null) return otherwise;
  return sent ?? stored ?? otherwise;
}

/**
 * LDAP settings of a new service, or of a stored one with a patch. Throws InvalidError that names the member;
 * `password_required_for_new_target` when a stored password would be sent somewhere else.
 */
export function checkLdap(input: LdapInput, before?: Checked<LdapSettings>): Checked<LdapSettings> {
  const old = before?.settings;
  const url = pick(input.url, old?.url, '');
  const tls = input.tls === null ? {} : { ...old?.tls, ...defined(input.tls) };
  const attributes: Partial<LdapSettings['attributes']> =
    input.attributes === null ? {} : { ...old?.attributes, ...given(input.attributes) };
  const groups: Partial<LdapSettings['groups']> =
    input.groups === null ? {} : { ...old?.groups, ...given(input.groups) };
  const settings: LdapSettings = {
    url,
    tls: { mode: tls.mode ?? 'verify-full', ca: tls.ca ?? null },
    bindDn: pick(emptied(input.bindDn), old?.bindDn, null),
    userDn: pick(emptied(input.userDn), old?.userDn, null),
    userBase: pick(emptied(input.userBase), old?.userBase, null),
    userFilter: pick(input.userFilter, old?.userFilter, '(uid={login})'),
    attributes: {
      login: attributes.login ?? 'uid',
      subject: attributes.subject ?? null,
      firstName: attributes.firstName ?? 'givenName',
      lastName: attributes.lastName ?? 'sn',
      email: attributes.email ?? 'mail',
    },
    groups: {
      from: groups.from ?? 'none',
      base: groups.base ?? null,
      filter: groups.filter ?? '(member={dn})',
      nested: groups.nested ?? false,
    },
    timeoutMs: pick(input.timeoutMs, old?.timeoutMs, defaultTimeoutMs),
  };
  checkLdapSettings(settings);
  const bindPassword = secretOf(input.bindPassword, before?.secrets.bindPassword, 'ldap/bindPassword');
  if (bindPassword?.kept && old !== undefined && ldapMoved(old, settings)) throw needsSecret('ldap/bindPassword');
  if ((settings.bindDn === null) !== (bindPassword === null)) {
    throw invalid(
      'invalid_ldap',
      settings.bindDn === null ? 'ldap/bindDn' : 'ldap/bindPassword',
      'bindDn and bindPassword go together; without both the search is anonymous.',
    );
  }
  return { settings, secrets: bindPassword === null ? {} : { bindPassword: bindPassword.value } };
}

function checkLdapSettings(settings: LdapSettings): void {
  const url = URL.parse(settings.url);
  if (
    url === null ||
    !['ldap:', 'ldaps:'].includes(url.protocol) ||
    url.hostname === '' ||
    url.username !== '' ||
    url.password !== '' ||
    !['', '/'].includes(url.pathname) ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw invalid('invalid_url', 'ldap/url', 'The url is ldaps://host, ldap://host, or the same with a port.');
  }
  if (url.protocol === 'ldaps:' && settings.tls.mode === 'disable') {
    throw invalid(
      'invalid_tls_mode',
      'ldap/tls/mode',
      'ldaps:// is never without TLS; write ldap:// to switch it off.',
    );
  }
  if (!ldapTlsModes.includes(settings.tls.mode))
    throw invalid('invalid_tls_mode', 'ldap/tls/mode', 'Unknown TLS mode.');
  checkCertificate(settings.tls.ca, 'ldap/tls/ca');
  const { userDn, userBase, userFilter, groups } = settings;
  if (userDn === null && userBase === null) {
    throw invalid('invalid_ldap', 'ldap/userBase', 'Where people are is missing.', 'Set userBase, or userDn.');
  }
  if (userDn !== null && !userDn.includes('{login}')) {
    throw invalid('invalid_ldap', 'ldap/userDn', 'userDn holds {login}, e.g. uid={login},ou=people,dc=example.');
  }
  if (userDn !== null && !userDn.includes('=') && userBase === null) {
    throw invalid('invalid_ldap', 'ldap/userBase', 'A userDn that is no DN needs a userBase to find the entry in.');
  }
  checkFilter(userFilter, ['login'], 'ldap/userFilter');
  if (groups.from === 'search') {
    if (groups.base === null) throw invalid('invalid_ldap', 'ldap/groups/base', 'Where groups are is missing.');
    checkFilter(groups.filter, groups.nested ? ['dn'] : ['dn', 'login'], 'ldap/groups/filter');
  }
}

/** The filter parses and holds one of the placeholders. */
function checkFilter(template: string, placeholders: readonly string[], field: string): void {
  if (!placeholders.some((name) => template.includes(`{${name}}`))) {
    throw invalid('invalid_filter', field, `The filter holds ${placeholders.map((name) => `{${name}}`).join(' or ')}.`);
  }
  try {
    // The parser forgives what is not closed.
    if (template.split('(').length !== template.split(')').length) throw new Error('unbalanced');
    fillFilter(template, { login: 'x', dn: 'cn=x' });
  } catch {
    throw invalid(
      'invalid_filter',
      field,
      'That is no LDAP filter.',
      'Write it like (&(objectClass=person)(uid={login})).',
    );
  }
}

/** Whether a stored password would go somewhere else, or on a weaker way, than it was stored for. */
function ldapMoved(old: LdapSettings, next: LdapSettings): boolean {
  return (
    old.url !== next.url ||
    old.bindDn !== next.bindDn ||
    old.tls.ca !== next.tls.ca ||
    ldapTlsModes.indexOf(next.tls.mode) > ldapTlsModes.indexOf(old.tls.mode)
  );
}

/** The same for OpenID Connect. */
export function checkOidc(input: OidcInput, before?: Checked<OidcSettings>): Checked<OidcSettings> {
  const old = before?.settings;
  const clientId = pick(input.clientId, old?.clientId, '');
  const settings: OidcSettings = {
    issuer: pick(input.issuer, old?.issuer, ''),
    clientId,
    scopes: pick(input.scopes, old?.scopes, ['openid', 'profile', 'email']),
    audiences: pick(input.audiences, old?.audiences, clientId === '' ? [] : [clientId]),
    loginClaim: pick(input.loginClaim, old?.loginClaim, 'preferred_username'),
    groupsClaim: pick(input.groupsClaim, old?.groupsClaim, 'groups'),
    ca: pick(emptied(input.ca), old?.ca, null),
    timeoutMs: pick(input.timeoutMs, old?.timeoutMs, defaultTimeoutMs),
  };
  const url = URL.parse(settings.issuer);
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (url === null || !safe || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw invalid('invalid_url', 'oidc/issuer', 'The issuer is an https address (http only on loopback).');
  }
  if (settings.clientId === '') throw invalid('invalid_oidc', 'oidc/clientId', 'The client id is missing.');
  if (!settings.scopes.includes('openid') || settings.scopes.some((one) => !/^[\x21-\x7e]+$/.test(one))) {
    throw invalid('invalid_oidc', 'oidc/scopes', 'Scopes are words without spaces, and openid is one of them.');
  }
  checkCertificate(settings.ca, 'oidc/ca');
  const secret = secretOf(input.clientSecret, before?.secrets.clientSecret, 'oidc/clientSecret');
  const moved =
    old !== undefined &&
    (old.issuer !== settings.issuer || old.clientId !== settings.clientId || old.ca !== settings.ca);
  if (secret?.kept && moved) throw needsSecret('oidc/clientSecret');
  return { settings, secrets: secret === null ? {} : { clientSecret: secret.value } };
}

function secretOf(
  sent: string | null | undefined,
  stored: string | undefined,
  field: string,
): { readonly value: string; readonly kept: boolean } | null {
  if (sent === null || sent === '') return null;
  if (sent !== undefined && sent !== secretMask) return { value: sent, kept: false };
  if (stored !== undefined) return { value: stored, kept: true };
  if (sent === undefined) return null;
  throw invalid('secret_missing', field, 'There is no stored secret for the mask to keep.', 'Send the secret.');
}

const needsSecret = (field: string): InvalidError =>
  invalid(
    'password_required_for_new_target',
    field,
    'The stored secret is only ever sent to where it is stored for, and that changes.',
    'Send the secret with the change.',
  );

function checkCertificate(pem: string | null, field: string): void {
  if (pem === null) return;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length === 0) throw new Error('no certificate');
    for (const block of blocks) new X509Certificate(block);
  } catch {
    throw invalid(
      'invalid_certificate',
      field,
      'That is no PEM certificate.',
      'Send the text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.',
    );
  }
}

const emptied = (text: string | null | undefined): string | null | undefined => (text === '' ? null : text);

/** Members that were sent; null ones put the default back. */
function given<T extends object>(members: T | undefined): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(members ?? {}).filter(([, value]) => value !== undefined);
  // The same names with the nulls told apart by `?? default` where they are read.
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

function defined<T extends object>(members: T | undefined): Partial<T> {
  const entries = Object.entries(members ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>; // the same members, fewer of them
}
