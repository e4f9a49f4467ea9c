import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { type ServiceOptions, serviceOf, withService } from './definition.ts';
import type { ServiceView } from './view.ts';

/** `headgate sign-in-service add` */
export function addCommand(cli: Cli): Command {
  const command = new Command('add')
    .description('add a directory or an OpenID provider')
    .argument('<service>', 'its name')
    .addOption(new Option('--kind <kind>', 'what it is').choices(['ldap', 'oidc']).makeOptionMandatory())
    .option('--tenant <slug>', 'tenant of its users; yours when left out');
  return withService(command).action(
    async (name: string, options: ServiceOptions & { kind: string; tenant?: string }) => {
      const { kind, tenant } = options;
      const body = { name, kind, tenant, ...(await serviceOf(cli, kind, options)) };
      const answer = await cli.api().send<ServiceView>({ method: 'POST', path: '/sign-in-services', body });
      cli.print(
        answer.body,
        () => `Added ${answer.body.name}. Try it with \`headgate sign-in-service test ${answer.body.name}\`.\n`,
      );
    },
  );
}
