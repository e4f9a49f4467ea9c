/** Administering sign-in services. */
import Type from 'typebox';
import { etagOf, ifMatchVersion, pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'sign-in services';
const path = '/sign-in-services/:service';

export function registerSignInServices(operations: Operations, services: RestServices): void {
  const { signInServices, serviceTester } = services.identity;
  operations.add(
    {
      method: 'POST',
      path: '/sign-in-services',
      id: 'createSignInService',
      tag,
      summary: 'Add an LDAP directory or an OpenID provider to sign in with.',
      body: schemas.signInServiceBody,
      answers: { 201: schemas.signInService },
    },
    async ({ principal, body, reply }) => {
      const service = await signInServices.create(principal, body);
      reply.code(201).header('location', `/api/v1/sign-in-services/${encodeURIComponent(service.name)}`);
      reply.header('etag', etagOf(service.version));
      return service;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/sign-in-services',
      id: 'listSignInServices',
      tag,
      summary: 'List the services that the caller administers, and the internal one.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.signInService) },
    },
    ({ principal, query }) => signInServices.list(principal, query),
  );
  operations.add(
    {
      method: 'GET',
      path,
      id: 'getSignInService',
      tag,
      summary: 'Read a service.',
      params: schemas.signInServiceParams,
      answers: { 200: schemas.signInService },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      const service = await signInServices.get(principal, params.service);
      reply.header('etag', etagOf(service.version));
      return service;
    },
  );
  operations.add(
    {
      method: 'PATCH',
      path,
      id: 'updateSignInService',
      tag,
      summary: 'Change a service by a merge patch. Switched off, the sessions that it opened end.',
      params: schemas.signInServiceParams,
      body: schemas.signInServicePatch,
      answers: { 200: schemas.signInService },
      problems: [404, 412],
    },
    async ({ principal, params, body, request, reply }) => {
      const ifMatch = ifMatchVersion(request.headers['if-match']);
      const service = await signInServices.update(principal, params.service, body, { ifMatch });
      reply.header('etag', etagOf(service.version));
      return service;
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path,
      id: 'deleteSignInService',
      tag,
      summary: 'Delete a service. Refused while users are linked, unless `unlink` is true.',
      params: schemas.signInServiceParams,
      query: schemas.strict({ unlink: Type.Optional(Type.Boolean()) }),
      answers: { 204: schemas.noContent },
      problems: [404, 412],
    },
    async ({ principal, params, query, request, reply }) => {
      const ifMatch = ifMatchVersion(request.headers['if-match']);
      await signInServices.remove(principal, params.service, { unlink: query.unlink, ifMatch });
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'POST',
      path: `${path}/test`,
      id: 'testSignInService',
      tag,
      summary: 'Test a service stage by stage.',
      params: schemas.signInServiceParams,
      body: schemas.signInServiceTestBody,
      answers: { 200: schemas.signInServiceTestReport },
      problems: [404],
    },
    ({ principal, params, body }) => serviceTester.test(principal, params.service, body),
  );
  registerLinks(operations, services);
}

function registerLinks(operations: Operations, services: RestServices): void {
  const { serviceLinks } = services.identity;
  operations.add(
    {
      method: 'GET',
      path: `${path}/users`,
      id: 'listSignInLinks',
      tag,
      summary: 'Who of the service is which user.',
      params: schemas.signInServiceParams,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.signInLink) },
      problems: [404],
    },
    ({ principal, params, query }) => serviceLinks.list(principal, params.service, query),
  );
  operations.add(
    {
      method: 'POST',
      path: `${path}/users`,
      id: 'linkUser',
      tag,
      summary: 'Let a user sign in with the service.',
      params: schemas.signInServiceParams,
      body: schemas.signInLinkBody,
      answers: { 201: schemas.signInLink },
      problems: [404],
    },
    async ({ principal, params, body, reply }) => {
      const link = await serviceLinks.link(principal, params.service, body);
      reply.code(201);
      return link;
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: `${path}/users/:id`,
      id: 'unlinkUser',
      tag,
      summary: 'Take a link away; the sessions that came by it end.',
      params: schemas.signInLinkParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await serviceLinks.unlink(principal, params.service, params.id);
      reply.code(204);
    },
  );
}
