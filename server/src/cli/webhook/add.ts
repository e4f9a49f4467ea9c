import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { words } from '../options.ts';
import { printSecret } from './secret.ts';
import type { WebhookView } from './view.ts';

interface AddOptions {
  readonly events?: string[];
  readonly kind?: string;
  readonly source?: string;
  readonly tenant?: string;
  readonly disable?: boolean;
}

/** `headgate webhook add` */
export function addCommand(cli: Cli): Command {
  return new Command('add')
    .description('add a webhook; its secret is shown this once')
    .argument('<name>', 'its name')
    .argument('<url>', 'where events are sent: http or https')
    .option('--events <words>', 'job.succeeded, job.failed, job.cancelled; all when left out', words)
    .option('--kind <kind>', 'only jobs of this kind')
    .option('--source <source>', 'only jobs that use this source')
    .option('--tenant <slug>', "whose jobs; the own tenant's when left out")
    .option('--disable', 'switch it on later')
    .action(async (name: string, url: string, options: AddOptions) => {
      const { disable, ...rest } = options;
      const body = { name, url, ...rest, ...(disable ? { enabled: false } : {}) };
      const { body: created } = await cli.api().send<WebhookView & { secret: string }>({
        method: 'POST',
        path: '/webhooks',
        body,
      });
      printSecret(cli, created);
    });
}
