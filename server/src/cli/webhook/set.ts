import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { positiveInteger, words } from '../options.ts';
import type { WebhookView } from './view.ts';

interface SetOptions {
  readonly name?: string;
  readonly url?: string;
  readonly events?: string[];
  readonly kind?: string;
  readonly source?: string;
  readonly anyKind?: boolean;
  readonly anySource?: boolean;
  readonly enable?: boolean;
  readonly disable?: boolean;
  readonly ifMatch?: number;
}

/** `headgate webhook set` */
export function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('change a webhook; what is not named stays')
    .argument('<webhook>', 'its name or id')
    .option('--name <name>', 'new name')
    .option('--url <url>', 'where events are sent')
    .option('--events <words>', 'which events', words)
    .option('--kind <kind>', 'only jobs of this kind')
    .option('--any-kind', 'jobs of every kind')
    .option('--source <source>', 'only jobs that use this source')
    .option('--any-source', 'jobs of every source')
    .option('--enable', 'switch it on')
    .option('--disable', 'switch it off, and give up what waits')
    .option('--if-match <version>', 'only when nobody changed it since this version', positiveInteger)
    .action(async (name: string, options: SetOptions) => {
      const patch = patchOf(options);
      if (Object.keys(patch).length === 0) throw usageError('Nothing to change is named.');
      const { body } = await cli.api().send<WebhookView>({
        method: 'PATCH',
        path: `/webhooks${path(name)}`,
        body: patch,
        headers: options.ifMatch === undefined ? {} : { 'if-match': `"v${options.ifMatch}"` },
      });
      cli.print(body, () => `Changed ${body.name}; it is now at version ${body.version}.\n`);
    });
}

function patchOf(options: SetOptions): Record<string, unknown> {
  const { ifMatch: _ifMatch, enable, disable, anyKind, anySource, ...patch } = options;
  if (enable && disable) throw usageError('--enable and --disable exclude each other.');
  return {
    ...patch,
    ...(anyKind ? { kind: null } : {}),
    ...(anySource ? { source: null } : {}),
    ...(enable || disable ? { enabled: enable === true } : {}),
  };
}
