/** Tokens, projects and domains on the wire (dataarts.md §2.3). */
import { hash } from 'node:crypto';
import type { IamToken, Site } from '../../domain/identity/index.ts';
import { hexOf } from '../../platform/ids.ts';

type Wire = Record<string, unknown>;

/** UTC with six fractional digits. */
function instant(at: Date): string {
  return `${at.toISOString().slice(0, -1)}000Z`;
}

const domainOf = (site: Site): Wire => ({ id: site.domainId, name: site.domainName });

/** Stable and of the right shape; nothing looks it up. */
const idOf = (what: string): string => hash('sha256', what).slice(0, 32);

function catalogOf(origin: string, site: Site): Wire[] {
  const service = (name: string, type: string, url: string, region: string): Wire => ({
    id: idOf(`service ${name}`),
    name,
    type,
    endpoints: [{ id: idOf(`endpoint ${name}`), interface: 'public', region, region_id: region, url }],
  });
  return [
    service('iam', 'identity', `${origin}/v3`, '*'),
    service('dataartsinsight', 'dataartsinsight', `${origin}/v1/${site.projectId}`, site.projectName),
  ];
}

/** `origin`: where the services are; null leaves the catalog out. */
export function presentToken(token: IamToken, origin: string | null): Wire {
  const { site, user } = token;
  const domain = domainOf(site);
  const due = user.passwordDueAt;
  return {
    methods: ['password'],
    issued_at: instant(token.issuedAt),
    expires_at: instant(token.expiresAt),
    user: {
      id: hexOf(user.uid),
      name: user.username,
      password_expires_at: due == null ? '' : instant(due).slice(0, -1),
      domain,
    },
    ...(token.scope === 'project' ? { project: { id: site.projectId, name: site.projectName, domain } } : { domain }),
    roles: [{ id: '0', name: token.admin ? 'te_admin' : 'te_member' }],
    ...(origin === null ? {} : { catalog: catalogOf(origin, site) }),
  };
}

export function presentProject(site: Site, origin: string): Wire {
  return {
    id: site.projectId,
    name: site.projectName,
    domain_id: site.domainId,
    parent_id: site.domainId,
    description: site.description,
    enabled: site.enabled,
    is_domain: false,
    links: { self: `${origin}/v3/projects/${site.projectId}` },
  };
}

export function presentDomain(site: Site, origin: string): Wire {
  return {
    id: site.domainId,
    name: site.domainName,
    description: site.description,
    enabled: site.enabled,
    links: { self: `${origin}/v3/domains/${site.domainId}` },
  };
}
