/**
 * The control line of a target: one more signed-in session, shared by all connections of the same target, that ends
 * their statements with KILL. It is opened when a statement takes long enough that somebody might want to cancel it, kept
 * warm, and closed a while after the last connection of its target is gone.
 */
import { createHash } from 'node:crypto';
import { type ConnectTarget, EngineError } from '../engine.ts';
import { signIn } from './connect.ts';
import type { Session } from './session.ts';

const SIGN_IN_DEADLINE_MS = 10_000;
const LINGER_MS = 5_000;
/**
 * How long a KILL waits for the one before it. MariaDB's KILL may take two seconds itself, waiting for a lock that
 * sleeping statements share; those behind it then get sessions of their own, `SPARES` at a time.
 */
const KILL_PATIENCE_MS = 50;
const SPARES = 4;
/** `Unknown thread id`: it is gone already. */
const UNKNOWN_THREAD = '1094';

const lines = new Map<string, ControlLine>();

/** A line for one more connection of this target; give it back with `release`. */
export function acquireControlLine(target: ConnectTarget): ControlLine {
  // The key holds the password, hence the digest.
  const { addresses, port, username, password, tls, options } = target;
  const key = createHash('sha256')
    .update(JSON.stringify([addresses, port, username, password, tls, options]))
    .digest('base64');
  let line = lines.get(key);
  if (!line) {
    line = new ControlLine(target, () => lines.delete(key));
    lines.set(key, line);
  }
  line.retain();
  return line;
}

/** Which session a KILL goes over: the line's own, or one made for it. */
type Way = 'line' | 'spare';

interface WaitingKill {
  readonly go: (way: Way) => void;
  overdue: boolean;
}

export class ControlLine {
  readonly #target: ConnectTarget;
  readonly #forget: () => void;
  #users = 0;
  #session: Promise<Session> | undefined;
  #linger: NodeJS.Timeout | undefined;
  /** KILLs wait on this side, first come first served: one that was sent cannot be taken back from a slow session. */
  readonly #waiting: WaitingKill[] = [];
  #lineBusy = false;
  #sparesBusy = 0;

  constructor(target: ConnectTarget, forget: () => void) {
    // No database: a line is for the server, and the database may be gone by the time it is needed.
    this.#target = { ...target, database: '', applicationName: `${target.applicationName} control` };
    this.#forget = forget;
  }

  /** False until the line is open or being opened. */
  get warm(): boolean {
    return this.#session !== undefined;
  }

  retain(): void {
    this.#users += 1;
    clearTimeout(this.#linger);
  }

  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#linger = setTimeout(() => this.#close(), LINGER_MS);
    this.#linger.unref();
  }

  /** Opens the line; failures show when it is used. */
  warmUp(): void {
    this.#open().catch(() => {});
  }

  /** Ends a thread's statement (`QUERY`) or the thread itself (`CONNECTION`). A thread that is gone is fine. */
  async kill(threadId: number, what: 'QUERY' | 'CONNECTION'): Promise<void> {
    const statement = `KILL ${what} ${threadId}`;
    const way = await this.#killTurn();
    try {
      if (way === 'line') await this.#retry((session) => session.execute(statement));
      else await this.#executeApart(statement);
    } catch (error) {
      if (!(error instanceof EngineError) || error.nativeCode !== UNKNOWN_THREAD) throw error;
    } finally {
      this.#endKillTurn(way);
    }
  }

  #killTurn(): Promise<Way> {
    if (!this.#lineBusy) {
      this.#lineBusy = true;
      return Promise.resolve('line');
    }
    return new Promise((resolve) => {
      const kill: WaitingKill = {
        overdue: false,
        go: (way) => {
          clearTimeout(timer);
          this.#waiting.splice(this.#waiting.indexOf(kill), 1);
          if (way === 'spare') this.#sparesBusy += 1;
          else this.#lineBusy = true;
          resolve(way);
        },
      };
      const timer = setTimeout(() => {
        kill.overdue = true;
        if (this.#sparesBusy < SPARES) kill.go('spare');
      }, KILL_PATIENCE_MS);
      this.#waiting.push(kill);
    });
  }

  #endKillTurn(way: Way): void {
    if (way === 'line') this.#lineBusy = false;
    else this.#sparesBusy -= 1;
    const next = way === 'line' ? this.#waiting[0] : this.#waiting.find((kill) => kill.overdue);
    next?.go(way);
  }

  async #executeApart(statement: string): Promise<void> {
    const session = await signIn(this.#target, { signal: AbortSignal.timeout(SIGN_IN_DEADLINE_MS) });
    try {
      await session.execute(statement);
    } finally {
      session.close();
    }
  }

  /** Does the server still work on a statement of this thread? */
  async isRunning(threadId: number): Promise<boolean> {
    const rows = await this.#retry((session) =>
      session.query(`SELECT 1 FROM information_schema.processlist WHERE id=${threadId} AND command<>'Sleep'`),
    );
    return rows.length > 0;
  }

  /** Once more on a fresh session when the old one turns out to be dead. */
  async #retry<T>(work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#open());
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'connection_lost') throw error;
      return work(await this.#open());
    }
  }

  #open(): Promise<Session> {
    if (this.#session) return this.#session;
    const opening = signIn(this.#target, { signal: AbortSignal.timeout(SIGN_IN_DEADLINE_MS) }).then((session) => {
      session.wire.unref();
      session.onClosed = () => {
        if (this.#session === opening) this.#session = undefined;
      };
      return session;
    });
    this.#session = opening;
    opening.catch(() => {
      if (this.#session === opening) this.#session = undefined;
    });
    return opening;
  }

  #close(): void {
    this.#forget();
    this.#session?.then((session) => session.close()).catch(() => {});
    this.#session = undefined;
  }
}
