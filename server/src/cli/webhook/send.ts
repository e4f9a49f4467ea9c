import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import type { DeliveryView } from './view.ts';

/** `headgate webhook ping` */
export function pingCommand(cli: Cli): Command {
  return new Command('ping')
    .description('send an event "ping", to see whether it arrives')
    .argument('<webhook>', 'its name or id')
    .action((name: string) => send(cli, name, '/ping'));
}

/** `headgate webhook redeliver` */
export function redeliverCommand(cli: Cli): Command {
  return new Command('redeliver')
    .description('send an event of the log once more, under its own id')
    .argument('<webhook>', 'its name or id')
    .argument('<delivery>', 'as `webhook deliveries` lists it')
    .action((name: string, delivery: string) => send(cli, name, `/deliveries${path(delivery)}/redeliver`));
}

async function send(cli: Cli, name: string, rest: string): Promise<void> {
  const { body } = await cli.api().send<DeliveryView>({ method: 'POST', path: `/webhooks${path(name)}${rest}` });
  cli.print(body, () => `Delivery ${body.id} is on its way; see \`headgate webhook deliveries ${name}\`.\n`);
}
