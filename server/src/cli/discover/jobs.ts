/** Definitions of discoveries: add, list, show, set, rm. */
import { Command, InvalidArgumentError } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { positiveInteger, words } from '../options.ts';
import { type DiscoveryJobView, jobFields, sourcesOf } from './view.ts';

const root = '/discovery/jobs';

interface JobOptions {
  readonly name?: string;
  readonly description?: string;
  readonly sources?: string[];
  readonly tables?: string[];
  readonly provider?: string;
  readonly cron?: string;
  readonly onDemand?: boolean;
  readonly depth?: number;
  readonly threshold?: number;
  readonly all?: boolean;
  readonly changedOnly?: boolean;
  readonly overwrite?: boolean;
  readonly include?: string[];
  readonly exclude?: string[];
  readonly ifMatch?: number;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}

function withSettings(command: Command): Command {
  return command
    .option('--sources <names>', 'look through these sources', words)
    .option('--tables <names>', 'of a single source only these tables', words)
    .option('--provider <provider>', 'look through all sources of this provider too')
    .option('--cron <expression>', 'minute, hour, day, month, day of the week, in UTC: "0 3 * * 1-5"')
    .option('--depth <rows>', 'how many rows of each table', positiveInteger)
    .option('--threshold <share>', 'share of values from which on it counts, 0 to 1', share)
    .option('--all', 'all tables, also those that have not changed')
    .option('--changed-only', 'only tables that changed since they were looked at')
    .option('--overwrite', 'also what was corrected by hand')
    .option('--include <words>', 'columns with one of these in their names count as found', words)
    .option('--exclude <words>', 'columns with one of these in their names do not count', words)
    .option('--description <text>', 'what it is for');
}

function bodyOf(options: JobOptions): Record<string, unknown> {
  const { sources, tables, all, changedOnly, onDemand, cron, include, exclude, ifMatch: _ifMatch, ...rest } = options;
  if (tables !== undefined && sources?.length !== 1) throw usageError('--tables takes exactly one source.');
  if (all && changedOnly) throw usageError('--all and --changed-only exclude each other.');
  if (onDemand && cron !== undefined) throw usageError('--cron and --on-demand exclude each other.');
  return {
    ...rest,
    ...(sources === undefined ? {} : { sources: sources.map((source) => ({ source, tables })) }),
    ...(all || changedOnly ? { changedOnly: changedOnly === true } : {}),
    ...(onDemand ? { cron: null } : { cron }),
    includeKeywords: include,
    excludeKeywords: exclude,
  };
}

/** `headgate discover add` */
export function addCommand(cli: Cli): Command {
  const command = new Command('add').description('define a discovery').argument('<name>', 'what to call it');
  return withSettings(command).action(async (name: string, options: JobOptions) => {
    const request = { method: 'POST', path: root, body: { name, ...bodyOf(options) } } as const;
    const { body } = await cli.api().send<DiscoveryJobView>(request);
    cli.print(body, () => cli.fields(jobFields(body)));
  });
}

/** `headgate discover list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list discoveries')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<DiscoveryJobView>(root, {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'id', value: (one) => one.id, align: 'right' },
          { title: 'name', value: (one) => one.name },
          { title: 'state', value: (one) => one.state },
          { title: 'cron', value: (one) => one.cron },
          { title: 'sources', value: sourcesOf },
        ],
        'No discoveries.',
      );
    });
}

/** `headgate discover show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one discovery')
    .argument('<id>', 'the discovery')
    .action(async (id: string) => {
      const job = await cli.api().get<DiscoveryJobView>(`${root}${path(id)}`);
      cli.print(job, () => cli.fields(jobFields(job)));
    });
}

/** `headgate discover set` */
export function setCommand(cli: Cli): Command {
  const command = new Command('set')
    .description('change a discovery; what is not named stays')
    .argument('<id>', 'the discovery')
    .option('--name <name>', 'a new name')
    .option('--on-demand', 'without a schedule from now on');
  return withSettings(command)
    .option('--if-match <version>', 'only when nobody changed it since this version', positiveInteger)
    .action(async (id: string, options: JobOptions) => {
      const body = bodyOf(options);
      if (Object.values(body).every((value) => value === undefined)) throw usageError('Nothing to change is named.');
      const { body: after } = await cli.api().send<DiscoveryJobView>({
        method: 'PATCH',
        path: `${root}${path(id)}`,
        body,
        headers: options.ifMatch === undefined ? {} : { 'if-match': `"v${options.ifMatch}"` },
      });
      cli.print(after, () => cli.fields(jobFields(after)));
    });
}

/** `headgate discover rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a discovery; its runs stay')
    .argument('<id>', 'the discovery')
    .action(async (id: string) => {
      await cli.api().send({ method: 'DELETE', path: `${root}${path(id)}` });
      cli.print({ id }, () => `Discovery ${id} is deleted.\n`);
    });
}
