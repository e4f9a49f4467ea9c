/** Datasets of a workspace, and the rules on their rows and columns (dataarts.md §4.7, §4.8). */
import type { DatasetModelView, Setting } from '../../domain/dataset-models/index.ts';
import { administersRoom, invalidParameter, type Room, resourceNotFound } from '../../domain/insight/index.ts';
import { uuidOf } from '../../platform/ids.ts';
import { choiceOf, integerOf, listOf, objectOf, readObject, textOf } from './body.ts';
import { datasetMembers, readDataset } from './dataset-body.ts';
import { directionOf, paged, windowOf } from './paging.ts';
import { done, success } from './present.ts';
import {
  type DatasetContext,
  presentListed,
  presentMetadata,
  presentSaved,
  presentSwitches,
} from './present-dataset.ts';
import type { RoomCall, Routes } from './routes.ts';
import { kindsOf, presentRule, readRule, readSwitches } from './rule-body.ts';
import type { DataartsServices } from './services.ts';

const tag = 'datasets';
const root = '/datasets';
const one = `${root}/:dataset`;

const settingOf = (room: Room): Setting => ({ workspaceId: room.id, administers: administersRoom(room) });

/** The dataset that the path names, as the domain calls it. */
function idOf({ path }: RoomCall): string {
  const id = uuidOf(path('dataset'));
  if (id === null) throw resourceNotFound();
  return id;
}

async function contextOf(
  { connections }: Pick<DataartsServices, 'connections'>,
  { site, room }: RoomCall,
  view: DatasetModelView,
): Promise<DatasetContext> {
  const connection = await connections.byNumber(room, view.sourceNumber);
  return { site, room, sourceType: connection?.type ?? null };
}

export function registerDatasets(routes: Routes, services: DataartsServices): void {
  const { datasetModels, connections } = services;
  routes.inWorkspace(
    {
      method: 'GET',
      path: root,
      id: 'listDatasets',
      tag,
      summary: 'Datasets of the workspace.',
      role: 'viewer',
      query: ['name', 'sort_key', 'sort_dir', 'limit', 'offset'],
    },
    async (call) => {
      const { principal, room, query } = call;
      const name = textOf(query.name, 'name', 128);
      const sortKey = choiceOf(query.sort_key, 'sort_key', ['name', 'create_date', 'update_date']) ?? 'create_date';
      const options = { name, sortKey, sortDirection: directionOf(query, 'desc') };
      const found = await datasetModels.ofWorkspace(principal, settingOf(room), windowOf(query), options);
      const shown = await Promise.all(
        found.items.map(async ({ view, points }) => presentListed(view, await contextOf(services, call, view), points)),
      );
      return paged({ items: shown, count: found.count }, (item) => item);
    },
  );
  routes.inWorkspace(
    { method: 'GET', path: `${one}/metadata`, id: 'getDataset', tag, summary: 'One dataset.', role: 'viewer' },
    async (call) => {
      const view = await datasetModels.get(call.principal, idOf(call), settingOf(call.room));
      return presentMetadata(view, await contextOf(services, call, view));
    },
  );
  routes.inWorkspace(
    {
      method: 'POST',
      path: `${root}/save`,
      id: 'saveDataset',
      tag,
      summary: 'Make a dataset, or replace the one whose id is given.',
      role: 'developer',
      body: datasetMembers,
    },
    async (call) => {
      const { principal, room, request } = call;
      const body = readObject(request);
      const setting = settingOf(room);
      const id = textOf(body.id, 'id', 128) || undefined;
      const uid = id === undefined ? undefined : uuidOf(id);
      if (uid === null) throw resourceNotFound();
      // What is there is looked for before the rest of the body is read (§2.4).
      const before = uid === undefined ? undefined : await datasetModels.get(principal, uid, setting);
      const write = readDataset(body);
      const { connection, as } = await connections.admit(principal, room, write.sourceId, 'source.view');
      if (before !== undefined && before.source.id !== connection.uid) throw invalidParameter('ds_id');
      const definition = write.definition(before);
      const saved =
        before === undefined
          ? await datasetModels.create(as, { ...definition, source: connection.uid }, setting)
          : await datasetModels.replace(principal, before.id, definition, { setting });
      return presentSaved(saved, await contextOf(services, call, saved));
    },
  );
  routes.inWorkspace(
    { method: 'DELETE', path: one, id: 'deleteDataset', tag, summary: 'Delete a dataset.', role: 'developer' },
    async (call) => {
      await datasetModels.delete(call.principal, idOf(call), settingOf(call.room));
      return done;
    },
  );
}

export function registerDatasetRules(routes: Routes, { datasetModels, datasetRules }: DataartsServices): void {
  const role = 'developer' as const;
  routes.inWorkspace(
    {
      method: 'GET',
      path: `${one}/permission-config`,
      id: 'getDatasetSwitches',
      tag,
      summary: 'Which rules are on.',
      role,
    },
    async (call) => presentSwitches(await datasetRules.switches(call.principal, idOf(call), settingOf(call.room))),
  );
  routes.inWorkspace(
    {
      method: 'POST',
      path: `${one}/permissions/config`,
      id: 'saveDatasetSwitches',
      tag,
      summary: 'Switch kinds of rules on and off; absent switches stay.',
      role,
      body: ['row_permission_config', 'col_permission_config'],
    },
    async (call) => {
      const { principal, room, request } = call;
      await datasetModels.get(principal, idOf(call), settingOf(room));
      await datasetRules.setSwitches(principal, idOf(call), readSwitches(readObject(request)), settingOf(room));
      return done;
    },
  );
  routes.inWorkspace(
    {
      method: 'GET',
      path: `${one}/permissions`,
      id: 'listDatasetRules',
      tag,
      summary: 'Rules of one type.',
      role,
      query: ['permission_type', 'offset', 'limit', 'sort_key', 'sort_dir'],
    },
    async (call) => {
      const { principal, room, query } = call;
      const setting = settingOf(room);
      const dataset = await datasetModels.get(principal, idOf(call), setting);
      const permission = choiceOf(query.permission_type, 'permission_type', ['ROW', 'COLUMN']);
      if (permission === undefined) throw invalidParameter('permission_type');
      const limit = integerOf(query.limit, 'limit', 1, 1000) ?? 10;
      const sorted = choiceOf(query.sort_key, 'sort_key', ['isOpen']) !== undefined;
      const found = await datasetRules.list(principal, dataset.id, {
        setting,
        kinds: kindsOf(permission),
        limit,
        offset: windowOf(query).offset,
        byState: sorted ? directionOf(query) : undefined,
      });
      return paged(found, (rule) => presentRule(rule, dataset));
    },
  );
  routes.inWorkspace(
    {
      method: 'POST',
      path: `${one}/permissions`,
      id: 'saveDatasetRules',
      tag,
      summary: 'Make or replace a rule, or several in a wrapper.',
      role,
      body: [
        'dataset_permissions',
        'id',
        'name',
        'dataset_id',
        'is_open',
        'permission_type',
        'rule_type',
        'rule_scope',
      ],
    },
    async (call) => {
      const { principal, room, request } = call;
      const setting = settingOf(room);
      const dataset = await datasetModels.get(principal, idOf(call), setting);
      const body = readObject(request);
      const wrapped = listOf(body.dataset_permissions, 'dataset_permissions', 1000);
      const rules = (wrapped ?? [body]).map((rule) => readRule(objectOf(rule, 'dataset_permissions') ?? {}, dataset));
      const saved = await datasetRules.saveAll(
        principal,
        dataset.id,
        rules.map(({ id, input }) => ({ rule: id === undefined ? null : (uuidOf(id) ?? id), input })),
        setting,
      );
      const [first] = saved;
      return wrapped !== undefined || first === undefined ? success : presentRule(first, dataset);
    },
  );
  routes.inWorkspace(
    {
      method: 'DELETE',
      path: `${one}/permissions/:permission`,
      id: 'deleteDatasetRule',
      tag,
      summary: 'Delete a rule.',
      role,
    },
    async (call) => {
      const { principal, room, path } = call;
      const rule = uuidOf(path('permission'));
      const dataset = await datasetModels.get(principal, idOf(call), settingOf(room));
      if (rule === null) throw resourceNotFound();
      await datasetRules.delete(principal, dataset.id, rule, settingOf(room));
      return done;
    },
  );
}
