/** Shares with users and with tenants: exact lists of permissions (hdp.md §4.3, §4.4, §6). */
import type { ShareSubject, ShareView } from '../../domain/access/index.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import { HdpError, lacking, noShare } from './errors.ts';
import { created, type HdpCall, type Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

interface Kind {
  readonly type: 'user' | 'tenant';
  /** Name of the collection and of the wrapper. */
  readonly plural: 'sharedUsers' | 'sharedTenants';
  /** Member that names the subject. */
  readonly member: 'userId' | 'tenantId';
  /** Ids of operations. */
  readonly word: string;
}

const kinds: readonly Kind[] = [
  { type: 'user', plural: 'sharedUsers', member: 'userId', word: 'SharedUser' },
  { type: 'tenant', plural: 'sharedTenants', member: 'tenantId', word: 'SharedTenant' },
];

const shown = (permissions: readonly number[]): number[] => permissions.filter((id) => id < 100);

/** Sharing with tenants is for administrators (§6.1). */
function requireAdministrator({ actor }: Principal, type: Kind['type'], tenantId?: number): void {
  if (type === 'user' || actor.permissions.has(Permission.administrator)) return;
  const { adminOfTenantIds: tenants } = actor;
  if (tenantId === undefined ? tenants.length > 0 : tenants.includes(tenantId)) return;
  throw lacking();
}

export function registerSharing(routes: Routes, services: HdpServices): void {
  for (const kind of kinds) {
    registerCollection(routes, services, kind);
    registerItem(routes, services, kind);
  }
}

function registerCollection(routes: Routes, { shares, doorSources }: HdpServices, kind: Kind): void {
  const { type, plural, member, word } = kind;
  const path = `/api/mgmt/datasources/:datasource/${plural}`;
  const entry = (share: ShareView) => ({ [member]: share.subject.id, permissions: shown(share.permissions) });
  routes.add(
    {
      method: 'GET',
      path,
      id: `list${word}s`,
      tag: 'sharing',
      summary: 'Who has a share.',
      behalf: [Permission.viewSource],
    },
    async (call) => {
      const id = call.id('datasource');
      await doorSources.admit(call.principal, { id }, 'source.shares.view');
      requireAdministrator(call.principal, type);
      const all = await shares.list(call.principal, { id });
      return { [plural]: all.filter((share) => share.subject.type === type).map(entry) };
    },
  );
  routes.add(
    {
      method: 'POST',
      path,
      id: `add${word}s`,
      tag: 'sharing',
      summary: 'Add shares, or replace those of the named; others stay. All or none.',
      behalf: [Permission.modifySource],
      body: true,
    },
    async (call) => {
      const { principal } = call;
      const id = call.id('datasource');
      await doorSources.admit(principal, { id }, 'source.share');
      requireAdministrator(principal, type);
      const entries = call
        .payload()
        .objects(plural)
        .map((item) => ({
          subject: { type, id: item.id(member) },
          input: { permissions: item.sharePermissions('permissions') },
        }));
      for (const { subject } of entries) requireAdministrator(principal, type, subject.id);
      const twice = entries.some(
        ({ subject }, index) => entries.findIndex((one) => one.subject.id === subject.id) < index,
      );
      if (twice) throw new HdpError(400, 900000002, `Missing or invalid property '${member}'.`);
      const stored = await shares.add(principal, { id }, entries);
      return created(call, call.request.url.split('?')[0]!, { [plural]: stored.map(entry) });
    },
  );
  routes.add(
    {
      method: 'DELETE',
      path,
      id: `delete${word}s`,
      tag: 'sharing',
      summary: 'Stop sharing with everybody; needs DeleteDataSource (4).',
      behalf: [Permission.deleteSource],
    },
    async (call) => {
      const id = call.id('datasource');
      await doorSources.admit(call.principal, { id }, 'source.unshare');
      requireAdministrator(call.principal, type);
      await shares.removeAll(call.principal, { id }, type);
    },
  );
}

function registerItem(routes: Routes, { shares, doorSources }: HdpServices, { type, plural, word }: Kind): void {
  const path = `/api/mgmt/datasources/:datasource/${plural}/:${type}`;
  const subjectOf = (call: HdpCall): ShareSubject => ({ type, id: call.id(type) });
  /** Whoever is out of reach has no share that the caller could speak of. */
  const orNoShare = async <T>(call: HdpCall, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'subject_not_found')) throw error;
      throw noShare(call.text('datasource'), call.text(type));
    }
  };
  routes.add(
    {
      method: 'GET',
      path,
      id: `get${word}`,
      tag: 'sharing',
      summary: 'The permissions of a share.',
      behalf: [Permission.viewSource],
    },
    async (call) => {
      const id = call.id('datasource');
      await doorSources.admit(call.principal, { id }, 'source.shares.view');
      requireAdministrator(call.principal, type);
      const share = await orNoShare(call, shares.get(call.principal, { id }, subjectOf(call)));
      return { permissions: shown(share.permissions) };
    },
  );
  routes.add(
    {
      method: 'PUT',
      path,
      id: `put${word}`,
      tag: 'sharing',
      summary: 'Set exactly these permissions on a share that exists.',
      behalf: [Permission.modifySource],
      body: true,
    },
    async (call) => {
      const { principal } = call;
      const id = call.id('datasource');
      const facts = await doorSources.admit(principal, { id }, 'source.share');
      const subject = subjectOf(call);
      requireAdministrator(principal, type, call.id(type));
      let permissions: number[];
      try {
        permissions = call.payload().sharePermissions('permissions');
      } catch (error) {
        // What is not there comes before what is wrong about the payload.
        if (!(await shares.exists(facts, subject))) throw noShare(call.text('datasource'), call.text(type));
        throw error;
      }
      const share = await orNoShare(call, shares.replace(principal, { id }, subject, { permissions }));
      return { permissions: shown(share.permissions) };
    },
  );
  routes.add(
    {
      method: 'DELETE',
      path,
      id: `delete${word}`,
      tag: 'sharing',
      summary: 'Stop sharing with one.',
      behalf: [Permission.modifySource],
    },
    async (call) => {
      const id = call.id('datasource');
      await doorSources.admit(call.principal, { id }, 'source.share');
      requireAdministrator(call.principal, type, call.id(type));
      await orNoShare(call, shares.remove(call.principal, { id }, subjectOf(call)));
    },
  );
}
