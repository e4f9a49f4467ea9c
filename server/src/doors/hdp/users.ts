/** Users as administrators manage them (hdp.md §4.9, §5.3). */
import type { Principal, RoleRef, UserAccount, UserPatch } from '../../domain/identity/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import type { JsonObject } from '../../domain/sources/index.ts';
import type { Payload } from './body.ts';
import { presentListed } from './datasources.ts';
import { invalidProperty, lacking } from './errors.ts';
import { presentAuth, presentGrants, presentPassword, presentStatus, presentUser, timeOf } from './present.ts';
import { created, type HdpCall, type Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'users';
const base = '/api/admin/users';
/** Longest password that an administrator sets (hdp.md §5.9). */
const maxGivenPassword = 32;

function statusOf(payload: Payload, now: Date, lockSeconds: number): Pick<UserPatch, 'status' | 'lockedUntil'> {
  const status = payload.integer('status');
  if (status !== 0 && status !== 1) throw payload.invalid('status');
  const locked = payload.optionalBoolean('accountLocked');
  const until = payload.optionalText('accountLockedUntil', 40);
  const end =
    locked === true
      ? until === undefined
        ? new Date(now.getTime() + lockSeconds * 1000)
        : timeOf(until, 'accountLockedUntil')
      : locked === false
        ? null
        : undefined;
  return { status: status === 1 ? 'active' : 'inactive', ...(end === undefined ? {} : { lockedUntil: end }) };
}

function passwordOf(payload: Payload): {
  passwordStatus: 1 | 2 | undefined;
  passwordExpiresAt: Date | null | undefined;
} {
  const status = payload.optionalInteger('passwordStatus');
  if (status !== undefined && status !== 1 && status !== 2) throw payload.invalid('passwordStatus');
  const expires = payload.optionalText('passwordExpiration', 40);
  const at = expires === undefined || expires === '' ? undefined : timeOf(expires, 'passwordExpiration');
  return { passwordStatus: status, passwordExpiresAt: at ?? (payload.has('passwordExpiration') ? null : undefined) };
}

function grantsOf(payload: Payload): { roles: RoleRef[]; permissions: number[] } {
  const roles = payload.ids('roles');
  if (roles.length === 0) throw payload.invalid('roles');
  const permissions = payload.get('permissions') === undefined ? [] : payload.permissions('permissions');
  return { roles: roles.map((id) => ({ id })), permissions };
}

interface Link {
  readonly serviceId: number;
  readonly login: string;
}

function authOf(payload: Payload): Link[] {
  return payload.objects('authUsers').map((item) => ({
    serviceId: item.id('authServiceId'),
    login: item.text('authUserName', 128),
  }));
}

/** Ways to sign in: by the sign-in services where there are any, else by the user name alone. */
class Links {
  readonly #signIn: HdpServices['signIn'];

  constructor({ signIn }: HdpServices) {
    this.#signIn = signIn;
  }

  async of(principal: Principal, user: UserAccount): Promise<readonly Link[]> {
    return (await this.#signIn?.links.ofUser(principal, user.username)) ?? [{ serviceId: 1, login: user.username }];
  }

  async replace(principal: Principal, username: string, links: readonly Link[]): Promise<void> {
    if (this.#signIn !== undefined) return this.#signIn.links.replace(principal, username, links);
    const [only, ...more] = links;
    const own = only !== undefined && only.serviceId === 1 && only.login.toLowerCase() === username.toLowerCase();
    if (!own || more.length > 0) throw invalidProperty('authUsers');
  }
}

/** The ways in of a payload under the name that the user still has; a replacing write without any means the own one. */
function renamed(links: readonly Link[] | undefined, next: string, before: string): Link[] {
  const own = (login: string): boolean => login.toLowerCase() === next.toLowerCase();
  return (links ?? [{ serviceId: 1, login: before }]).map(({ serviceId, login }) => ({
    serviceId,
    login: serviceId === 1 && own(login) ? before : login,
  }));
}

/** Nobody changes the own roles and permissions, or locks himself out, here (hdp.md §4.9). */
function refuseOwnGrants(
  principal: Principal,
  user: UserAccount,
  grants: { roles: RoleRef[]; permissions: number[] },
): void {
  if (user.id !== principal.actor.id) return;
  const roles = grants.roles.map((role) => (typeof role === 'string' ? 0 : role.id)).sort((a, b) => a - b);
  const same =
    String(roles) === String(user.roleIds) && String(grants.permissions) === String(user.explicitPermissions);
  if (!same) throw lacking();
}

export function registerUsers(routes: Routes, services: HdpServices): void {
  const { users } = services.identity;
  const { lockoutPeriodSeconds } = services.settings;
  const one = `${base}/:user`;
  const view = { needs: [Permission.viewUsers] };
  const change = { needs: [Permission.modifyUsers], body: true as const };
  const read = (call: HdpCall): Promise<UserAccount> => users.account(call.principal, { id: call.id('user') });
  const status = (payload: Payload) => statusOf(payload, services.now(), lockoutPeriodSeconds);
  const links = new Links(services);
  const shown = async (call: HdpCall, user: UserAccount, details = false) =>
    presentUser(user, details, await links.of(call.principal, user));
  const write = async (call: HdpCall, patch: UserPatch): Promise<UserAccount> => {
    await users.update(call.principal, { id: call.id('user') }, patch);
    return read(call);
  };

  routes.add(
    { method: 'GET', path: base, id: 'listUsers', tag, summary: 'Users of administered tenants.', ...view },
    async (call) => {
      const details = call.query.get('details') === 'true';
      return { users: (await users.accounts(call.principal)).map((user) => presentUser(user, details)) };
    },
  );
  routes.add(
    {
      method: 'POST',
      path: base,
      id: 'createUser',
      tag,
      summary: 'Create a user.',
      needs: [Permission.createUsers],
      body: true,
    },
    async (call) => {
      const payload = call.payload();
      const username = payload.text('userName', 128);
      const tenantId = payload.optionalId('tenantId');
      const password = payload.optionalObject('passwordInfo');
      const given = password === undefined ? undefined : passwordOf(password);
      const auth = payload.optionalObject('authenticationInfo');
      const wanted = auth === undefined ? [] : authOf(auth);
      const made = await users.create(call.principal, {
        username,
        password: password?.optionalText('password', maxGivenPassword),
        ...(tenantId === undefined ? {} : { tenant: { id: tenantId } }),
        ...status(payload.object('statusInfo')),
        ...grantsOf(payload.object('permissions')),
        // The first password is temporary unless said.
        passwordStatus: given?.passwordStatus ?? 2,
        passwordExpiresAt: given?.passwordExpiresAt,
        administers: [],
      });
      const user = await users.account(call.principal, made.username);
      if (auth !== undefined) await links.replace(call.principal, user.username, wanted);
      return created(call, `${base}/${user.id}`, await shown(call, user));
    },
  );
  routes.add({ method: 'GET', path: one, id: 'getUser', tag, summary: 'Read a user.', ...view }, async (call) =>
    presentUser(await read(call), call.query.get('details') === 'true'),
  );
  routes.add(
    { method: 'PUT', path: one, id: 'updateUser', tag, summary: 'Replace a user.', ...change },
    async (call) => {
      const before = await read(call);
      const payload = call.payload();
      const grants = grantsOf(payload.object('permissions'));
      refuseOwnGrants(call.principal, before, grants);
      const password = payload.optionalObject('passwordInfo');
      const { passwordStatus, passwordExpiresAt } = password === undefined ? {} : passwordOf(password);
      const auth = payload.optionalObject('authenticationInfo');
      const wanted = auth === undefined ? undefined : authOf(auth);
      const tenantId = payload.optionalId('tenantId');
      const newPassword = password?.optionalText('password', maxGivenPassword);
      const patch: UserPatch = {
        username: payload.text('userName', 128),
        ...status(payload.object('statusInfo')),
        ...(before.id === call.principal.actor.id ? {} : grants),
        ...(tenantId === undefined || tenantId === before.tenantId ? {} : { tenant: { id: tenantId } }),
        passwordStatus,
        // What a replacing write leaves out goes.
        passwordExpiresAt: passwordExpiresAt ?? null,
      };
      if (newPassword !== undefined) {
        await users.setPassword(
          call.principal,
          { id: before.id },
          newPassword,
          passwordStatus === 1 ? 'lasting' : 'temporary',
        );
      }
      // What may be refused for what another part knows comes before anything is changed.
      await links.replace(call.principal, before.username, renamed(wanted, patch.username ?? '', before.username));
      const changed = await write(call, patch);
      return shown(call, changed);
    },
  );
  routes.add(
    {
      method: 'DELETE',
      path: one,
      id: 'deleteUser',
      tag,
      summary: 'Delete a user with the sources he owns.',
      needs: [Permission.deleteUsers],
    },
    (call) => users.delete(call.principal, { id: call.id('user') }, 'delete'),
  );

  routes.add(
    { method: 'GET', path: `${one}/statusinfo`, id: 'getUserStatus', tag, summary: 'Active, locked.', ...view },
    async (call) => presentStatus(await read(call)),
  );
  routes.add(
    {
      method: 'PUT',
      path: `${one}/statusinfo`,
      id: 'putUserStatus',
      tag,
      summary: 'Activate, lock, unlock.',
      ...change,
    },
    async (call) => {
      await read(call);
      return presentStatus(await write(call, status(call.payload())));
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${one}/passwordinfo`,
      id: 'getUserPassword',
      tag,
      summary: 'How the password stands.',
      ...view,
    },
    async (call) => presentPassword(await read(call)),
  );
  routes.add(
    {
      method: 'PUT',
      path: `${one}/passwordinfo`,
      id: 'putUserPassword',
      tag,
      summary: 'Expire a password.',
      ...change,
    },
    async (call) => {
      await read(call);
      const payload = call.payload();
      if (payload.get('passwordStatus') === undefined) throw payload.invalid('passwordStatus');
      const { passwordStatus, passwordExpiresAt } = passwordOf(payload);
      return presentPassword(await write(call, { passwordStatus, passwordExpiresAt: passwordExpiresAt ?? null }));
    },
  );
  routes.add(
    {
      method: 'PUT',
      path: `${one}/resetpassword`,
      id: 'resetPassword',
      tag,
      summary: 'Set a temporary password.',
      ...change,
    },
    async (call) => {
      await read(call);
      const password = call.payload().text('newPassword', maxGivenPassword);
      await users.setPassword(call.principal, { id: call.id('user') }, password, 'temporary');
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${one}/permissions`,
      id: 'getUserPermissions',
      tag,
      summary: 'Roles and explicit permissions.',
      ...view,
    },
    async (call) => presentGrants(await read(call)),
  );
  routes.add(
    {
      method: 'PUT',
      path: `${one}/permissions`,
      id: 'putUserPermissions',
      tag,
      summary: 'Replace roles and permissions.',
      ...change,
    },
    async (call) => {
      const before = await read(call);
      const grants = grantsOf(call.payload());
      refuseOwnGrants(call.principal, before, grants);
      if (before.id === call.principal.actor.id) return presentGrants(before);
      return presentGrants(await write(call, grants));
    },
  );
  routes.add(
    { method: 'GET', path: `${one}/authinfo`, id: 'getUserAuth', tag, summary: 'Names to sign in with.', ...view },
    async (call) => {
      const user = await read(call);
      return presentAuth(await links.of(call.principal, user));
    },
  );
  routes.add(
    { method: 'PUT', path: `${one}/authinfo`, id: 'putUserAuth', tag, summary: 'Replace these names.', ...change },
    async (call) => {
      const user = await read(call);
      await links.replace(call.principal, user.username, authOf(call.payload()));
      return presentAuth(await links.of(call.principal, user));
    },
  );
  registerUserSources(routes, services);
}

const logLevels = ['dasLogLevel', 'privacyLevel'] as const;
const loggers: ReadonlySet<string> = new Set(['ADAPTER', 'CLOUD', 'DRIVERCOMMUNICATION', 'SQL']);
const initialLogging: JsonObject = { dasLogLevel: 0, privacyLevel: 0, driverLogConfig: [] };

function registerUserSources(routes: Routes, { identity, doorSources }: HdpServices): void {
  const path = `${base}/:user/datasources`;
  routes.add(
    {
      method: 'GET',
      path,
      id: 'listUserDataSources',
      tag,
      summary: 'The data sources of a user.',
      needs: [Permission.viewUsers],
    },
    async (call) => {
      const user = await identity.users.account(call.principal, { id: call.id('user') });
      const listed = await doorSources.listOf(call.principal, 'hdp', user.id);
      return {
        dataSources: listed.map((source) => ({
          ...presentListed(source, user.id, true),
          ...(source.permissions === null ? {} : { permissions: source.permissions.filter((id) => id < 100) }),
        })),
      };
    },
  );
  const logging = `${path}/:datasource/logging`;
  const administrator = { needs: [Permission.administrator] };
  routes.add(
    { method: 'GET', path: logging, id: 'getLogging', tag, summary: 'How a source is logged.', ...administrator },
    async (call) => {
      const user = await identity.users.account(call.principal, { id: call.id('user') });
      return (await doorSources.words(call.principal, call.id('datasource'), user.id, 'hdp')).logging ?? initialLogging;
    },
  );
  routes.add(
    { method: 'PUT', path: logging, id: 'putLogging', tag, summary: 'Set it.', ...administrator, body: true },
    async (call) => {
      const user = await identity.users.account(call.principal, { id: call.id('user') });
      const id = call.id('datasource');
      await doorSources.words(call.principal, id, user.id, 'hdp');
      const payload = call.payload();
      const levels = Object.fromEntries(logLevels.map((name) => [name, payload.integer(name)]));
      const driverLogConfig = payload.objects('driverLogConfig').map((item) => {
        const name = item.text('name', 32);
        if (!loggers.has(name)) throw item.invalid('name');
        return { name, logLevel: item.integer('logLevel') };
      });
      const next = { ...levels, driverLogConfig };
      await doorSources.setWord(call.principal, id, user.id, 'hdp', 'logging', next);
      return next;
    },
  );
}
