/**
 * From checked addresses to a signed-in session.
 *
 * Oracle has no opportunistic TLS: `prefer` and `disable` speak TCP, the other modes TCPS. The service is found before
 * anybody signs in, so an unknown one fails the stage `database` without a word about the login.
 */
import { type ConnectStage, type ConnectTarget, EngineError } from '../engine.ts';
import { givenUp } from '../network-errors.ts';
import type { Driver, DriverConnection } from './driver.ts';
import { fromDriver } from './errors.ts';
import { OracleConnection, type SessionFacts } from './query.ts';
import { Attempt, usesTls } from './transport.ts';

/**
 * What every session is set to: values that become text implicitly look the same everywhere, and zoned ones are UTC.
 * The order of words and their comparison stay the server's.
 */
export const SESSION_SETTINGS =
  "ALTER SESSION SET TIME_ZONE='+00:00' NLS_CALENDAR='GREGORIAN' NLS_NUMERIC_CHARACTERS='.,' " +
  "NLS_DATE_FORMAT='YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT='YYYY-MM-DD HH24:MI:SS.FF' " +
  "NLS_TIMESTAMP_TZ_FORMAT='YYYY-MM-DD HH24:MI:SS.FFTZH:TZM'";

const WHO = "SELECT SYS_CONTEXT('USERENV', 'SID') FROM DUAL";

/** Connects and signs in. Rejects with an EngineError that names the stage; nothing stays open then. */
export async function openConnection(
  target: ConnectTarget,
  hooks: { readonly signal: AbortSignal; readonly onStage?: (stage: ConnectStage) => void },
  driver: Driver,
): Promise<OracleConnection> {
  const connectString = descriptor(target);
  const attempt = new Attempt(target, hooks);
  let session: DriverConnection | undefined;
  try {
    if (hooks.signal.aborted) throw givenUp(hooks.signal, 'address');
    session = await driver.connect(attempt, {
      user: target.username,
      password: target.password,
      connectString,
      program: target.applicationName,
    });
    hooks.onStage?.('login');
    attempt.stage = 'database';
    await session.execute(SESSION_SETTINGS, {}, { prefetchRows: 0, fetchAs: () => ({}) });
    const facts: SessionFacts = {
      sessionId: await sessionIdOf(session),
      serverVersion: session.serverVersion,
      encrypted: usesTls(target),
    };
    if (hooks.signal.aborted) throw givenUp(hooks.signal, 'database');
    hooks.onStage?.('database');
    return new OracleConnection(session, facts, target.options, SESSION_SETTINGS);
  } catch (error) {
    session?.destroy();
    attempt.destroy();
    throw explain(error, attempt, hooks.signal);
  } finally {
    attempt.finish();
  }
}

async function sessionIdOf(session: DriverConnection): Promise<string> {
  const { resultSet } = await session.execute(WHO, {}, { prefetchRows: 2, fetchAs: () => ({}) });
  const rows = (await resultSet?.getRows(1)) ?? [];
  await resultSet?.close();
  return String(rows[0]?.[0] ?? '');
}

function explain(error: unknown, attempt: Attempt, signal: AbortSignal): EngineError {
  if (signal.aborted) return givenUp(signal, attempt.stage);
  if (attempt.answeredIn === 'TLS') {
    return new EngineError('tls_required', 'The listener speaks only TLS on this port.', {
      stage: 'tls',
      fatal: true,
      cause: error,
    });
  }
  if (attempt.answeredIn !== undefined) {
    return new EngineError('protocol_error', 'Something other than a listener of Oracle answers on this port.', {
      stage: attempt.stage,
      fatal: true,
      cause: error,
    });
  }
  return fromDriver(error, { stage: attempt.stage });
}

/** The connect descriptor. Names go in unquoted, so what could end them is refused. */
export function descriptor(target: ConnectTarget): string {
  const { database, addresses, port, options } = target;
  if (!/^[\p{L}\p{N}_$#.-]{1,250}$/u.test(database)) {
    throw new EngineError('database_not_found', 'That cannot be the name of a service or SID.', { stage: 'database' });
  }
  const [address] = addresses;
  if (address === undefined) throw new EngineError('unreachable', 'There is no address.', { stage: 'address' });
  const protocol = usesTls(target) ? 'tcps' : 'tcp';
  const name = options.sid === true ? `(SID=${database})` : `(SERVICE_NAME=${database})`;
  return `(DESCRIPTION=(ADDRESS=(PROTOCOL=${protocol})(HOST=${address})(PORT=${port}))(CONNECT_DATA=${name}))`;
}
