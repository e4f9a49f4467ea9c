import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { type ServiceOptions, serviceOf, withService } from './definition.ts';
import type { ServiceView } from './view.ts';

/** `headgate sign-in-service set` */
export function setCommand(cli: Cli): Command {
  const command = new Command('set')
    .description('change a service; what is not named stays')
    .argument('<service>', 'the service')
    .option('--name <name>', 'another name')
    .option('--enable', 'let people sign in with it')
    .option('--disable', 'let nobody sign in with it; sessions that came by it end');
  return withService(command).action(
    async (name: string, options: ServiceOptions & { name?: string; enable?: boolean; disable?: boolean }) => {
      if (Object.keys(options).length === 0) throw usageError('Nothing to change is named.');
      if (options.enable && options.disable) throw usageError('A service is either on or off.');
      const api = cli.api();
      const target = `/sign-in-services${path(name)}`;
      const { kind } = await api.get<ServiceView>(target);
      const enabled = options.enable ? true : options.disable ? false : undefined;
      const { body } = await api.send<ServiceView>({
        method: 'PATCH',
        path: target,
        body: { name: options.name, enabled, ...(await serviceOf(cli, kind, options)) },
      });
      cli.print(body, () => `Changed ${body.name}.\n`);
    },
  );
}
