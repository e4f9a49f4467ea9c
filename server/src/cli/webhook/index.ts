/** `headgate webhook …`: one file a verb; the verbs that send something share one. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addCommand } from './add.ts';
import { deliveriesCommand } from './deliveries.ts';
import { listCommand } from './list.ts';
import { rmCommand } from './rm.ts';
import { rotateSecretCommand } from './rotate-secret.ts';
import { pingCommand, redeliverCommand } from './send.ts';
import { setCommand } from './set.ts';
import { showCommand } from './show.ts';

export function webhookCommand(cli: Cli): Command {
  return new Command('webhook')
    .description('receivers that hear when jobs end')
    .addCommand(listCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli))
    .addCommand(rotateSecretCommand(cli))
    .addCommand(pingCommand(cli))
    .addCommand(deliveriesCommand(cli))
    .addCommand(redeliverCommand(cli));
}
