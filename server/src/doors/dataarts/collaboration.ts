/** Sharing of resources (dataarts.md §4.9). */
import type { FastifyRequest } from 'fastify';
import {
  invalidParameter,
  type ResourceRef,
  type Room,
  type Rule,
  type RuleWrite,
  resourceTypes,
  type Switches,
} from '../../domain/insight/index.ts';
import { hexOf } from '../../platform/ids.ts';
import {
  booleanOf,
  choiceOf,
  listOf,
  type Members,
  objectOf,
  readJson,
  readObject,
  requiredText,
  textOf,
} from './body.ts';
import { directionOf, paged, windowOf } from './paging.ts';
import { millis, success } from './present.ts';
import type { Routes } from './routes.ts';
import type { DataartsServices } from './services.ts';

const tag = 'collaboration';
const root = '/authorization/cooperate-authorization';
/** Entries of one batch. */
const mostRules = 1000;

type Wire = Record<string, unknown>;

/** A resource named by two members. Throws InvalidError for one that is missing. */
export function refOf(members: Members): ResourceRef {
  const type = choiceOf(members.resource_type, 'resource_type', resourceTypes);
  const id = requiredText(members.resource_id, 'resource_id', 128);
  if (type === undefined) throw invalidParameter('resource_type');
  return { type, id };
}

const time = (at: Date | null): number | null => (at === null ? null : millis(at));

function presentSwitches(room: Room, projectId: string, ref: ResourceRef, found: Switches): Wire {
  const by = (person: Switches['createdBy']): string | null => (person === null ? null : hexOf(person.uid));
  return {
    id: found.uid,
    resource_id: ref.id,
    resource_type: ref.type,
    auth_switch_config: found.switches,
    owner: hexOf(found.ownerUid),
    create_user: by(found.createdBy),
    create_user_name: found.createdBy?.name ?? null,
    create_date: time(found.createdAt),
    update_user: by(found.updatedBy),
    update_user_name: found.updatedBy?.name ?? null,
    update_date: time(found.updatedAt),
    project_id: projectId,
    workspace_id: hexOf(room.uid),
  };
}

function presentRule(ref: ResourceRef, rule: Rule): Wire {
  const by = rule.createdBy === null ? null : hexOf(rule.createdBy.uid);
  const name = rule.createdBy?.name ?? null;
  return {
    id: rule.uid,
    resource_type: ref.type,
    resource_id: ref.id,
    auth_level: rule.level,
    auth_id: hexOf(rule.subjectUid),
    auth_name: rule.subjectName,
    is_owner: rule.isOwner,
    authed: rule.authority !== null,
    sort: rule.sort,
    authority: rule.authority,
    create_date: time(rule.createdAt),
    create_user: by,
    create_user_name: name,
    update_date: time(rule.updatedAt),
    update_user: by,
    update_user_name: name,
  };
}

function readSwitches(body: Members): Readonly<Record<string, boolean>> {
  const given = objectOf(body.auth_switch_config, 'auth_switch_config') ?? {};
  return Object.fromEntries(
    Object.entries(given).map(([point, on]) => [point, booleanOf(on, `auth_switch_config.${point}`) ?? false]),
  );
}

/** A bare array (§4.9.4). */
function readRules(request: FastifyRequest): RuleWrite[] {
  const entries = listOf(readJson(request), 'body', mostRules);
  if (entries === undefined) throw invalidParameter('body');
  return entries.map((entry) => {
    const members = objectOf(entry, 'body');
    if (members === undefined) throw invalidParameter('body');
    const level = choiceOf(members.auth_level, 'auth_level', ['user', 'group']);
    if (level === undefined) throw invalidParameter('auth_level');
    const subjectId = requiredText(members.auth_id, 'auth_id', 128);
    return { ref: refOf(members), level, subjectId, authority: textOf(members.authority, 'authority') };
  });
}

export function registerCollaboration(routes: Routes, { collaboration }: DataartsServices): void {
  const role = 'viewer' as const; // what one may do is the resource's affair
  const named = ['resource_id', 'resource_type'];
  routes.inWorkspace(
    {
      method: 'GET',
      path: `${root}/properties`,
      id: 'showSharingSwitches',
      tag,
      summary: 'Sharing switches.',
      role,
      query: named,
    },
    async ({ principal, site, room, query }) => {
      const ref = refOf(query);
      return presentSwitches(room, site.projectId, ref, await collaboration.switches(principal, room, ref));
    },
  );
  routes.inWorkspace(
    {
      method: 'POST',
      path: `${root}/properties`,
      id: 'saveSharingSwitches',
      tag,
      summary: 'Save sharing switches.',
      role,
      body: [...named, 'auth_switch_config'],
    },
    async ({ principal, site, room, request }) => {
      const body = readObject(request);
      const ref = refOf(body);
      const saved = await collaboration.saveSwitches(principal, room, ref, readSwitches(body));
      return presentSwitches(room, site.projectId, ref, saved);
    },
  );
  routes.inWorkspace(
    {
      method: 'GET',
      path: `${root}/rules`,
      id: 'listSharingRules',
      tag,
      summary: 'Who has what on a resource.',
      role,
      query: [...named, 'auth_level', 'filter_authed', 'auth_name', 'limit', 'offset', 'sort_dir'],
    },
    async ({ principal, room, query }) => {
      const ref = refOf(query);
      const found = await collaboration.rules(principal, room, ref, {
        level: choiceOf(query.auth_level, 'auth_level', ['user', 'group']),
        all: booleanOf(query.filter_authed, 'filter_authed') === false,
        name: textOf(query.auth_name, 'auth_name', 128) ?? '',
        sortDirection: directionOf(query),
        ...windowOf(query, 20),
      });
      return paged(found, (rule) => presentRule(ref, rule));
    },
  );
  routes.inWorkspace(
    {
      method: 'POST',
      path: `${root}/rules/batch-save`,
      id: 'saveSharingRules',
      tag,
      summary: 'Set and end sharing rules, all or none.',
      role,
      body: 'list',
    },
    async ({ principal, room, request }) => {
      await collaboration.saveRules(principal, room, readRules(request));
      return success;
    },
  );
}
