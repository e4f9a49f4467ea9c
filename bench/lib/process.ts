/** Children of the bench: start one, talk to it over IPC, read its memory and CPU from /proc, stop it. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

export class Child {
  readonly #process: ChildProcess;
  readonly #waiting: ((message: unknown) => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on('message', (message) => this.#waiting.shift()?.(message));
    child.on('exit', (code) => {
      if (this.#waiting.length > 0) throw new Error(`a bench child ended with code ${code}`);
    });
  }

  /** Forks `file` and waits for its first message. */
  static async start<T>(file: URL, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<[Child, T]> {
    const child = new Child(
      fork(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
    return [child, await child.#next<T>()];
  }

  #next<T>(): Promise<T> {
    return new Promise((resolve) => this.#waiting.push(resolve as (message: unknown) => void));
  }

  /** Sends a message and waits for the answer. */
  call<T>(message: object): Promise<T> {
    const answer = this.#next<T>();
    this.#process.send(message);
    return answer;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resident memory in MiB. */
  residentMiB(): number {
    return statusField(this.pid, 'VmRSS') / 1024;
  }

  /** Highest resident memory in MiB since `resetPeak`. */
  peakMiB(): number {
    return statusField(this.pid, 'VmHWM') / 1024;
  }

  resetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, '5');
  }

  /** CPU seconds used so far, user and system. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    await exited;
  }
}

function statusField(pid: number, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1]);
}

/** The machine, for the results file. */
export function machine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}
