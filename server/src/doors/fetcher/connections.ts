/** Connections: create, list, read, change, delete, assign (fetcher.md §3.1–3.5, §3.10, §3.11). */
import Type from 'typebox';
import { readId, readListQuery, readProduct } from '../../domain/fetcher/index.ts';
import { readBody } from './body.ts';
import { presentConnection, presentPage } from './present.ts';
import type { Routes } from './routes.ts';
import * as schemas from './schemas.ts';
import type { FetcherServices } from './services.ts';

const root = '/v1/management/connections';

export function registerConnections(routes: Routes, services: FetcherServices): void {
  const { connections, rules, now } = services;
  const tag = 'connections';
  routes.add(
    {
      method: 'POST',
      path: root,
      id: 'createConnection',
      tag,
      summary: 'Register a connection.',
      work: 'write',
      product: true,
      body: schemas.createBody,
      answers: { 201: schemas.connection },
      errors: [400, 409, 413],
    },
    async ({ principal, request, reply, product }) => {
      const owner = readProduct(product, 'required');
      const created = await connections.create(principal, owner, readBody(request));
      reply.code(201);
      return presentConnection(created);
    },
  );
  routes.add(
    {
      method: 'GET',
      path: root,
      id: 'listConnections',
      tag,
      summary: 'Connections of the tenant.',
      work: 'read',
      product: true,
      query: schemas.listQuery,
      answers: { 200: schemas.connectionPage },
      errors: [400],
    },
    async ({ principal, query, product }) => {
      const owner = readProduct(product, 'optional');
      const asked = readListQuery(query, rules, now());
      return presentPage(await connections.list(principal, owner === undefined ? asked : { ...asked, product: owner }));
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${root}/unassigned`,
      id: 'listUnassignedConnections',
      tag,
      summary: 'Connections that belong to no product yet.',
      work: 'read',
      query: schemas.listQuery,
      answers: { 200: schemas.connectionPage },
      errors: [400],
    },
    async ({ principal, query }) =>
      presentPage(await connections.listUnassigned(principal, readListQuery(query, rules, now()))),
  );
  registerOne(routes, services);
}

/** Routes of one connection. */
function registerOne(routes: Routes, services: FetcherServices): void {
  const { connections } = services;
  const tag = 'connections';
  const path = `${root}/:id`;
  routes.add(
    {
      method: 'GET',
      path,
      id: 'getConnection',
      tag,
      summary: 'One connection.',
      work: 'read',
      answers: { 200: schemas.connection },
      errors: [400, 404],
    },
    async ({ principal, id }) => presentConnection(await connections.get(principal, readId(id, 'connection'))),
  );
  routes.add(
    {
      method: 'PATCH',
      path,
      id: 'updateConnection',
      tag,
      summary: 'Change some members; null and absent keep, metadata is replaced as a whole.',
      work: 'write',
      body: schemas.patchBody,
      answers: { 200: schemas.connection },
      errors: [400, 404, 409, 413],
    },
    async ({ principal, id, request }) => {
      const uid = readId(id, 'connection');
      return presentConnection(await connections.patch(principal, uid, readBody(request)));
    },
  );
  routes.add(
    {
      method: 'DELETE',
      path,
      id: 'deleteConnection',
      tag,
      summary: 'Delete a connection; its name is free again.',
      work: 'write',
      answers: { 204: Type.Unknown() },
      errors: [400, 404, 409],
    },
    async ({ principal, id, reply }) => {
      await connections.remove(principal, readId(id, 'connection'));
      return reply.code(204).send();
    },
  );
  routes.add(
    {
      method: 'POST',
      path: `${path}/assign`,
      id: 'assignConnection',
      tag,
      summary: 'Give a connection without product to the product of the header, for good.',
      work: 'write',
      product: true,
      answers: { 200: schemas.connection },
      errors: [400, 404, 409],
    },
    async ({ principal, id, product }) => {
      const uid = readId(id, 'connection');
      return presentConnection(await connections.assign(principal, uid, readProduct(product, 'required')));
    },
  );
}
