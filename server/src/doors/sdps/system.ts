/** What clients ask at their start: the portal's settings, the version (sdps.md §3.5). */
import type { DoorInstance } from '../../platform/http/index.ts';
import { linkPath } from './links.ts';
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
    const file =
      opened === null
        ? null
        : await services.reports.file(opened.tenant, opened.run, opened.what === 'report' ? 'xlsx' : 'snapshot');
    if (opened === null || file === null) {
      return reply
        .code(403)
        .type('application/json')
        .send(JSON.stringify({ detail: 'The link is not valid any more.' }));
    }
    const name = opened.what === 'report' ? `report-${opened.run}.xlsx` : `template-${opened.run}.json`;
    const media = opened.what === 'report' ? xlsx : 'application/json';
    return reply.type(media).header('content-disposition', `attachment; filename="${name}"`).send(file);
  });
}

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
