/** Limits at four levels, and usage meters (hdp.md §4.11, §4.14, §5.10). */
import { type LimitDefinition, type LimitPlace, limitDefinitions, limitNumbered } from '../../domain/access/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import { idOf } from './body.ts';
import { HdpError, invalidProperty, notThere } from './errors.ts';
import { created, type HdpCall, type Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'limits';
const base = '/api/admin/limits';
const needs = [Permission.limits];
const bits = { system: 1, tenant: 2, user: 4, source: 8 } as const;

type Known = LimitDefinition & { readonly id: number };
const known = limitDefinitions.filter((one): one is Known => one.id !== null);

function present(limit: Known): Record<string, unknown> {
  return {
    id: limit.id,
    name: limit.name,
    description: limit.description,
    minValue: limit.minimum,
    maxValue: limit.maximum,
    defaultValue: limit.fallback,
    validForLimits: limit.levels.reduce((sum, level) => sum + bits[level], 0),
  };
}

interface Level {
  /** Ids of operations. */
  readonly word: string;
  readonly path: string;
  readonly place: (call: HdpCall) => LimitPlace | Promise<LimitPlace>;
}

export function registerLimits(routes: Routes, services: HdpServices): void {
  const { limits, identity, doorSources } = services;
  routes.add(
    { method: 'GET', path: base, id: 'listLimits', tag, summary: 'The limits that there are.', needs },
    () => ({
      limits: known.map(present),
    }),
  );
  /** hdp.md §2.4: a data source that is not this user's. */
  const ofUser = async (call: HdpCall): Promise<LimitPlace> => {
    const user = await identity.users.account(call.principal, { id: call.id('user') });
    const id = call.id('datasource');
    const owned = await doorSources.isOwned(id, user.id);
    if (!owned)
      throw new HdpError(400, 222207926, `Datasource with id=${id} does not belong to user with id=${user.id}`);
    return { level: 'source', subject: { id } };
  };
  const levels: readonly Level[] = [
    { word: 'System', path: `${base}/system`, place: () => ({ level: 'system' }) },
    {
      word: 'Tenant',
      path: `${base}/tenants/:tenant`,
      place: (call) => ({ level: 'tenant', subject: { id: call.id('tenant') } }),
    },
    {
      word: 'User',
      path: `${base}/users/:user`,
      place: (call) => ({ level: 'user', subject: { id: call.id('user') } }),
    },
    { word: 'DataSource', path: `${base}/users/:user/datasources/:datasource`, place: ofUser },
  ];
  for (const level of levels) registerLevel(routes, limits, level);
  registerUsage(routes, services);
}

function limitOf(call: HdpCall): Known {
  const id = idOf(call.text('limit'));
  const found = id === undefined ? undefined : limitNumbered(id);
  if (found === undefined) throw notThere('limit', call.text('limit').slice(0, 64));
  return found as Known; // found by its number
}

function registerLevel(routes: Routes, limits: HdpServices['limits'], { word, path, place }: Level): void {
  routes.add(
    { method: 'GET', path, id: `list${word}Limits`, tag, summary: 'The limits set here.', needs },
    async (call) => {
      const values = await limits.at(call.principal, await place(call));
      const set = known.flatMap(({ id, name }) => {
        const value = values.get(name);
        return value === undefined ? [] : [{ id, name, value }];
      });
      return { limits: set };
    },
  );
  const one = `${path}/:limit`;
  routes.add({ method: 'GET', path: one, id: `get${word}Limit`, tag, summary: 'One of them.', needs }, async (call) => {
    const limit = limitOf(call);
    const value = (await limits.at(call.principal, await place(call))).get(limit.name);
    if (value === undefined) throw notThere('limit', limit.id);
    return { value };
  });
  for (const method of ['POST', 'PUT'] as const) {
    const id = `${method === 'POST' ? 'create' : 'update'}${word}Limit`;
    routes.add({ method, path: one, id, tag, summary: 'Set a limit.', needs, body: true }, async (call) => {
      const limit = limitOf(call);
      const where = await place(call);
      await limits.at(call.principal, where); // the right comes before the payload
      const value = call.payload().integer('value');
      await limits.set(call.principal, { ...where, name: limit.name, value });
      return method === 'POST' ? created(call, call.request.url.split('?')[0]!, { value }) : { value };
    });
  }
  routes.add(
    { method: 'DELETE', path: one, id: `delete${word}Limit`, tag, summary: 'Set it no more.', needs },
    async (call) => {
      const limit = limitOf(call);
      await limits.set(call.principal, { ...(await place(call)), name: limit.name, value: null });
    },
  );
}

const day = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

function registerUsage(routes: Routes, { usage }: HdpServices): void {
  routes.add(
    {
      method: 'GET',
      path: '/api/admin/usage',
      id: 'listUsage',
      tag: 'usage',
      summary: 'What was used, by day.',
      needs,
    },
    async ({ principal, query }) => {
      const number = (name: string): number | undefined => {
        const text = query.get(name);
        const id = idOf(text);
        if (text !== undefined && id === undefined) throw invalidProperty(name);
        return id;
      };
      const date = (name: string): string | undefined => {
        const text = query.get(name);
        if (text === undefined) return undefined;
        const time = new Date(`${text}T00:00:00Z`);
        if (day.test(text) && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)) return text;
        throw invalidProperty(name);
      };
      const rows = await usage.read(principal, {
        userId: number('userId'),
        sourceId: number('dataSourceId'),
        from: date('from'),
        to: date('to'),
      });
      return { usage: rows.map(({ sourceId, ...row }) => ({ ...row, dataSourceId: sourceId })) };
    },
  );
}
