/** Settings of the dataarts door (contract: dataarts.md §7); `config.ts` takes them in. */
import { boolean, list, text, withDefault } from '../../platform/settings/index.ts';

export const insightSettings = {
  dataartsEnabled: withDefault(boolean, true, 'Serves the dataarts door (/v1 and /v3).'),
  region: withDefault(
    text('cn-north-4'),
    'cn-north-4',
    'Name of the region, which is also the name of every project on the dataarts door.',
  ),
  dataartsEnterpriseProjects: withDefault(
    list(text('0')),
    [],
    'Enterprise projects that a workspace of the dataarts door may name beside 0. Unset: any.',
  ),
};

/** The settings as the domain takes them. */
export interface InsightRules {
  readonly region: string;
  readonly dataartsEnterpriseProjects: readonly string[];
}
