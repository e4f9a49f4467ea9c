/** Signing in and out (chorus.md §2), and what may be asked without a sign-in (§3.13). */
import { randomBytes } from 'node:crypto';
import { BusyError, InvalidError, UnauthenticatedError, UnavailableError } from '../../domain/errors.ts';
import type { FieldProblem } from '../../domain/workspaces/index.ts';
import { contextOf, cookieText, isSecure, refuseForeignPage } from './auth.ts';
import { fieldErrors, sendError } from './errors.ts';
import { attributesOf, type Fields, plainText, readParams } from './params.ts';
import { presentPerson, presentPersonAtLogin } from './present.ts';
import { enveloped, type Routes } from './routes.ts';
import { sendJson } from './send.ts';
import type { ChorusServices } from './services.ts';

const tag = 'sessions';

/** The version whose dialect this is, and ours. */
const dialect = '6.6.0.0';

function blanks(username: string, password: string): FieldProblem[] {
  return [
    ...(username.trim() === '' ? [{ field: 'username', code: 'blank' }] : []),
    ...(password === '' ? [{ field: 'password', code: 'blank' }] : []),
  ];
}

const wrong: FieldProblem = { field: 'username_or_password', code: 'invalid' };

export function registerSessions(routes: Routes, services: ChorusServices): void {
  const { identity, people } = services;
  routes.open(
    { method: 'POST', path: '/sessions', id: 'signIn', tag, summary: 'Sign in with a user name and password.' },
    async (request, reply) => {
      const params = attributesOf(readParams(request), 'session');
      refuseForeignPage(request, services.publicUrl);
      const username = plainText(params.username) ?? '';
      const password = plainText(params.password) ?? '';
      const missing = blanks(username, password);
      if (missing.length > 0) return sendError(reply, fieldErrors(missing, 401));
      const wait = services.signInLimiter.enabled ? services.signInLimiter.take(`address:${request.ip}`) : 0;
      if (wait > 0) throw new BusyError('rate_limited', `Too many sign-ins: try again in ${wait} s.`);
      try {
        await identity.addresses.check('management', request.ip, null);
        const session = await identity.authenticator.signIn({ username, password }, contextOf(request));
        await identity.sessions.extend(session.principal, services.sessionMinutes);
        const person = await people.get(session.principal, session.principal.subject.id);
        reply.code(201).header('set-cookie', cookieText(session.token, isSecure(services, request)));
        const user = presentPersonAtLogin(person);
        return sendJson(reply, enveloped({ session_id: session.token, user, complete_json: true }));
      } catch (error) {
        if (error instanceof UnauthenticatedError) return sendError(reply, fieldErrors([wrong], 401));
        if (error instanceof UnavailableError || error instanceof InvalidError) {
          return sendError(reply, { status: 400, body: { errors: { message: error.message } } });
        }
        throw error;
      }
    },
  );
  routes.open(
    {
      method: 'DELETE',
      path: '/sessions',
      id: 'signOut',
      tag,
      summary: 'Sign out; no error when nobody is signed in.',
    },
    async (request, reply) => {
      await signOut(routes, services, request, readParams(request));
      reply.header('set-cookie', cookieText('', isSecure(services, request)));
      return sendJson(reply, { csrf_token: randomBytes(32).toString('base64') });
    },
  );
  routes.add(
    { method: 'GET', path: '/sessions', id: 'getSession', tag, summary: 'Who is signed in.' },
    async ({ principal, token }) => {
      const user = presentPerson(await people.get(principal, principal.subject.id));
      return enveloped({ session_id: token, user, complete_json: true });
    },
  );
}

async function signOut(
  routes: Routes,
  services: ChorusServices,
  request: Parameters<typeof contextOf>[0],
  params: Fields,
): Promise<void> {
  try {
    const { principal } = await routes.signIns.of(request, params, 'read');
    await services.identity.sessions.signOut(principal);
  } catch (error) {
    if (!(error instanceof UnauthenticatedError)) throw error;
  }
}

export function registerSystem(routes: Routes, services: ChorusServices): void {
  routes.open(
    { method: 'GET', path: '/VERSION', id: 'getVersion', tag: 'system', summary: 'The version, as text.' },
    async (_request, reply) => reply.type('text/plain; charset=utf-8').send(`${dialect}-headgate-${services.version}`),
  );
  routes.open(
    { method: 'GET', path: '/status', id: 'getStatus', tag: 'system', summary: 'That the server runs.' },
    async (_request, reply) =>
      sendJson(reply, {
        user_count_exceeded: false,
        updated_at: `${services.now().toISOString().slice(0, 19)}Z`,
        status: 'Chorus is running',
      }),
  );
  routes.add(
    {
      method: 'GET',
      path: '/license',
      id: 'getLicense',
      tag: 'system',
      summary: 'What is switched on; nothing is limited.',
    },
    () => enveloped(licence(services.version)),
  );
}

/** Nothing here is limited by a licence; clients ask what they may show. */
function licence(version: string): Record<string, unknown> {
  const seats = 1_000_000;
  return {
    admins: seats,
    advisor_now_enabled: false,
    analytics_developer: seats,
    analytics_developer_limit_reached: false,
    branding: 'alpine',
    business_user: seats,
    business_user_limit_reached: false,
    client_name: null,
    collaborator: seats,
    collaborator_limit_reached: false,
    correct_mac_address: true,
    data_analyst: seats,
    data_analyst_limit_reached: false,
    expired: false,
    expires: '2099-12-31',
    is_enabled_api: true,
    is_enabled_custom: true,
    is_enabled_jobs: false,
    is_enabled_milestones: true,
    is_enabled_modeling: false,
    is_enabled_touchpoints: false,
    level: null,
    limit_api: false,
    limit_custom: false,
    limit_jobs: false,
    limit_milestones: false,
    limit_modeling: false,
    limit_touchpoints: false,
    mac_address: '',
    organization_uuid: null,
    users_license_limit_reached: false,
    vendor: 'alpine',
    version: `${dialect}-headgate-${version}`,
    workflow_enabled: false,
  };
}
