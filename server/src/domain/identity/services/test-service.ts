/** The test of a service, stage by stage: what works, what does not, which setting to mend and how. */

import { OutboundError } from '../../../platform/network/outbound.ts';
import { DomainError } from '../../errors.ts';
import type { IdentityDeps } from '../deps.ts';
import { checkText } from '../names.ts';
import type { Principal } from '../principal.ts';
import { requireScope } from '../scopes.ts';
import { DirectoryError } from './directory.ts';
import type { ExternalPerson, ServiceRecord } from './model.ts';
import { rolesOf } from './people.ts';
import { type Providers, reasonOf } from './provider.ts';
import type { RunningServices } from './running.ts';
import { ldapOf, toRecord } from './service-rows.ts';
import { findService } from './services.ts';

export interface ServiceTestStage {
  readonly stage: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly code?: string;
  /** The setting to mend, e.g. `ldap/url`. */
  readonly field?: string;
  readonly message?: string;
  readonly remedy?: string;
  readonly warning?: string;
}

export interface ServiceTestReport {
  readonly ok: boolean;
  readonly stages: readonly ServiceTestStage[];
  /** Whom the login named, and what it would get here. */
  readonly person: {
    readonly login: string;
    readonly subject: string;
    readonly firstName: string | null;
    readonly lastName: string | null;
    readonly email: string | null;
    readonly groups: string[];
    readonly roles: string[];
  } | null;
}

const remedies: Readonly<Record<string, string>> = {
  address_refused: 'Allow the address range by setting (allowPrivateAddresses and its like), or use another server.',
  name_not_found: 'Check the host name.',
  name_lookup_failed: "Check this machine's DNS.",
  unreachable: 'Check host, port and firewalls.',
  connect_timeout: 'Check host, port and firewalls; or give it more time with timeoutMs.',
  tls_unsupported: 'Use ldaps://, or switch STARTTLS on at the directory.',
  tls_untrusted: "Put the PEM of the server's authority into the setting.",
  tls_expired: "Renew the server's certificate.",
  tls_name_mismatch: 'Use the name that the certificate holds.',
  tls_failed: 'Check that this port speaks TLS: 636 for ldaps://, 389 for ldap://.',
  login_failed: 'Check bindDn and bindPassword.',
  search_failed: 'Check the base, and that the bind user may read there.',
  person_not_found: 'Check userBase and userFilter against an entry.',
  attribute_missing: 'Name an attribute that every entry has, or leave it out.',
  discovery_failed: 'Open {issuer}/.well-known/openid-configuration and compare its issuer, letter by letter.',
};

export class ServiceTester {
  readonly #deps: IdentityDeps;
  readonly #services: RunningServices;
  readonly #providers: Providers;

  constructor(deps: IdentityDeps, services: RunningServices, providers: Providers) {
    this.#deps = deps;
    this.#services = services;
    this.#providers = providers;
  }

  /** Tests a stored service, with a login to look up if there is one. It takes what changing it takes. */
  async test(
    principal: Principal,
    name: string,
    input: { readonly login?: string | undefined },
  ): Promise<ServiceTestReport> {
    requireScope(principal, 'admin');
    const login = checkText(input.login, 'login', 128);
    const row = await findService(this.#deps.store.db, principal, name);
    const service = toRecord(row);
    const stages: ServiceTestStage[] = [];
    let since = performance.now();
    const lap = (): number => {
      const now = performance.now();
      const ms = Math.round((now - since) * 10) / 10;
      since = now;
      return ms;
    };
    let person: ExternalPerson | null = null;
    try {
      person = await this.#run(service, login, (stage) =>
        stages.push({ stage, ok: true, ms: lap(), ...warningOf(service, stage) }),
      );
    } catch (error) {
      if (error instanceof DomainError) throw error;
      stages.push({ ok: false, ms: lap(), ...explained(service, error) });
    }
    const ok = stages.every((stage) => stage.ok);
    await this.#deps.audit.recordNow(principal, {
      action: 'sign_in_service.test',
      outcome: 'allowed',
      resource: { type: 'sign_in_service', uid: service.uid, name: service.name },
      tenantId: service.tenantId,
      detail: { ok, code: stages.at(-1)?.code ?? null, login },
    });
    if (person === null) return { ok, stages, person: null };
    const roles = await rolesOf(this.#deps.store.db, service, person);
    const { groups, ...shown } = person;
    return { ok, stages, person: { ...shown, groups: [...groups].sort(), roles: roles.map((role) => role.name) } };
  }

  async #run(
    service: ServiceRecord,
    login: string | null,
    passed: (stage: string) => void,
  ): Promise<ExternalPerson | null> {
    if (service.kind === 'ldap') {
      const directory = await this.#services.directory(service);
      return (await directory.explore(login, passed))?.person ?? null;
    }
    if (service.kind === 'oidc') {
      await this.#providers.discover(service);
      passed('discovery');
      return null;
    }
    passed('ready');
    return null;
  }
}

function warningOf(service: ServiceRecord, stage: string): { warning?: string } {
  if (service.kind !== 'ldap' || stage !== 'tls') return {};
  const { mode } = ldapOf(service).tls;
  if (mode === 'verify-full') return {};
  const warning =
    mode === 'disable'
      ? 'Passwords go over the network in clear.'
      : 'The server is not fully verified: somebody in between can read passwords.';
  return { warning };
}

function explained(service: ServiceRecord, error: unknown): Omit<ServiceTestStage, 'ok' | 'ms'> {
  const known = error instanceof DirectoryError || error instanceof OutboundError ? error : outboundOf(error);
  const code = known?.code ?? (service.kind === 'oidc' ? 'discovery_failed' : 'connection_failed');
  const stage = known instanceof DirectoryError ? known.stage : service.kind === 'oidc' ? 'discovery' : 'bind';
  const member = known instanceof DirectoryError ? known.field : code === 'tls_untrusted' ? 'ca' : 'issuer';
  const remedy = remedies[code];
  return {
    stage,
    code,
    message: known?.message ?? reasonOf(error),
    ...(member === undefined ? {} : { field: `${service.kind}/${member}` }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function outboundOf(error: unknown): OutboundError | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    if (one instanceof OutboundError) return one;
  }
  return undefined;
}
