/** Sign-in services (hdp.md §4.11, §5.7): service 1 is Headgate's own passwords. Others come with the sign-in services. */
import { Permission } from '../../domain/identity/permissions.ts';
import { HdpError, lacking, notThere } from './errors.ts';
import type { Routes } from './routes.ts';

const tag = 'authentication';
const needs = [Permission.registerAuthService];

const types = [
  { id: 1, name: 'Internal', description: "Headgate's own passwords." },
  { id: 3, name: 'LDAP', description: 'A directory.' },
  { id: 4, name: 'OIDC', description: 'An OpenID Connect provider.' },
];
const internal = {
  id: 1,
  name: 'Internal',
  tenantId: 1,
  description: "Headgate's own passwords.",
  authDefinition: { className: 'internal', attributes: {} },
  authTypeId: 1,
};

export function registerAuthServices(routes: Routes): void {
  const typesPath = '/api/admin/auth/types';
  const base = '/api/admin/auth/services';
  routes.add(
    { method: 'GET', path: typesPath, id: 'listAuthTypes', tag, summary: 'Kinds of sign-in service.', needs },
    () => ({ authTypes: types }),
  );
  routes.add(
    { method: 'GET', path: `${typesPath}/:type`, id: 'getAuthType', tag, summary: 'One kind.', needs },
    (call) => {
      const found = types.find(({ id }) => id === call.id('type'));
      if (found === undefined) throw notThere('type', call.text('type'));
      return found;
    },
  );
  routes.add(
    { method: 'GET', path: base, id: 'listAuthServices', tag, summary: 'Sign-in services.', needs },
    (call) => ({
      authServices: [call.query.get('details') === 'true' ? { ...internal, tenantName: 'System' } : internal],
    }),
  );
  routes.add(
    {
      method: 'POST',
      path: base,
      id: 'createAuthService',
      tag,
      summary: 'Not through this door yet.',
      needs,
      body: true,
    },
    () => {
      throw new HdpError(501, 900000022, 'External authentication services are not managed through this API yet.');
    },
  );
  const one = `${base}/:service`;
  const known = (call: { id(kind: string): number; text(name: string): string }) => {
    if (call.id('service') !== internal.id) throw notThere('service', call.text('service'));
    return internal;
  };
  routes.add({ method: 'GET', path: one, id: 'getAuthService', tag, summary: 'One service.', needs }, known);
  for (const [method, id] of [
    ['PUT', 'updateAuthService'],
    ['DELETE', 'deleteAuthService'],
  ] as const) {
    routes.add(
      {
        method,
        path: one,
        id,
        tag,
        summary: 'Service 1 stays as it is.',
        needs,
        ...(method === 'PUT' ? { body: true } : {}),
      },
      (call) => {
        known(call);
        throw lacking();
      },
    );
  }
}
