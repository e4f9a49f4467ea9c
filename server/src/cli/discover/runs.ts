/** Runs of discoveries: start and steer them, look at them, fetch their reports. */
import { Command, Option } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { CliError, ExitCode } from '../exit.ts';
import { follow } from '../job/follow.ts';
import { positiveInteger } from '../options.ts';
import { fileTarget, streamTarget } from '../source/targets.ts';
import { bytes, time } from '../text.ts';
import { type DiscoveryJobView, jobFields, type RunSourceView, type RunView } from './view.ts';

const root = '/discovery';

async function lastRun(cli: Cli, id: string): Promise<RunView> {
  const page = await cli.api().list<RunView>(`${root}/jobs${path(id)}/runs`, {}, 1);
  const [run] = page.items;
  if (run === undefined) throw new CliError(ExitCode.notFound, `The discovery ${id} was never started.`);
  return run;
}

async function printRun(cli: Cli, id: string | number): Promise<void> {
  const api = cli.api();
  const run = await api.get<RunView>(`${root}/runs${path(String(id))}`);
  const sources = await api.list<RunSourceView>(`${root}/runs${path(String(id))}/sources`, {}, 1000);
  if (cli.json) return cli.print({ ...run, sourceList: sources.items }, () => '');
  cli.out(
    cli.fields([
      ['run', run.id],
      ['state', run.state],
      ['sources', `${run.sources.done} of ${run.sources.total}, ${run.sources.failed} failed`],
      ['tables', `${run.tables.done} of ${run.tables.total}`],
      ['columns found', run.columnsFound],
      ['started', time(run.startedAt)],
      ['finished', run.finishedAt && time(run.finishedAt)],
    ]),
  );
  cli.out('\n');
  cli.printList(
    sources,
    [
      { title: 'source', value: (one) => one.source ?? one.instance },
      { title: 'state', value: (one) => one.state },
      { title: 'tables', value: (one) => `${one.tables.done}/${one.tables.total ?? '?'}`, align: 'right' },
      { title: 'columns found', value: (one) => one.columnsFound, align: 'right' },
      { title: 'error', value: (one) => one.error },
    ],
    'No sources.',
  );
}

/** `headgate discover start` */
export function startCommand(cli: Cli): Command {
  return new Command('start')
    .description('start a run, or take up the one that was laid aside, and wait for its end')
    .argument('<id>', 'the discovery')
    .option('--detach', 'do not wait for the end')
    .action(async (id: string, options: { detach?: boolean }) => {
      const api = cli.api();
      await api.send({ method: 'POST', path: `${root}/jobs${path(id)}/start` });
      const run = await lastRun(cli, id);
      if (!options.detach && run.workJob !== null) await follow(cli, api, run.workJob);
      await printRun(cli, run.id);
    });
}

/** `headgate discover stop`, `pause`, `resume`, `enable`, `disable` */
export function steerCommands(cli: Cli): Command[] {
  const steps = [
    ['stop', 'stop the run; what it has found stays'],
    ['pause', 'lay the run aside, to go on where it was'],
    ['resume', 'take up the run that was laid aside'],
    ['enable', 'let the schedule go on'],
    ['disable', 'let the schedule rest'],
  ] as const;
  return steps.map(([step, description]) =>
    new Command(step)
      .description(description)
      .argument('<id>', 'the discovery')
      .action(async (id: string) => {
        const request = { method: 'POST', path: `${root}/jobs${path(id)}/${step}` } as const;
        const { body } = await cli.api().send<DiscoveryJobView>(request);
        cli.print(body, () => cli.fields(jobFields(body)));
      }),
  );
}

/** `headgate discover runs` */
export function runsCommand(cli: Cli): Command {
  return new Command('runs')
    .description('list the runs of a discovery, newest first')
    .argument('<id>', 'the discovery')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (id: string, options: { limit: number }) => {
      const page = await cli.api().list<RunView>(`${root}/jobs${path(id)}/runs`, {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'run', value: (one) => one.id, align: 'right' },
          { title: 'state', value: (one) => one.state },
          { title: 'started', value: (one) => time(one.startedAt) },
          { title: 'sources', value: (one) => `${one.sources.done}/${one.sources.total}`, align: 'right' },
          { title: 'tables', value: (one) => `${one.tables.done}/${one.tables.total}`, align: 'right' },
          { title: 'columns found', value: (one) => one.columnsFound, align: 'right' },
        ],
        'No runs.',
      );
    });
}

/** `headgate discover run` */
export function runCommand(cli: Cli): Command {
  return new Command('run')
    .description('show how far a run is, source by source')
    .argument('<run>', 'its number')
    .action((run: string) => printRun(cli, run));
}

/** `headgate discover report` */
export function reportCommand(cli: Cli): Command {
  return new Command('report')
    .description('download what a run found')
    .argument('<run>', 'its number')
    .addOption(new Option('--format <format>', 'of the file').choices(['xlsx', 'csv']).default('xlsx'))
    .option('-o, --output <file>', 'file to write; "-" is standard output; discovery-<run> when left out')
    .action(async (run: string, options: { format: string; output?: string }) => {
      const file = options.output ?? `discovery-${run.replace(/\D/g, '')}.${options.format}`;
      const target = file === '-' ? streamTarget(cli.io.stdout) : fileTarget(file);
      let size = 0;
      try {
        const response = await cli.api().open({
          path: `${root}/runs${path(run)}/report`,
          query: { format: options.format },
          headers: { accept: '*/*' },
          signal: cli.io.signal,
        });
        target.start(response.headers);
        for await (const chunk of response) {
          size += chunk.length;
          await target.write(chunk);
        }
        await target.finish();
      } catch (error) {
        target.discard();
        throw error;
      }
      if (file !== '-') cli.print({ file, bytes: size }, () => `Wrote ${file}, ${bytes(size)}.\n`);
    });
}
