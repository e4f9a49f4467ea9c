import { createHash } from 'node:crypto';
import { Command } from 'commander';
import { type Api, path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { CliError, ExitCode, usageError } from '../exit.ts';
import { Progress } from '../progress.ts';
import { fileTarget, streamTarget } from '../source/targets.ts';
import { bytes } from '../text.ts';
import type { JobOutput, JobView } from './view.ts';

/** `headgate job download` */
export function downloadCommand(cli: Cli): Command {
  return new Command('download')
    .description("download a job's output and check it against its SHA-256")
    .argument('<id>', 'the job')
    .argument('[name]', 'which output, where there are several')
    .option('-o, --output <file>', 'file to write; "-" is standard output; the output\'s own name when left out')
    .action(async (id: string, name: string | undefined, options: { output?: string }) => {
      const api = cli.api();
      const job = await api.get<JobView>(`/jobs${path(id)}`);
      const output = choose(job, name);
      const file = options.output ?? safeName(output.name);
      const size = await downloadOutput(cli, api, job, output, file);
      if (file !== '-')
        cli.print({ file, bytes: size, sha256: output.sha256 }, () => `Wrote ${file}, ${bytes(size)}.\n`);
    });
}

/** Downloads one output into a file (`-` = standard output) and checks it; answers its bytes. */
export async function downloadOutput(
  cli: Cli,
  api: Api,
  job: JobView,
  output: JobOutput,
  file: string,
): Promise<number> {
  const target = file === '-' ? streamTarget(cli.io.stdout) : fileTarget(file);
  const progress = new Progress(cli.io);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const response = await api.open({
      path: `/jobs${path(job.id)}/outputs${path(output.name)}`,
      headers: { accept: '*/*' },
      signal: cli.io.signal,
    });
    target.start(response.headers);
    for await (const chunk of response) {
      hash.update(chunk);
      size += chunk.length;
      await target.write(chunk);
      progress.show(() => `${bytes(size)}${output.bytes === undefined ? '' : ` of ${bytes(output.bytes)}`}`);
    }
    progress.clear();
    if (output.sha256 !== undefined && hash.digest('hex') !== output.sha256) {
      throw new CliError(
        ExitCode.connection,
        "The download is damaged: its SHA-256 is not the output's.",
        'Try again.',
      );
    }
    await target.finish();
    return size;
  } catch (error) {
    progress.clear();
    await target.discard();
    throw explain(error);
  }
}

function choose(job: JobView, name: string | undefined): JobOutput {
  const outputs = job.outputs ?? [];
  const chosen = name === undefined ? outputs[0] : outputs.find((output) => output.name === name);
  if (name === undefined && outputs.length > 1) {
    throw usageError('The job has several outputs: name one.', outputs.map((output) => output.name).join(', '));
  }
  if (chosen === undefined) {
    const why =
      outputs.length === 0 ? `The job has no output; it is ${job.status}.` : `The job has no output "${name}".`;
    throw new CliError(ExitCode.notFound, why);
  }
  return chosen;
}

/** The server names the file, this machine the folder. */
function safeName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  return base === '' || base.startsWith('.') ? 'output' : base;
}

function explain(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') {
    return new CliError(ExitCode.connection, 'The download broke off; nothing was kept of it.', 'Try again.');
  }
  return error;
}
