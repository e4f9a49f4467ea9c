/** Credentials of a source: its own pair, one a workspace, and the caller's personal one. None is ever shown. */
import Type from 'typebox';
import type { CredentialKey } from '../../domain/sources/index.ts';
import { pageOf } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'credentials';

interface CredentialParams {
  name: string;
  /** Of a workspace. */
  uid?: string;
}
// All three kinds share their handlers, which see one type of parameters.
const sourceParams = Type.Unsafe<CredentialParams>(schemas.sourceParams);
const workspaceParams = Type.Unsafe<CredentialParams>(
  schemas.strict({ ...schemas.sourceParams.properties, uid: schemas.text(64) }),
);
interface Kind {
  readonly kind: CredentialKey['kind'];
  readonly path: string;
  readonly noun: string;
  readonly id: string;
  readonly params: typeof workspaceParams;
}

const kinds: readonly Kind[] = [
  {
    kind: 'source',
    path: 'source',
    noun: "the source's own pair",
    id: 'SourceCredential',
    params: sourceParams,
  },
  {
    kind: 'personal',
    path: 'personal',
    noun: "the caller's own pair",
    id: 'PersonalCredential',
    params: sourceParams,
  },
  {
    kind: 'workspace',
    path: 'workspaces/:uid',
    noun: "a workspace's pair",
    id: 'WorkspaceCredential',
    params: workspaceParams,
  },
];

function keyOf(kind: Kind['kind'], params: CredentialParams, level: CredentialKey['level']): CredentialKey {
  return {
    kind,
    ...(params.uid === undefined ? {} : { workspaceUid: params.uid }),
    ...(level === undefined ? {} : { level }),
  };
}

export function registerCredentials(operations: Operations, services: RestServices): void {
  operations.add(
    {
      method: 'GET',
      path: '/sources/:name/credentials',
      id: 'listCredentials',
      tag,
      summary: 'The credentials of a source, without their passwords.',
      params: schemas.sourceParams,
      answers: { 200: pageOf(schemas.credential) },
      problems: [404],
    },
    async ({ principal, params }) => ({
      items: await services.credentials.list(principal, params.name),
      nextCursor: null,
    }),
  );
  for (const kind of kinds) registerKind(operations, services, kind);
}

function registerKind(operations: Operations, services: RestServices, { kind, path, noun, id, params }: Kind): void {
  const { credentials } = services;
  const at = { path: `/sources/:name/credentials/${path}`, tag, params, problems: [404] } as const;
  operations.add(
    {
      ...at,
      method: 'PUT',
      id: `put${id}`,
      summary: `Set ${noun}.`,
      body: schemas.credentialBody,
      answers: { 200: schemas.credential, 201: schemas.credential },
    },
    async ({ principal, params, body, reply }) => {
      const input = { ...keyOf(kind, params, body.level), username: body.username, password: body.password };
      const { created, credential } = await credentials.put(principal, params.name, input);
      reply.code(created ? 201 : 200);
      return credential;
    },
  );
  operations.add(
    {
      ...at,
      method: 'GET',
      id: `get${id}`,
      summary: `Read ${noun}, without its password.`,
      query: schemas.credentialQuery,
      answers: { 200: schemas.credential },
    },
    ({ principal, params, query }) => credentials.get(principal, params.name, keyOf(kind, params, query.level)),
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      id: `delete${id}`,
      summary: `Remove ${noun}.`,
      query: schemas.credentialQuery,
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, query, reply }) => {
      await credentials.remove(principal, params.name, keyOf(kind, params, query.level));
      reply.code(204);
    },
  );
}
