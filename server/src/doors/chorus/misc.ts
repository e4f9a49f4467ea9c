/** Notifications, search, and what clients ask of a server beside its resources (chorus.md §3.3, §3.12, §3.13). */
import { InvalidError, NotFoundError } from '../../domain/errors.ts';
import type { Listed, Notification } from '../../domain/workspaces/index.ts';
import { sendError } from './errors.ts';
import { listed, pageOf } from './paging.ts';
import { idOf, listOf, plainText, textOf } from './params.ts';
import {
  presentPerson,
  presentPersonShort,
  presentSource,
  presentSourceShort,
  presentWorkspaceShort,
  time,
} from './present.ts';
import { presentActivity, presentWorkfileEntry } from './present-content.ts';
import { enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

type Wire = Record<string, unknown>;
const tag = 'system';
const megabyte = 1024 * 1024;

export function registerNotifications(routes: Routes, { notifications, people }: ChorusServices): void {
  routes.add(
    { method: 'GET', path: '/notifications', id: 'listNotifications', tag: 'notes', summary: 'What concerns me.' },
    async ({ principal, params }) => {
      const page = pageOf(params);
      const filter = { unreadOnly: textOf(params.type) === 'unread' };
      const found = await notifications.list(principal, filter, page);
      const recipient = presentPersonShort(await people.get(principal, principal.subject.id));
      return listed(page, found, ({ id, activity, at, unread }: Notification) => ({
        id,
        recipient,
        event: presentActivity(activity),
        unread,
        timestamp: time(at),
        complete_json: true,
      }));
    },
  );
  routes.add(
    { method: 'PUT', path: '/notifications/read', id: 'readNotifications', tag: 'notes', summary: 'I have read them.' },
    async ({ principal, params }) => {
      const named = params.notification_ids;
      const ids = named === undefined ? undefined : listOf(named).map((value) => idOf(value) ?? 0);
      await notifications.markRead(principal, ids);
      return {};
    },
  );
}

export function registerSearch(routes: Routes, { search }: ChorusServices): void {
  const of = <T>({ items, records }: Listed<T>, present: (item: T) => Wire): Wire => ({
    results: items.map(present),
    numFound: records,
  });
  routes.add(
    { method: 'GET', path: '/search', id: 'search', tag, summary: 'By a part of names; `query` is the text.' },
    async ({ principal, params }) => {
      const found = await search.find(principal, plainText(params.query) ?? '', pageOf(params));
      return enveloped({
        users: of(found.people, presentPerson),
        workspaces: of(found.workspaces, presentWorkspaceShort),
        workfiles: of(found.workfiles, presentWorkfileEntry),
        data_sources: of(found.sources, presentSourceShort),
      });
    },
  );
}

/** What a client may show and send; nothing of it is a secret. */
export function registerConfig(routes: Routes): void {
  routes.add(
    { method: 'GET', path: '/config', id: 'getConfig', tag, summary: 'What a client may show and send.' },
    () =>
      enveloped({
        gpfdist_configured: false,
        gnip_configured: false,
        kaggle_configured: false,
        tableau_configured: false,
        default_preview_row_limit: 1000,
        file_sizes_mb_workfiles: 100,
        file_sizes_mb_user_icon: 5,
        file_sizes_mb_workspace_icon: 5,
        body_limit_bytes: 4 * megabyte,
      }),
  );
}

/** Kinds of data sources that are resources of their own there, and that nothing here runs. */
export function registerOtherSources(routes: Routes, { sources, sandboxUsage }: ChorusServices): void {
  for (const [path, name] of [
    ['/hdfs_data_sources', 'Hdfs'],
    ['/gnip_data_sources', 'Gnip'],
  ] as const) {
    routes.add(
      { method: 'GET', path, id: `list${name}DataSources`, tag: 'data sources', summary: 'There are none.' },
      ({ params }) => listed(pageOf(params), { items: [], records: 0 }, (item) => item),
    );
  }
  routes.add(
    {
      method: 'GET',
      path: '/jdbc_hive_data_sources',
      id: 'listHiveDataSources',
      tag: 'data sources',
      summary: 'Hive over JDBC, among the data sources.',
    },
    async ({ principal, params }) => {
      const page = pageOf(params);
      const filter = { entityTypes: ['jdbc_hive_data_source'], all: params.all !== undefined };
      return listed(page, await sources.list(principal, filter, page), presentSource);
    },
  );
  routes.add(
    {
      method: 'GET',
      path: '/data_sources/:id/workspace_detail',
      id: 'getWorkspaceDetail',
      tag: 'data sources',
      summary: 'How large the sandboxes are that it holds.',
    },
    async ({ principal, id }) => {
      const uses = await sandboxUsage.of(principal, id('id'));
      const workspaces = uses?.map((use) => ({
        id: use.id,
        name: use.name,
        size_in_bytes: use.bytes,
        percentage_used: use.percentage,
        owner_full_name: use.ownerName,
        schema_name: use.schema,
        database_name: use.database,
      }));
      return enveloped({
        workspaces: workspaces ?? null,
        sandboxes_size_in_bytes: uses?.reduce((sum, { bytes }) => sum + bytes, 0) ?? null,
        complete_json: true,
      });
    },
  );
}

/** Jobs are not in this server's licence: clients learn it from `is_enabled_jobs` too (§3.0, §7 E12). */
export function registerJobs(routes: Routes, { workspaces }: ChorusServices): void {
  const ofRoom = '/workspaces/:id/jobs';
  const one = `${ofRoom}/:job`;
  const notLicensed = { status: 403, body: { errors: { license: 'NOT_LICENSED' } } };
  for (const [method, path, name, summary] of [
    ['GET', ofRoom, 'listJobs', 'Jobs of a workspace: not licensed.'],
    ['POST', ofRoom, 'createJob', 'Not licensed.'],
    ['GET', one, 'getJob', 'Not licensed.'],
    ['PUT', one, 'updateJob', 'Not licensed.'],
    ['DELETE', one, 'deleteJob', 'Not licensed.'],
  ] as const) {
    routes.add({ method, path, id: name, tag: 'workspaces', summary }, async ({ principal, reply, id }) => {
      await workspaces.get(principal, id('id'));
      return sendError(reply, notLicensed);
    });
  }
  for (const step of ['run', 'stop'] as const) {
    routes.add(
      { method: 'POST', path: `/jobs/:id/${step}`, id: `${step}Job`, tag: 'workspaces', summary: 'There are none.' },
      ({ id }) => {
        throw new NotFoundError('job_not_found', `There is no job ${id('id')}.`);
      },
    );
  }
}

export function registerDirectory(routes: Routes, { people }: ChorusServices): void {
  routes.add(
    { method: 'GET', path: '/users/ldap', id: 'searchDirectory', tag: 'users', summary: 'Who has this name there.' },
    async ({ principal, params, reply }) => {
      try {
        const found = await people.inDirectories(principal, plainText(params.username) ?? '');
        return listed(pageOf(params), { items: found, records: found.length }, (person) => ({
          username: person.username,
          first_name: person.firstName,
          last_name: person.lastName,
          email: person.email,
          title: null,
          dept: null,
          ldap_dn: person.dn,
        }));
      } catch (error) {
        // What is wrong with a directory is told as at the log-in (§2.1, §3.0).
        if (!(error instanceof InvalidError) || error.code !== 'directory_unavailable') throw error;
        return sendError(reply, { status: 400, body: { errors: { message: error.message } } });
      }
    },
  );
}
