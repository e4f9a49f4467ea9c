/** `headgate schedule …` */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { fileText, positiveInteger } from '../options.ts';
import { readStdin } from '../prompt.ts';
import { time } from '../text.ts';
import { type ScheduleView, scheduleFields } from './view.ts';

export function scheduleCommand(cli: Cli): Command {
  return new Command('schedule')
    .description('jobs that are submitted again and again')
    .addCommand(addCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli));
}

interface Timing {
  readonly cron?: string;
  readonly timeZone?: string;
  readonly job?: string;
  readonly name?: string;
  readonly enable?: boolean;
  readonly disable?: boolean;
}

function addCommand(cli: Cli): Command {
  return new Command('add')
    .description('have a job submitted again and again, with your rights of then')
    .argument('<name>', 'of the schedule')
    .requiredOption('--cron <expression>', 'minute, hour, day, month, day of the week: "0 3 * * 1-5"')
    .requiredOption('--job <file>', 'the job as the API takes it, JSON; "-" is standard input')
    .option('--time-zone <name>', 'whose clock counts, e.g. Europe/Berlin; UTC when left out')
    .action(async (name: string, options: Timing) => {
      const body = { name, cron: options.cron, timeZone: options.timeZone, job: await jobOf(cli, options.job) };
      const { body: made } = await cli.api().send<ScheduleView>({ method: 'POST', path: '/schedules', body });
      cli.print(made, () => cli.fields(scheduleFields(made)));
    });
}

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list schedules')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<ScheduleView>('/schedules', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'id', value: (one) => one.id },
          { title: 'name', value: (one) => one.name },
          { title: 'cron', value: (one) => `${one.cron} ${one.timeZone}` },
          { title: 'next run', value: (one) => (one.enabled ? time(one.nextRunAt) : 'disabled') },
          { title: 'last error', value: (one) => one.lastError?.code },
        ],
        'No schedules.',
      );
    });
}

function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one schedule')
    .argument('<id>', 'the schedule')
    .action(async (id: string) => {
      const schedule = await cli.api().get<ScheduleView>(`/schedules${path(id)}`);
      cli.print(schedule, () => cli.fields(scheduleFields(schedule)));
    });
}

function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('change a schedule')
    .argument('<id>', 'the schedule')
    .option('--name <name>', 'a new name')
    .option('--cron <expression>', 'when it runs')
    .option('--time-zone <name>', 'whose clock counts')
    .option('--job <file>', 'the job as the API takes it, JSON; "-" is standard input')
    .option('--enable', 'let it run')
    .option('--disable', 'let it rest')
    .action(async (id: string, options: Timing) => {
      if (options.enable && options.disable) throw usageError('--enable or --disable, not both.', 'Choose one.');
      const body = {
        name: options.name,
        cron: options.cron,
        timeZone: options.timeZone,
        job: await jobOf(cli, options.job),
        enabled: options.enable ? true : options.disable ? false : undefined,
      };
      if (Object.values(body).every((value) => value === undefined)) {
        throw usageError('Nothing to change.', 'Say at least one option.');
      }
      const request = { method: 'PATCH', path: `/schedules${path(id)}`, body } as const;
      const { body: changed } = await cli.api().send<ScheduleView>(request);
      cli.print(changed, () => cli.fields(scheduleFields(changed)));
    });
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a schedule; its jobs stay')
    .argument('<id>', 'the schedule')
    .action(async (id: string) => {
      await cli.api().send({ method: 'DELETE', path: `/schedules${path(id)}` });
      cli.print({ id }, () => `Schedule ${id} is deleted.\n`);
    });
}

async function jobOf(cli: Cli, file: string | undefined): Promise<unknown> {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(file === '-' ? await readStdin(cli.io) : fileText(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw usageError(`${file} is no JSON.`, 'It holds a job as POST /jobs takes it.');
    throw error;
  }
}
