/** The vendor's own SDK against a running server: with a token, with an access key, and finding its project by itself. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BasicCredentials, GlobalCredentials, Region } from '@huaweicloud/huaweicloud-sdk-core';
import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js';
import type { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js';
import { Logger4jInstance } from '@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger.js';
import {
  AuthScope,
  AuthScopeProject,
  IamClient,
  KeystoneCreateUserTokenByPasswordRequest,
  KeystoneCreateUserTokenByPasswordRequestBody,
  KeystoneListProjectsRequest,
  PwdAuth,
  PwdIdentity,
  PwdIdentityMethodsEnum,
  PwdPassword,
  PwdPasswordUser,
  PwdPasswordUserDomain,
} from '@huaweicloud/huaweicloud-sdk-iam/v3/public-api.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Dataarts, region, startDataarts } from './fixture.ts';

let dataarts: Dataarts;
let key: { id: string; accessKey: string; secretKey: string };
let workspace: string;
const home = process.env.HOME;
let folder: string;
beforeAll(async () => {
  // The SDK keeps an id of its user in the home folder, and prints every refusal with its headers.
  folder = await mkdtemp(join(tmpdir(), 'headgate-sdk-'));
  process.env.HOME = folder;
  Logger4jInstance.level = 'off';
  dataarts = await startDataarts();
  key = (await dataarts.headgate.api('POST', '/access-keys', {})).body;
  workspace = await dataarts.workspace('sdk');
});
afterAll(async () => {
  process.env.HOME = home;
  await rm(folder, { recursive: true, force: true });
  await dataarts?.stop();
});

class Insight {
  readonly client: HcClient;
  constructor(client: HcClient) {
    this.client = client;
  }
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the wire
  call(method: string, path: string, more: Record<string, unknown> = {}): Promise<any> {
    return this.client.sendRequest({
      method,
      url: path,
      contentType: 'application/json;charset=UTF-8',
      queryParams: {},
      pathParams: { instance_id: dataarts.instanceId, workspace_id: workspace },
      headers: {},
      data: {},
      ...more,
      // biome-ignore lint/suspicious/noExplicitAny: the SDK's own request objects have these members and no type
    } as any);
  }
}

const list = '/v1/{project_id}/instances/{instance_id}/workspaces';
const one = `${list}/{workspace_id}`;

function signed(credentials: { ak: string; sk: string }, projectId?: string): Insight {
  const credential = new BasicCredentials()
    .withAk(credentials.ak)
    .withSk(credentials.sk)
    .withIamEndpoint(dataarts.headgate.url) as BasicCredentials;
  if (projectId !== undefined) credential.withProjectId(projectId);
  const builder = new ClientBuilder<Insight>((client) => new Insight(client)).withCredential(credential);
  return projectId === undefined
    ? builder.withRegion(new Region(region, dataarts.headgate.url)).build()
    : builder.withEndpoint(dataarts.headgate.url).build();
}

it('signs in with a password and changes a workspace with the token', async () => {
  const credential = new GlobalCredentials().withAk('none').withSk('none') as GlobalCredentials;
  credential.withDomainId(dataarts.domainId);
  const iam = IamClient.newBuilder().withCredential(credential).withEndpoint(dataarts.headgate.url).build();
  const user = new PwdPasswordUser(new PwdPasswordUserDomain('system'), 'admin', 'admin-password-1');
  const identity = new PwdIdentity([PwdIdentityMethodsEnum.PASSWORD], new PwdPassword(user));
  const scope = new AuthScope().withProject(new AuthScopeProject().withName(region));
  const body = new KeystoneCreateUserTokenByPasswordRequestBody(new PwdAuth(identity).withScope(scope));
  const answer = await iam.keystoneCreateUserTokenByPassword(
    new KeystoneCreateUserTokenByPasswordRequest().withBody(body).withNocatalog('true'),
  );
  expect(answer.httpStatusCode).toBe(201);
  expect(answer.token?.project?.id).toBe(dataarts.projectId);
  // The SDK puts the header under its own name into the answer.
  const token = (answer as unknown as Record<string, string>)['X-Subject-Token']!;
  const insight = signed({ ak: 'none', sk: 'none' }, dataarts.projectId);
  const changed = await insight.call('PUT', one, {
    headers: { 'X-Auth-Token': token },
    data: { name: 'by token', eps_id: '0', configs: { works_public: '1' } },
  });
  expect(changed).toEqual({ id: workspace, httpStatusCode: 200 });
});

it('signs requests with an access key, and finds the project of its region', async () => {
  const insight = signed({ ak: key.accessKey, sk: key.secretKey });
  const changed = await insight.call('PUT', one, {
    headers: { 'X-Language': 'en-us' },
    data: { name: 'by key', description: 'ключ ✓', eps_id: '0', configs: { works_public: '0' } },
  });
  expect(changed).toEqual({ id: workspace, httpStatusCode: 200 });
  const found = await insight.call('GET', list, { queryParams: { name: 'by key', limit: 10, offset: 0 } });
  expect(found).toMatchObject({ count: 1, page_data: [{ id: workspace, description: 'ключ ✓' }] });
});

it('lists projects with an access key', async () => {
  const credential = new GlobalCredentials().withAk(key.accessKey).withSk(key.secretKey) as GlobalCredentials;
  credential.withDomainId(dataarts.domainId);
  const iam = IamClient.newBuilder().withCredential(credential).withEndpoint(dataarts.headgate.url).build();
  const { projects } = await iam.keystoneListProjects(new KeystoneListProjectsRequest().withName(region));
  expect(projects?.map(({ id }) => id)).toEqual([dataarts.projectId]);
});

it('reads code, message and request id of a refusal', async () => {
  const insight = signed({ ak: key.accessKey, sk: key.secretKey }, dataarts.projectId);
  await expect(insight.call('PUT', one, { data: { name: 'no eps' } })).rejects.toMatchObject({
    errorCode: 'DataArtsInsight.24010001',
    errorMsg: 'invalid request parameter: eps_id',
    httpStatusCode: 400,
    requestId: expect.any(String),
  });
  const forged = signed({ ak: key.accessKey, sk: 'wrong' }, dataarts.projectId);
  await expect(forged.call('GET', list)).rejects.toMatchObject({
    errorCode: 'APIGW.0301',
    httpStatusCode: 401,
  });
  const deleted = await insight.call('DELETE', one);
  expect(deleted).toEqual({ status_code: 200, message: null, is_success: true, httpStatusCode: 200 });
});
