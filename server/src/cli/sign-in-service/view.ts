/** A service as the native door shows it, and as people read it. */

export interface ServiceView {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly tenant: string | null;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly default: boolean;
  readonly createUsers: boolean;
  readonly syncRoles: boolean;
  readonly roles: readonly string[];
  readonly groupRoles: readonly { readonly group: string; readonly role: string }[];
  readonly ldap: Readonly<Record<string, unknown>> | null;
  readonly oidc: Readonly<Record<string, unknown>> | null;
  readonly linkedUsers: number;
}

/** The lines of `sign-in-service show`. */
export function serviceFields(service: ServiceView): (readonly [string, unknown])[] {
  return [
    ['name', service.name],
    ['kind', service.kind],
    ['tenant', service.tenant],
    ['description', service.description],
    ['enabled', service.enabled],
    ['default', service.default],
    ['creates users', service.createUsers],
    ['roles', service.roles],
    ['roles of groups', service.groupRoles.map(({ group, role }) => `${group} → ${role}`)],
    ['renews roles', service.syncRoles],
    ...settingFields(service.ldap ?? service.oidc ?? {}, ''),
    ['linked users', service.linkedUsers],
    ['id', service.id],
  ];
}

/** Settings by their paths in the API, which errors name too. */
function settingFields(settings: Readonly<Record<string, unknown>>, above: string): (readonly [string, unknown])[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
    // An object, as was just looked at.
    if (nested) return settingFields(value as Record<string, unknown>, `${above}${name}/`);
    return [[`${above}${name}`, value] as const];
  });
}
