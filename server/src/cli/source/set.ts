import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { collect, positiveInteger } from '../options.ts';
import { type BlastRadius, describeBlastRadius } from './blast.ts';
import { type DefinitionOptions, definitionOf, withConnection, withDescription } from './definition.ts';
import type { SourceView } from './view.ts';

interface SetOptions extends DefinitionOptions {
  name?: string;
  unset?: string[];
  enable?: boolean;
  disable?: boolean;
  ifMatch?: number;
  dryRun?: boolean;
}

/** `headgate source set` */
export function setCommand(cli: Cli): Command {
  const command = new Command('set')
    .description('change a source; what is not named stays')
    .argument('<source>', 'name or id of the source')
    .option('--name <name>', 'new name');
  return withDescription(withConnection(command))
    .option('--unset <field>', 'empty a field (title, schema, labels.team, …); repeatable', collect)
    .option('--enable', 'let it be used')
    .option('--disable', 'let nobody use it')
    .option('--if-match <version>', 'only when nobody changed it since this version', positiveInteger)
    .option('--dry-run', 'only show what would be touched')
    .action(async (name: string, options: SetOptions) => {
      if (options.enable && options.disable) throw usageError('--enable and --disable exclude each other.');
      const patch: Record<string, unknown> = await definitionOf(cli, options);
      if (options.name !== undefined) patch.name = options.name;
      if (options.enable || options.disable) patch.enabled = options.enable === true;
      for (const field of options.unset ?? []) unset(patch, field.split('.'));
      if (Object.keys(patch).length === 0) throw usageError('Nothing to change is named.');
      const answer = await cli.api().send<SourceView & BlastRadius>({
        method: 'PATCH',
        path: `/sources${path(name)}`,
        query: { dryRun: options.dryRun },
        body: patch,
        headers: options.ifMatch === undefined ? {} : { 'if-match': `"v${options.ifMatch}"` },
      });
      const { body } = answer;
      // No definition comes back to who may change the source but not see it.
      if (answer.status === 204) {
        cli.print({}, () => `Changed ${name}.\n`);
        return;
      }
      cli.print(body, () =>
        options.dryRun
          ? describeBlastRadius(cli, body)
          : `Changed ${body.name}; it is now at version ${body.version}.\n`,
      );
    });
}

/** JSON merge patch: null removes. `labels.team` reaches one level down. */
function unset(patch: Record<string, unknown>, [first, ...rest]: string[]): void {
  if (first === undefined || first === '') throw usageError('--unset names no field.');
  if (rest.length === 0) {
    patch[first] = null;
    return;
  }
  const inner = patch[first];
  patch[first] = { ...(typeof inner === 'object' ? inner : {}), [rest.join('.')]: null };
}
