import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { printSecret } from './secret.ts';
import type { WebhookView } from './view.ts';

/** `headgate webhook rotate-secret` */
export function rotateSecretCommand(cli: Cli): Command {
  return new Command('rotate-secret')
    .description('make a new secret, shown this once; the old one signs beside it for a day')
    .argument('<webhook>', 'its name or id')
    .action(async (name: string) => {
      const { body } = await cli.api().send<WebhookView & { secret: string }>({
        method: 'POST',
        path: `/webhooks${path(name)}/rotate-secret`,
      });
      printSecret(cli, body);
    });
}
