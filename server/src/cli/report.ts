/** Failures as people and scripts see them, on stderr: never a stack. */
import { CommanderError } from 'commander';
import { CliError, ExitCode, type Holder, type Problem, ProblemError } from './exit.ts';
import type { CliIo } from './io.ts';
import { Interrupted } from './prompt.ts';
import { renderFields, renderTable } from './table.ts';
import { printable, time } from './text.ts';

/** What to do about errors that say nothing of it themselves. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['store_unavailable', 'Check DATABASE_URL, and that its server runs and takes this sign-in.'],
]);

/** Prints what went wrong and returns the exit code. */
export function reportFailure(error: unknown, io: CliIo, json: boolean): ExitCode {
  if (error instanceof CommanderError) {
    // Help and version come as errors too; commander has printed everything already.
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
  if (io.signal.aborted || error instanceof Interrupted) {
    io.stderr.write('headgate: interrupted.\n');
    return ExitCode.interrupted;
  }
  if (error instanceof ProblemError) {
    io.stderr.write(json ? `${JSON.stringify(error.problem)}\n` : describeProblem(error.problem, error.message));
    return error.exitCode;
  }
  if (error instanceof CliError) {
    const problem = { detail: error.message, remedy: error.remedy };
    io.stderr.write(json ? `${JSON.stringify(problem)}\n` : describeProblem(problem, error.message));
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  // Errors of the parts that work offline (config, store, vault) carry a code and often a remedy of their own.
  const code = textMember(error, 'code');
  const problem = { detail: message, code, remedy: textMember(error, 'remedy') ?? REMEDIES.get(code ?? '') };
  io.stderr.write(json ? `${JSON.stringify(problem)}\n` : describeProblem(problem, message));
  return code === 'config_invalid' ? ExitCode.usage : ExitCode.failure;
}

/** The problem's parts, one a line. */
export function describeProblem(problem: Problem, message: string): string {
  const lines = renderFields([
    ['  code', problem.code],
    ['  field', problem.field],
    ['  remedy', problem.remedy],
    ['  request', problem.instance],
  ]);
  return `headgate: ${printable(message)}\n${lines}${describeHolders(problem.holders)}`;
}

function describeHolders(holders: readonly Holder[] | undefined): string {
  if (!Array.isArray(holders) || holders.length === 0) return '';
  const table = renderTable<Holder>(
    holders,
    [
      { title: '  held by', value: (holder) => `  ${holder.kind ?? ''} ${holder.name ?? holder.id ?? ''}`.trimEnd() },
      { title: 'id', value: (holder) => (holder.name === undefined ? '' : holder.id) },
      { title: 'user', value: (holder) => holder.user },
      { title: 'since', value: (holder) => time(holder.since) },
    ],
    { width: Number.POSITIVE_INFINITY, bold: false },
  );
  return table;
}

function textMember(error: unknown, name: 'code' | 'remedy'): string | undefined {
  if (typeof error !== 'object' || error === null || !(name in error)) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}
