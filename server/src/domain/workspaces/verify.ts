/** Whether a pair works: by connecting with exactly it, for at most ten seconds (chorus.md §5, step 10). */
import type { Principal } from '../identity/principal.ts';
import { secretMask } from '../sources/model.ts';
import { asOwner } from './elevate.ts';
import { DatabaseFailedError, invalid } from './refusals.ts';

/** What a connection test is asked about: a saved source with a pair, or one that is not saved yet. */
export type CheckSubject =
  | { readonly saved: string; readonly overrides: CheckSettings }
  | { readonly draft: CheckSettings & { readonly engine: string } };

export interface CheckSettings {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string | null;
  readonly username: string;
  readonly password: string;
  readonly tls?: { readonly mode: 'prefer' | 'require' };
}

/** The gateway's connection test, as far as it is used here. */
export interface ConnectionPort {
  test(
    principal: Principal,
    subject: CheckSubject,
    signal: AbortSignal,
  ): Promise<{
    readonly ok: boolean;
    readonly stages: readonly { stage: string; ok: boolean; code?: string; message?: string }[];
    readonly server?: { readonly version: string };
  }>;
}

const deadlineMs = 10_000;
const refused: ReadonlySet<string> = new Set(['login_failed', 'login_not_allowed', 'auth_unsupported']);
/** Words of the protocol for what else can go wrong (chorus.md §3.0). */
const kinds: Readonly<Record<string, string>> = {
  database_not_found: 'DATABASE_MISSING',
  database_denied: 'AUTHORIZATION_FAILED',
  too_many_connections: 'TOO_MANY_CONNECTIONS',
};

export class PairChecks {
  readonly #port: ConnectionPort;

  constructor(port: ConnectionPort) {
    this.#port = port;
  }

  /**
   * Connects and disconnects; the server's version when it was told. Throws FieldsInvalidError `base` for a pair that
   * the database refuses or a product that is not what it is said to be, DatabaseFailedError for everything else.
   */
  async check(principal: Principal, subject: CheckSubject, expectHawq = false): Promise<string | undefined> {
    const pair = 'saved' in subject ? subject.overrides : subject.draft;
    const signal = AbortSignal.timeout(deadlineMs);
    const report = await this.#port.test(asOwner(principal), subject, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new DatabaseFailedError('DATA_SOURCE_UNREACHABLE', 'The database did not answer within 10 seconds.', error);
    });
    const failed = report.stages.find((stage) => !stage.ok);
    // Whoever got past the sign-in is signed in: what it may do there is another matter.
    const signedIn = failed === undefined || failed.stage === 'privileges' || failed.stage === 'clock';
    if (!signedIn) {
      const code = failed.code ?? '';
      if (refused.has(code)) throw invalid('base', 'invalid_password', {});
      throw new DatabaseFailedError(kinds[code] ?? 'DATA_SOURCE_UNREACHABLE', masked(failed.message ?? code, pair));
    }
    const version = report.server?.version;
    if (expectHawq && version?.toUpperCase().includes('HAWQ') !== true) {
      throw invalid('base', 'invalid_hawq_data_source', {});
    }
    return version;
  }
}

/** User names and passwords never stand in a message. */
function masked(message: string, pair: CheckSettings): string {
  let text = message;
  for (const secret of [pair.password, pair.username]) {
    if (secret.length > 0) text = text.replaceAll(secret, secretMask);
  }
  return text;
}
