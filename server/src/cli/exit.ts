/** How a command ends: exit codes and the two kinds of failure that know their code. */

/** Exit codes of `headgate`; documented in docs/cli.md and part of its interface. */
export const ExitCode = {
  ok: 0,
  /** Anything without a code of its own. */
  failure: 1,
  /** The command line, or a setting, is wrong. */
  usage: 2,
  /** Nobody is signed in, or the sign-in has ended. */
  notSignedIn: 3,
  notPermitted: 4,
  notFound: 5,
  /** Name taken, in use, changed by somebody else meanwhile. */
  conflict: 6,
  /** A data source, or the connection to the Headgate server, failed or broke off. */
  connection: 7,
  /** Ended by Ctrl-C (128 + SIGINT). */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A failure that the command line explains itself. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly remedy: string | undefined;

  constructor(exitCode: ExitCode, message: string, remedy?: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.remedy = remedy;
  }
}

/** The command line is wrong: exit code 2. */
export function usageError(message: string, remedy?: string): CliError {
  return new CliError(ExitCode.usage, message, remedy);
}

/** One user of a source, as a 409 `source_in_use` lists it. */
export interface Holder {
  readonly kind?: string;
  readonly id?: string;
  readonly name?: string;
  readonly user?: string;
  readonly since?: string;
  readonly until?: string;
}

/** The native door's problem document (RFC 9457), as far as the command line reads it. */
export interface Problem {
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly code?: string;
  readonly field?: string;
  readonly remedy?: string;
  /** The request id, under which the server's log knows this request. */
  readonly instance?: string;
  readonly holders?: readonly Holder[];
}

/** The server said no. */
export class ProblemError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.name = 'ProblemError';
    this.status = status;
    this.problem = problem;
  }

  get exitCode(): ExitCode {
    return exitCodeOf(this.status);
  }
}

/** Status of an answer → exit code. 502 and 504 are the source's failures, 503 is Headgate's own. */
export function exitCodeOf(status: number): ExitCode {
  switch (status) {
    case 401:
      return ExitCode.notSignedIn;
    case 403:
      return ExitCode.notPermitted;
    case 404:
    case 410:
      return ExitCode.notFound;
    case 409:
    case 412:
      return ExitCode.conflict;
    case 502:
    case 504:
      return ExitCode.connection;
    default:
      return ExitCode.failure;
  }
}
