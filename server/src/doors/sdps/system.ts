/** What clients ask at their start: the portal's settings, the version (sdps.md §3.5). */
import { identifierColumnsOfBatch } from '../../domain/discovery/index.ts';
import { batchTemplate, instanceColumnsOfBatch } from '../../domain/sdps/index.ts';
import type { DoorInstance } from '../../platform/http/index.ts';
import { linkPath, type Opened } from './links.ts';
import type { Routes } from './routes.ts';
import type { SdpsServices } from './services.ts';

export function registerSystem(app: DoorInstance, routes: Routes, services: SdpsServices): void {
  const { jwtIssuers, publicUrl, version, rules } = services;
  // Nobody signs in to learn how to sign in; no envelope.
  app.get('/config/getConfig', { schema: { hide: true } }, (request, reply) => {
    const origin = publicUrl ?? `${request.protocol}://${request.host}`;
    const [issuer] = jwtIssuers;
    const client = Array.isArray(issuer?.audience) ? issuer.audience[0] : issuer?.audience;
    return reply.type('application/json').send(
      JSON.stringify({
        aws_project_region: rules.sdpsAdminRegion,
        aws_api_endpoint: '/api',
        aws_authenticationType: 'AUTH_TYPE.OPENID_CONNECT',
        aws_oidc_issuer: issuer?.issuer ?? '',
        aws_oidc_client_id: client ?? '',
        aws_oidc_customer_domain: `${origin}/logincallback`,
        aws_oidc_logout: '',
        aws_alb_url: origin,
        aws_cognito_region: '',
        aws_user_pools_id: '',
        aws_user_pools_web_client_id: '',
        version,
        backend_url: origin,
        expired: 12,
      }),
    );
  });
  routes.add({ method: 'GET', path: '/version/get-latest-version', id: 'latestVersion' }, () => version);
  // The link itself is what lets in (§8.1).
  app.get(`${linkPath}/:link`, { schema: { hide: true } }, async (request, reply) => {
    const opened = services.links.open((request.params as { link: string }).link); // the route's parameter
    const file = opened === null ? null : await fileOf(services, opened);
    if (file === null) {
      return reply
        .code(403)
        .type('application/json')
        .send(JSON.stringify({ detail: 'The link is not valid any more.' }));
    }
    const name = file.name.replace(/[^A-Za-z0-9._-]/g, '_');
    return reply.type(file.media).header('content-disposition', `attachment; filename="${name}"`).send(file.content);
  });
}

interface LinkedFile {
  readonly name: string;
  readonly media: string;
  readonly content: Buffer;
}

async function fileOf({ reports, files }: SdpsServices, opened: Opened): Promise<LinkedFile | null> {
  if (opened.what !== 'file') {
    const { run, tenant, what } = opened;
    const content = await reports.file(tenant, run, what === 'report' ? 'xlsx' : 'snapshot');
    if (content === null) return null;
    return what === 'report'
      ? { name: `report-${run}.xlsx`, media: xlsx, content }
      : { name: `template-${run}.json`, media: 'application/json', content };
  }
  const template = templateOf(opened.name);
  const content = await (template ?? files.get(opened.tenant, opened.name));
  if (content === null) return null;
  if (opened.name.endsWith('.zip')) return { name: opened.name, media: 'application/zip', content };
  return { name: `${opened.name.replace(/\.xlsx$/, '')}.xlsx`, media: xlsx, content };
}

/** `template-en…`, `identifier-template-zh…`: an empty workbook; undefined for another name. */
function templateOf(name: string): Promise<Buffer> | undefined {
  const found = /^(identifier-)?template-(zh|en)/.exec(name);
  if (found === null) return undefined;
  const columns = found[1] === undefined ? instanceColumnsOfBatch : identifierColumnsOfBatch;
  return batchTemplate(columns, found[2] === 'zh' ? 'zh' : 'en');
}

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
