import type { Cli } from '../cli.ts';
import type { WebhookView } from './view.ts';

/** Prints a secret that is shown once: alone on standard output, so that it can go into a file. */
export function printSecret(cli: Cli, webhook: WebhookView & { readonly secret: string }): void {
  if (!cli.json) cli.note('This is the only time that the secret is shown:');
  cli.print(webhook, () => `${webhook.secret}\n`);
}
