/** Following a job by its server-sent events, with one line that says how far it is. */
import { type Api, path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { CliError, ExitCode } from '../exit.ts';
import { Progress } from '../progress.ts';
import { bytes, count } from '../text.ts';
import { describeProgress, isFinal, type JobView, jobFields } from './view.ts';

/** What an event says. */
interface Observation {
  readonly job: JobView;
  readonly rate: { readonly rowsPerSecond: number; readonly bytesPerSecond: number } | null;
}

/** Connections that ended before the job did, one after the other, before following is given up. */
const patience = 5;
const barWidth = 20;

/** Resolves with the job once it is over; connects again when a node stops in between. Ctrl-C ends the following only. */
export async function follow(cli: Cli, api: Api, id: string): Promise<JobView> {
  const progress = new Progress(cli.io);
  try {
    for (let silent = 0; silent < patience; silent += 1) {
      for await (const observation of observe(cli, api, id)) {
        silent = 0;
        if (isFinal(observation.job)) return observation.job;
        progress.show(() => line(observation));
      }
    }
  } finally {
    progress.clear();
  }
  throw new CliError(
    ExitCode.connection,
    'The server ends the connection again and again; the job goes on.',
    `Look at it with \`headgate job show ${id}\`.`,
  );
}

/** Prints how it ended; a job that did not succeed makes the command fail. */
export function showEnd(cli: Cli, job: JobView): void {
  cli.print(job, () => cli.fields(jobFields(job)));
  if (job.status !== 'succeeded') cli.exitCode = ExitCode.failure;
}

async function* observe(cli: Cli, api: Api, id: string): AsyncGenerator<Observation> {
  const response = await api.open({
    path: `/jobs${path(id)}/events`,
    headers: { accept: 'text/event-stream' },
    signal: cli.io.signal,
  });
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) yield JSON.parse(data) as Observation; // the door's own JSON
      }
    }
  } catch (error) {
    // A connection that broke off is made again; a Ctrl-C is not.
    if (cli.io.signal.aborted || error instanceof SyntaxError) throw error;
  }
}

/** `[######··············] running 12,345 rows, 1.2 MB (3,400 rows/s, 310 kB/s) pg.orders`. */
function line({ job, rate }: Observation): string {
  const sources = job.sources ?? [];
  const done = sources.reduce((sum, { progress }) => sum + (progress?.tablesDone ?? 0), 0);
  const all = sources.reduce((sum, { progress }) => sum + (progress?.tables ?? 0), 0);
  const bar = all > 1 ? `${drawBar(done / all)} ${done}/${all} tables, ` : '';
  const speed =
    rate === null
      ? ''
      : ` (${count(Math.max(0, rate.rowsPerSecond))} rows/s, ${bytes(Math.max(0, rate.bytesPerSecond))}/s)`;
  const reading = sources.flatMap(({ name, progress }) => (progress?.table ? [`${name}.${progress.table}`] : []));
  return `${job.status} ${bar}${describeProgress(job)}${speed} ${reading.join(' ')}`.trimEnd();
}

function drawBar(part: number): string {
  const filled = Math.round(part * barWidth);
  return `[${'#'.repeat(filled)}${'·'.repeat(barWidth - filled)}]`;
}
