/** Settings that clients may change, and the subnets that there are (sdps.md §3.5). */
import { invalid, subnetsOf } from '../../domain/sdps/index.ts';
import { listOf, required, sure } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { objectOf } from './shapes.ts';

const entry = objectOf({ config_key: required.text(128), config_value: required.text(1024) });

export function registerConfiguration(routes: Routes, { configuration, rules }: SdpsServices): void {
  routes.add({ method: 'GET', path: '/config', id: 'getConfiguration' }, ({ principal }) =>
    configuration.list(principal),
  );
  routes.add(
    { method: 'POST', path: '/config', id: 'setConfiguration', writes: true, body: {}, rawBody: true },
    ({ principal, request }) => {
      const body = readBody(request);
      if (body === undefined || body === null) throw invalid(['body=>field required']);
      if (!Array.isArray(body)) throw invalid(['body=>value is not a valid list']);
      const entries = listOf(entry)(body);
      return configuration.set(
        principal,
        entries.map(({ config_key, config_value }) => ({
          config_key: sure(config_key),
          config_value: sure(config_value),
        })),
      );
    },
  );
  routes.add({ method: 'GET', path: '/config/subnets', id: 'listSubnets' }, () =>
    subnetsOf(rules).map((subnet) => ({ subnet_id: subnet, name: subnet, available_ip_address_count: 250 })),
  );
}
