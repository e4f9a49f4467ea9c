/** A Headgate with people who hold IAM tokens at the dataarts door. */
import {
  type Answer,
  adminName,
  adminPassword,
  type HarnessOptions,
  type Headgate,
  startHeadgate,
} from '../harness.ts';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';

export interface SendOptions {
  /** User name; null = nobody; the administrator unless said. */
  readonly as?: string | null;
  /** Workspace that the call names. */
  readonly in?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Dataarts {
  readonly headgate: Headgate;
  /** `/v1/{project_id}` */
  readonly project: string;
  /** `/v1/{project_id}/instances/{instance_id}` */
  readonly instance: string;
  readonly projectId: string;
  readonly instanceId: string;
  readonly domainId: string;
  /** Sends a request to a path of the server; an object as body goes as JSON, a text as it is. */
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer>;
  /** The same, and it must succeed: its body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  get(method: string, path: string, body?: unknown, options?: SendOptions): Promise<any>;
  /** Signs somebody in with the password `<username>-password-1` unless said. */
  signIn(username: string, domain?: string, password?: string): Promise<Answer>;
  /** Makes a user of the domain and signs it in; its id on this wire. */
  person(username: string): Promise<string>;
  token(username: string): string;
  /** Makes a workspace; its id. */
  workspace(name: string, as?: string): Promise<string>;
  /** Makes somebody a member of a workspace with this role. */
  member(workspace: string, username: string, role: string): Promise<void>;
  stop(): Promise<void>;
}

export const region = 'cn-north-4';

export function tokenRequest(name: string, password: string, domain: string, scope?: unknown): object {
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { name, password, domain: { name: domain } } } },
      ...(scope === undefined ? {} : { scope }),
    },
  };
}

export async function startDataarts(options: HarnessOptions = {}): Promise<Dataarts> {
  const headgate = await startHeadgate({
    ...options,
    settings: { HEADGATE_SIGN_IN_RATE_PER_MINUTE: '0', ...options.settings },
    overrides: { withoutWorker: true, ...options.overrides },
  });
  const tokens = new Map<string, string>();
  const send: Dataarts['send'] = (method, path, body, sent = {}) => {
    const { as = adminName, in: workspace } = sent;
    const token: Record<string, string> = as === null ? {} : { 'x-auth-token': tokens.get(as) ?? as };
    const room: Record<string, string> = workspace === undefined ? {} : { 'x-workspace-id': workspace };
    return headgate.call(method, path, body, { as: null, headers: { ...token, ...room, ...sent.headers } });
  };
  const get: Dataarts['get'] = async (method, path, body, sent) => {
    const answer = await send(method, path, body, sent);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  const signIn: Dataarts['signIn'] = async (username, domain = 'system', password = `${username}-password-1`) => {
    const asked = tokenRequest(username, password, domain, { project: { name: region } });
    const answer = await send('POST', '/v3/auth/tokens', asked, { as: null });
    if (answer.status === 201) tokens.set(username, answer.headers.get('x-subject-token') ?? '');
    return answer;
  };
  const { body: signedIn } = await signIn(adminName, 'system', adminPassword);
  const projectId: string = signedIn.token.project.id;
  const project = `/v1/${projectId}`;
  const instances = await get('GET', `${project}/instances`);
  const instanceId: string = instances.page_data[0].instance_id;
  const instance = `${project}/instances/${instanceId}`;
  return {
    headgate,
    project,
    instance,
    projectId,
    instanceId,
    domainId: signedIn.token.user.domain.id,
    send,
    get,
    signIn,
    person: async (username) => {
      await headgate.createUser(username);
      const { body } = await signIn(username);
      return body.token.user.id;
    },
    token: (username) => tokens.get(username)!,
    workspace: async (name, as = adminName) => {
      const made = await get('POST', `${instance}/workspaces`, { name, eps_id: '0' }, { as });
      return made.id;
    },
    member: async (workspace, username, role) => {
      const members = await headgate.api('GET', `/workspaces/${dashed(workspace)}/members`);
      const entries = [...members.body.items.filter((one: { username: string }) => one.username !== username)];
      const answer = await headgate.api('PUT', `/workspaces/${dashed(workspace)}/members`, {
        members: [...entries, { username, role }],
      });
      if (answer.status >= 300) throw new Error(`member: ${answer.status} ${answer.text}`);
    },
    stop: () => headgate.stop(),
  };
}

/** A hex id as UUID. */
export function dashed(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export { type SampleDatabase, sampleDatabase };
