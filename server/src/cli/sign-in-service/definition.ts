/** The options that describe a service, shared by `add` and `set`, and their translation to the API's words. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { fileText, positiveInteger, words } from '../options.ts';
import { readStdin } from '../prompt.ts';

export interface ServiceOptions {
  description?: string;
  default?: boolean;
  createUsers?: boolean;
  syncRoles?: boolean;
  roles?: string[];
  groupRole?: { group: string; role: string }[];
  secretStdin?: boolean;
  timeoutMs?: number;
  ca?: string;
  url?: string;
  tls?: string;
  bindDn?: string;
  userDn?: string;
  userBase?: string;
  userFilter?: string;
  loginAttribute?: string;
  subjectAttribute?: string;
  groups?: string;
  groupBase?: string;
  groupFilter?: string;
  nestedGroups?: boolean;
  issuer?: string;
  clientId?: string;
  scopes?: string[];
  audiences?: string[];
  loginClaim?: string;
  groupsClaim?: string;
}

/** `group=role`; a group may be a DN, so the last `=` parts them. */
function groupRole(text: string, before: ServiceOptions['groupRole'] = []): { group: string; role: string }[] {
  const at = text.lastIndexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Write it as group=role.');
  return [...before, { group: text.slice(0, at), role: text.slice(at + 1) }];
}

/** Adds the options. */
export function withService(command: Command): Command {
  return command
    .option('--description <text>', 'what it is for')
    .option('--default', 'ask it for names that no user here has (LDAP, one service)')
    .option('--no-default', 'ask it only for its own users')
    .option('--create-users', 'make users for those whom it knows and nobody is here')
    .option('--no-create-users', 'let in only those who are linked')
    .option('--sync-roles', 'renew roles at every sign-in')
    .option('--no-sync-roles', 'give roles at the first sign-in only')
    .option('--roles <names>', 'roles of everybody it makes, separated by commas; "user" when left out', words)
    .option('--group-role <group=role>', 'a role for the members of a group; repeatable', groupRole)
    .option('--secret-stdin', 'read the bind password or client secret from standard input')
    .option('--timeout-ms <number>', 'how long it may take to answer', positiveInteger)
    .option('--ca <file>', 'certificate authority to trust (PEM)')
    .option('--url <url>', 'LDAP: ldaps://host, or ldap://host, which is upgraded by STARTTLS')
    .addOption(
      new Option('--tls <mode>', 'LDAP: how the connection is protected').choices([
        'verify-full',
        'verify-ca',
        'require',
        'disable',
      ]),
    )
    .option('--bind-dn <dn>', 'LDAP: who searches; its password comes with --secret-stdin')
    .option('--user-base <dn>', 'LDAP: where people are')
    .option('--user-filter <filter>', 'LDAP: how they are found, with {login}')
    .option('--user-dn <template>', 'LDAP: bind by this name at once, with {login}, in place of a search')
    .option('--login-attribute <name>', 'LDAP: what the user is called; "uid" when left out')
    .option('--subject-attribute <name>', 'LDAP: the lasting id; entryUUID or objectGUID when left out')
    .addOption(new Option('--groups <where>', 'LDAP: how groups are found').choices(['none', 'memberOf', 'search']))
    .option('--group-base <dn>', 'LDAP: where groups are; others do not count')
    .option('--group-filter <filter>', 'LDAP: how groups are searched, with {dn} or {login}')
    .option('--nested-groups', 'LDAP: groups of groups count too')
    .option('--issuer <url>', 'OpenID: the provider')
    .option('--client-id <id>', 'OpenID: who Headgate is there; its secret comes with --secret-stdin')
    .option('--scopes <names>', 'OpenID: separated by commas', words)
    .option('--audiences <names>', 'OpenID: of bearer tokens that the APIs accept; the client id when left out', words)
    .option('--login-claim <name>', 'OpenID: what the user is called; "preferred_username" when left out')
    .option('--groups-claim <name>', 'OpenID: the groups; "groups" when left out');
}

/** The API's words for the options given, for a service of this kind. */
export async function serviceOf(cli: Cli, kind: string, options: ServiceOptions): Promise<Record<string, unknown>> {
  const secret = options.secretStdin ? await readStdin(cli.io) : undefined;
  const ca = options.ca === undefined ? undefined : fileText(options.ca);
  const settings = kind === 'ldap' ? ldapOf(options, ca, secret) : oidcOf(options, ca, secret);
  return compact({
    description: options.description,
    default: options.default,
    createUsers: options.createUsers,
    syncRoles: options.syncRoles,
    roles: options.roles,
    groupRoles: options.groupRole,
    [kind]: settings,
  });
}

function ldapOf(options: ServiceOptions, ca: string | undefined, bindPassword: string | undefined) {
  return compact({
    url: options.url,
    tls: compact({ mode: options.tls, ca }),
    bindDn: options.bindDn,
    bindPassword,
    userDn: options.userDn,
    userBase: options.userBase,
    userFilter: options.userFilter,
    attributes: compact({ login: options.loginAttribute, subject: options.subjectAttribute }),
    groups: compact({
      from: options.groups,
      base: options.groupBase,
      filter: options.groupFilter,
      nested: options.nestedGroups,
    }),
    timeoutMs: options.timeoutMs,
  });
}

function oidcOf(options: ServiceOptions, ca: string | undefined, clientSecret: string | undefined) {
  return compact({
    issuer: options.issuer,
    clientId: options.clientId,
    clientSecret,
    scopes: options.scopes,
    audiences: options.audiences,
    loginClaim: options.loginClaim,
    groupsClaim: options.groupsClaim,
    ca,
    timeoutMs: options.timeoutMs,
  });
}

/** Without what was not said, and without objects that say nothing. */
function compact(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => {
      if (value === undefined) return false;
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return !isObject || Object.keys(value).length > 0;
    }),
  );
}
