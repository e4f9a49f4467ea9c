/** Sign-in services (hdp.md §4.11, §5.7): service 1 is Headgate's own passwords; others where the installation has them. */
import { Permission } from '../../domain/identity/permissions.ts';
import type { Payload } from './body.ts';
import { HdpError, invalidProperty, lacking, notThere } from './errors.ts';
import { created, type HdpCall, type Routes } from './routes.ts';
import type { HdpServices, SignInDirectory, SignInService } from './services.ts';

const tag = 'authentication';
const needs = [Permission.registerAuthService];
const base = '/api/admin/auth/services';

const types = [
  { id: 1, name: 'Internal', description: "Headgate's own passwords.", kind: 'internal' },
  { id: 2, name: 'Plugin', description: 'A Java plugin; Headgate runs none.', kind: 'plugin' },
  { id: 3, name: 'LDAP', description: 'A directory.', kind: 'ldap' },
  { id: 4, name: 'OIDC', description: 'An OpenID Connect provider.', kind: 'oidc' },
  { id: 5, name: 'SAML', description: 'A SAML provider; Headgate asks none.', kind: 'saml' },
];

const internal: SignInService = {
  name: 'Internal',
  kind: 'internal',
  tenant: 'system',
  description: "Headgate's own passwords.",
};

/** Attributes that are taken, by kind: the settings of the native door that are texts. */
const attributes: Readonly<Record<'ldap' | 'oidc', readonly string[]>> = {
  ldap: ['url', 'bindDn', 'bindPassword', 'userDn', 'userBase', 'userFilter'],
  oidc: ['issuer', 'clientId', 'clientSecret', 'loginClaim', 'groupsClaim'],
};

class AuthServices {
  readonly #services: HdpServices;

  constructor(services: HdpServices) {
    this.#services = services;
  }

  async all({ principal }: HdpCall): Promise<readonly { readonly number: number; readonly service: SignInService }[]> {
    const found = (await this.#services.signIn?.services.numbered(principal)) ?? [];
    return found.some(({ number }) => number === 1) ? found : [{ number: 1, service: internal }, ...found];
  }

  async one(call: HdpCall): Promise<SignInService> {
    const id = call.id('service');
    const found = (await this.all(call)).find(({ number }) => number === id);
    if (found === undefined) throw notThere('service', id);
    return found.service;
  }

  async present(number: number, service: SignInService, details: boolean): Promise<Record<string, unknown>> {
    const tenant = await this.#services.identity.tenants.named(service.tenant ?? 'system');
    const settings = service.ldap ?? service.oidc ?? {};
    return {
      id: number,
      name: service.name,
      ...(tenant === null ? {} : { tenantId: tenant.id, ...(details ? { tenantName: tenant.name } : {}) }),
      ...(service.description === null ? {} : { description: service.description }),
      authDefinition: { className: service.kind, attributes: settings },
      authTypeId: types.find(({ kind }) => kind === service.kind)?.id ?? 1,
    };
  }

  /** The services that can be written; 501 where the installation has only its own passwords. */
  get directory(): SignInDirectory['services'] {
    const services = this.#services.signIn?.services;
    if (services !== undefined) return services;
    throw new HdpError(501, 900000022, 'This installation has no external authentication services.');
  }
}

function definitionOf(payload: Payload, kind: 'ldap' | 'oidc'): { [kind: string]: Record<string, string> } {
  const given = payload.object('authDefinition').optionalObject('attributes');
  const names = given?.names() ?? [];
  const stray = names.find((name) => !attributes[kind].includes(name));
  if (stray !== undefined) throw invalidProperty(`authDefinition.attributes.${stray.slice(0, 64)}`);
  const settings = Object.fromEntries(
    names.flatMap((name) => {
      const value = given?.optionalText(name, 4096);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  return { [kind]: settings };
}

function kindOf(payload: Payload): 'ldap' | 'oidc' {
  const id = payload.id('authTypeId');
  const kind = types.find((type) => type.id === id)?.kind;
  if (kind !== 'ldap' && kind !== 'oidc') throw payload.invalid('authTypeId');
  return kind;
}

export function registerAuthServices(routes: Routes, services: HdpServices): void {
  const authServices = new AuthServices(services);
  const typesPath = '/api/admin/auth/types';
  routes.add(
    { method: 'GET', path: typesPath, id: 'listAuthTypes', tag, summary: 'Kinds of sign-in service.', needs },
    () => ({ authTypes: types.map(({ kind: _kind, ...type }) => type) }),
  );
  routes.add(
    { method: 'GET', path: `${typesPath}/:type`, id: 'getAuthType', tag, summary: 'One kind.', needs },
    (call) => {
      const found = types.find(({ id }) => id === call.id('type'));
      if (found === undefined) throw notThere('type', call.text('type'));
      const { kind: _kind, ...type } = found;
      return type;
    },
  );
  routes.add(
    { method: 'GET', path: base, id: 'listAuthServices', tag, summary: 'Sign-in services.', needs },
    async (call) => {
      const details = call.query.get('details') === 'true';
      const all = await authServices.all(call);
      return {
        authServices: await Promise.all(
          all.map(({ number, service }) => authServices.present(number, service, details)),
        ),
      };
    },
  );
  routes.add(
    { method: 'POST', path: base, id: 'createAuthService', tag, summary: 'Register one.', needs, body: true },
    async (call) => {
      const { directory } = authServices;
      const payload = call.payload();
      const kind = kindOf(payload);
      const tenantId = payload.optionalId('tenantId');
      const tenant =
        tenantId === undefined ? undefined : await services.identity.tenants.get(call.principal, { id: tenantId });
      const made = await directory.create(call.principal, {
        name: payload.text('name', 128),
        kind,
        tenant: tenant?.slug,
        description: payload.optionalText('description'),
        ...definitionOf(payload, kind),
      });
      const found = (await authServices.all(call)).find(({ service }) => service.name === made.name);
      if (found === undefined) throw notThere('service', made.name);
      return created(call, `${base}/${found.number}`, await authServices.present(found.number, found.service, false));
    },
  );
  const one = `${base}/:service`;
  routes.add({ method: 'GET', path: one, id: 'getAuthService', tag, summary: 'One service.', needs }, async (call) =>
    authServices.present(call.id('service'), await authServices.one(call), call.query.get('details') === 'true'),
  );
  routes.add(
    {
      method: 'PUT',
      path: one,
      id: 'updateAuthService',
      tag,
      summary: 'Replace one; 1 stays as it is.',
      needs,
      body: true,
    },
    async (call) => {
      const before = await authServices.one(call);
      if (before.kind !== 'ldap' && before.kind !== 'oidc') throw lacking();
      const payload = call.payload();
      await authServices.directory.update(call.principal, before.name, {
        name: payload.text('name', 128),
        description: payload.optionalText('description') ?? null,
        ...definitionOf(payload, before.kind),
      });
      return authServices.present(call.id('service'), await authServices.one(call), false);
    },
  );
  routes.add(
    { method: 'DELETE', path: one, id: 'deleteAuthService', tag, summary: 'Remove one; 1 stays.', needs },
    async (call) => {
      const before = await authServices.one(call);
      if (before.kind === 'internal') throw lacking();
      await authServices.directory.remove(call.principal, before.name);
    },
  );
}
