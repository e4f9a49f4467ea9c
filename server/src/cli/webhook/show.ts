import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { type WebhookView, webhookFields } from './view.ts';

/** `headgate webhook show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one webhook')
    .argument('<webhook>', 'its name or id')
    .action(async (name: string) => {
      const webhook = await cli.api().get<WebhookView>(`/webhooks${path(name)}`);
      cli.print(webhook, () => cli.fields(webhookFields(webhook)));
    });
}
