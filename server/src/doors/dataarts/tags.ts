/** Tags of users and groups (dataarts.md §4.12): of the project, without a workspace. */
import type { FastifyRequest } from 'fastify';
import { invalidParameter, type TagKind, type TagValues, type UserTag } from '../../domain/insight/index.ts';
import { hexOf } from '../../platform/ids.ts';
import { choiceOf, listOf, readObject, requiredText, textOf } from './body.ts';
import { done, millis } from './present.ts';
import type { Routes } from './routes.ts';
import type { DataartsServices } from './services.ts';

type Wire = Record<string, unknown>;

const tag = 'tags';
const one = '/tags/:tag';
const members = ['name', 'type', 'description'];
const kinds = { user: 'user', userGroup: 'group' } as const;
const words = { user: 'user', group: 'userGroup' } as const;

function kindOf(value: unknown): TagKind | undefined {
  const word = choiceOf(value, 'type', ['user', 'userGroup']);
  return word === undefined ? undefined : kinds[word];
}

function requiredKind(value: unknown): TagKind {
  const kind = kindOf(value);
  if (kind === undefined) throw invalidParameter('type');
  return kind;
}

function readTag(request: FastifyRequest) {
  const body = readObject(request);
  return {
    name: requiredText(body.name, 'name', 128),
    kind: kindOf(body.type),
    description: textOf(body.description, 'description', 512),
  };
}

function presentTag(of: UserTag): Wire {
  return {
    id: of.uid,
    name: of.name,
    type: words[of.kind],
    description: of.description ?? '',
    create_date: millis(of.createdAt),
    update_date: millis(of.updatedAt),
  };
}

function presentValues(of: TagValues): Wire {
  return { user_id: hexOf(of.uid), user_name: of.name, values: of.values };
}

export function registerTags(routes: Routes, { tags }: DataartsServices): void {
  routes.add(
    { method: 'POST', path: '/tags', id: 'createTag', tag, summary: 'Make a tag.', body: members },
    async ({ principal, request }) => {
      tags.admit(principal);
      const { kind, ...input } = readTag(request);
      if (kind === undefined) throw invalidParameter('type');
      return { ...done, ...presentTag(await tags.create(principal, { ...input, kind })) };
    },
  );
  routes.add(
    { method: 'PUT', path: one, id: 'updateTag', tag, summary: 'Change a tag.', body: members },
    async ({ principal, request, path }) => {
      await tags.admitOne(principal, path('tag'));
      await tags.update(principal, path('tag'), readTag(request));
      return done;
    },
  );
  routes.add(
    { method: 'DELETE', path: one, id: 'deleteTag', tag, summary: 'Delete a tag and its values.' },
    async ({ principal, path }) => {
      await tags.remove(principal, path('tag'));
      return done;
    },
  );
  routes.add(
    { method: 'GET', path: '/tags/head', id: 'listTags', tag, summary: 'Tags of a kind.', query: ['type'] },
    async ({ principal, query }) => {
      tags.admit(principal);
      return { data: (await tags.list(principal, requiredKind(query.type))).map(presentTag) };
    },
  );
  routes.add(
    { method: 'GET', path: '/tags/value', id: 'listTagValues', tag, summary: 'Who carries which.', query: ['type'] },
    async ({ principal, query }) => {
      tags.admit(principal);
      return { data: (await tags.values(principal, requiredKind(query.type))).map(presentValues) };
    },
  );
  routes.add(
    {
      method: 'PUT',
      path: `${one}/values`,
      id: 'setTagValue',
      tag,
      summary: 'Give a user or group its values.',
      body: ['user_id', 'value'],
    },
    async ({ principal, request, path }) => {
      await tags.admitOne(principal, path('tag'));
      const body = readObject(request);
      const values = (listOf(body.value, 'value', 1000) ?? []).map((one) => requiredText(one, 'value', 1000));
      await tags.setValue(principal, path('tag'), requiredText(body.user_id, 'user_id', 128), values);
      return done;
    },
  );
}
