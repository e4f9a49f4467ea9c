/** The file in which `headgate login` keeps one token a server. Mode 0600, in a folder of mode 0700. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError, ExitCode } from './exit.ts';
import type { CliIo } from './io.ts';

export interface SavedSignIn {
  readonly token: string;
  readonly username: string;
  /** RFC 3339; null for a token that does not end. */
  readonly expiresAt: string | null;
}

interface CredentialsFile {
  /** The server of the last sign-in: used where none is named. */
  defaultServer?: string;
  servers: Record<string, SavedSignIn>;
}

/** Sign-ins on this machine, by server. */
export class Credentials {
  readonly path: string;

  constructor(env: CliIo['env']) {
    const config = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
    this.path = join(config, 'headgate', 'credentials.json');
  }

  get(server: string): SavedSignIn | undefined {
    return this.#read().servers[server];
  }

  get defaultServer(): string | undefined {
    return this.#read().defaultServer;
  }

  /** Keeps a sign-in and makes its server the default one. */
  put(server: string, signIn: SavedSignIn): void {
    const file = this.#read();
    file.servers[server] = signIn;
    file.defaultServer = server;
    this.#write(file);
  }

  /** Forgets a sign-in. Returns it, or undefined when there was none. */
  remove(server: string): SavedSignIn | undefined {
    const file = this.#read();
    const signIn = file.servers[server];
    if (signIn === undefined) return undefined;
    delete file.servers[server];
    if (file.defaultServer === server) delete file.defaultServer;
    this.#write(file);
    return signIn;
  }

  #read(): CredentialsFile {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { servers: {} };
      throw new CliError(ExitCode.failure, `${this.path} cannot be read.`, 'Check its owner and mode.');
    }
    return parse(text) ?? this.#refuse();
  }

  #refuse(): never {
    throw new CliError(ExitCode.failure, `${this.path} is damaged.`, 'Remove it and run `headgate login` again.');
  }

  /** Replaces the file in one step: a reader sees the old one or the new one, never half of it. */
  #write(file: CredentialsFile): void {
    const folder = dirname(this.path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${process.pid}`;
    try {
      writeFileSync(draft, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
      // The mode above counts only for a new file.
      chmodSync(draft, 0o600);
      renameSync(draft, this.path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  }
}

function parse(text: string): CredentialsFile | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('servers' in value)) return undefined;
  const { servers } = value;
  if (typeof servers !== 'object' || servers === null) return undefined;
  const file: CredentialsFile = { servers: {} };
  for (const [server, entry] of Object.entries(servers)) {
    if (typeof entry?.token !== 'string' || typeof entry.username !== 'string') return undefined;
    const expiresAt = typeof entry.expiresAt === 'string' ? entry.expiresAt : null;
    file.servers[server] = { token: entry.token, username: entry.username, expiresAt };
  }
  if ('defaultServer' in value && typeof value.defaultServer === 'string') file.defaultServer = value.defaultServer;
  return file;
}
