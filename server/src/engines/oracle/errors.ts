/**
 * From what went wrong — a server's ORA number, the driver's NJS code, a TLS code — to the engine-neutral
 * words.
 */
import { type ConnectStage, EngineError, type SourceErrorCode } from '../engine.ts';
import { certificateProblem, codeOf, codesByNumber } from '../network-errors.ts';
import type { DriverFailure } from './driver.ts';

/** The server's numbers. */
const BY_NUMBER = codesByNumber([
  ['login_failed', [1005, 1017, 28001, 28003, 28007, 28011]],
  ['login_not_allowed', [1004, 1035, 1045, 1075, 28000, 28009, 28030, 28365, 46915, 47400]],
  ['auth_unsupported', [28040]],
  ['database_not_found', [12504, 12505, 12514, 12521, 65011]],
  ['unreachable', [1033, 1034, 1089, 1090, 12526, 12527, 12528, 12541, 12542, 12543, 12545, 27101]],
  ['too_many_connections', [18, 20, 2391, 12516, 12518, 12519, 12520, 51]],
  ['connection_lost', [22, 28, 31, 45, 603, 609, 1012, 1041, 1092, 2396, 2399, 3113, 3114, 3135, 12537, 12547, 12570]],
  ['syntax_error', [...range(900, 903), ...range(905, 931), ...range(933, 941), 945, 946, 947, 950, 960, 962, 963]],
  ['syntax_error', [972, 979, 937, 1747, 1756, 1789, 1790, 2000, 3049, 6550, 24333, 40442]],
  ['object_not_found', [904, 942, 943, 1418, 1432, 2289, 4043, 4063, 6553, 6575, 2019, 1435]],
  ['permission_denied', [1031, 1536, 1950, 1720, 41900, 28112]],
  ['read_only', [1456, 16000, 14551, 14552, 14553]],
  ['constraint_violation', [1, 1400, 1407, 2290, 2291, 2292, 2293, 2296, 2298, 2299, 2437]],
  ['value_invalid', [910, 932, 1401, 1426, 1427, 1428, 1438, 1457, 1476, 1481, 1482, 1722, 1830, 1839, 1840, 1841]],
  ['value_invalid', [...range(1843, 1866), 1873, 1878, 1881, 1882, 1890, 6502, 12899, 1489, 22835, 22275, 13199]],
  ['parameter_invalid', [1006, 1008, 1036, 1745, 1461, 1795]],
  ['cancelled', [1013]],
  ['statement_timeout', [40, 2393, 3156]],
  ['lock_conflict', [54, 60, 8177, 8176, 30006, 104]],
  ['resource_exhausted', [1555, 1562, 1628, 1630, 1631, 1632, 1650, 1651, 1652, 1653, 1654, 1658, 1688, 1691]],
  ['resource_exhausted', [4030, 4031, 4036, 10260, 30036, 1000, 1144, 2392, 2394, 2395]],
  ['unsupported', [3001, 12660]],
]);

/** The driver's codes. */
const BY_CODE: ReadonlyMap<string, SourceErrorCode> = new Map<string, SourceErrorCode>([
  ['NJS-003', 'connection_lost'],
  ['NJS-009', 'value_invalid'],
  ['NJS-012', 'parameter_invalid'],
  ['NJS-011', 'parameter_invalid'],
  ['NJS-044', 'parameter_invalid'],
  ['NJS-055', 'parameter_invalid'],
  ['NJS-097', 'parameter_invalid'],
  ['NJS-098', 'parameter_invalid'],
  ['NJS-099', 'parameter_invalid'],
  ['NJS-101', 'login_failed'],
  ['NJS-116', 'auth_unsupported'],
  ['NJS-137', 'parameter_invalid'],
  ['NJS-123', 'statement_timeout'],
  ['NJS-138', 'unsupported'],
  ['NJS-500', 'connection_lost'],
  ['NJS-501', 'connection_lost'],
  ['NJS-503', 'unreachable'],
  ['NJS-505', 'tls_failed'],
  ['NJS-506', 'tls_failed'],
  ['NJS-507', 'tls_name_mismatch'],
  ['NJS-508', 'tls_name_mismatch'],
  ['NJS-510', 'connect_timeout'],
  ['NJS-511', 'unreachable'],
  ['NJS-512', 'protocol_error'],
  ['NJS-513', 'connection_lost'],
  ['NJS-518', 'database_not_found'],
  ['NJS-519', 'database_not_found'],
  ['NJS-521', 'connection_lost'],
  ['NJS-530', 'unreachable'],
  ['NJS-532', 'auth_unsupported'],
  ['NJS-533', 'auth_unsupported'],
]);

/** The driver's words, without a code of their own, for an answer in some other protocol, or for nowhere to go on to. */
const NOT_ORACLE = /Invalid packet length|All options tried/;

/** What the listener said where the driver says it in its own words. */
const REFUSALS: ReadonlyMap<string, number> = new Map([
  ['NJS-518', 12514],
  ['NJS-519', 12505],
]);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** After these the session is gone, whatever the server had to say. */
const FATAL: ReadonlySet<SourceErrorCode> = new Set(['connection_lost', 'protocol_error']);

/** Is this what a driver throws? */
export function isDriverFailure(error: unknown): error is DriverFailure {
  return error instanceof Error;
}

/** A failure of the driver or the server in a statement, or at a stage of a sign-in. */
export function fromDriver(error: unknown, more: { stage?: ConnectStage; sql?: string } = {}): EngineError {
  if (error instanceof EngineError) return error;
  if (!isDriverFailure(error)) return new EngineError('statement_failed', 'The driver failed.', { cause: error });
  // The driver packs a listener's number, and the one behind a lost session, into its text.
  const number =
    error.errorNum || REFUSALS.get(error.code ?? '') || Number(/\bORA-(\d{1,6})\b/.exec(error.message)?.[1] ?? 0);
  const native = number > 0 ? `ORA-${String(number).padStart(5, '0')}` : error.code;
  const lost = error.code === 'NJS-500';
  const code = NOT_ORACLE.test(error.message) ? 'protocol_error' : neutralCode(number, error.code);
  return new EngineError(code, textOf(error, native), {
    nativeCode: native,
    stage: stageOf(code, more.stage),
    position: more.sql === undefined ? undefined : positionOf(error, code, more.sql),
    hint: HINTS.get(number) ?? (code === 'connection_lost' && more.stage === 'login' ? CLOSED_EARLY : undefined),
    fatal: lost || FATAL.has(code) || more.stage !== undefined,
    cause: error,
  });
}

function neutralCode(number: number, driverCode: string | undefined): SourceErrorCode {
  const byNumber = BY_NUMBER.get(number);
  if (byNumber) return byNumber;
  if (driverCode?.startsWith('NJS-')) {
    const known = BY_CODE.get(driverCode);
    if (known) return known;
    // The rest of the five hundreds are the driver's words for a server that answers with something else.
    return driverCode.startsWith('NJS-5') ? 'protocol_error' : 'statement_failed';
  }
  return 'statement_failed';
}

const HINTS: ReadonlyMap<number, string> = new Map([
  [28001, "The login's password has expired: set a new one at the server."],
  [28000, 'The account is locked: ALTER USER … ACCOUNT UNLOCK.'],
  [1045, 'GRANT CREATE SESSION to the login.'],
  [28040, 'The account has only password versions that are too old or too new for the driver: set its password again.'],
  [12660, 'The server demands native network encryption, which the driver does not speak: use TLS (TCPS).'],
]);

const CLOSED_EARLY =
  'The listener closed the connection before the sign-in was over: see whether its port is one for TCP or for TCPS.';

/** A service is looked for before anybody signs in, but it is the database that is wrong then. */
function stageOf(code: SourceErrorCode, stage: ConnectStage | undefined): ConnectStage | undefined {
  if (stage === undefined) return undefined;
  if (code === 'database_not_found') return 'database';
  if (code.startsWith('tls_')) return 'tls';
  if (code === 'login_failed' || code === 'login_not_allowed' || code === 'auth_unsupported') return 'login';
  return stage;
}

/** The server's words without the driver's code, connection ids and advertisement of a help page. */
function textOf(error: Error, native: string | undefined): string {
  const lines = error.message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^Help: |^https?:/.test(line));
  if (lines[0] === 'All options tried') return 'The listener sends clients on to an address that cannot be used.';
  const cause = lines.find((line) => line.startsWith('Cause: '));
  const first = cause && lines[0] ? `${lines[0]} ${cause}` : lines[0];
  const said = lines.find((line) => native !== undefined && line.startsWith(`${native}: `)) ?? first ?? '';
  return said.replace(/^(?:ORA|NJS)-\d+: /, '').replace(/\s*\(CONNECTION_ID=[^)]*\)/g, '');
}

/** The server counts bytes, callers count characters. Only a parser's complaint has a meaningful place. */
function positionOf(error: DriverFailure, code: SourceErrorCode, sql: string): number | undefined {
  const { offset } = error;
  if (offset === undefined || offset < 0 || (code !== 'syntax_error' && code !== 'object_not_found')) return undefined;
  return Buffer.from(sql).subarray(0, offset).toString().length + 1;
}

/** A failed TLS handshake with the server of this name. */
export function fromTlsError(error: unknown, host: string): EngineError {
  const code = codeOf(error);
  const more = { stage: 'tls', nativeCode: code || undefined, fatal: true, cause: error } as const;
  const problem = certificateProblem(code, host);
  if (problem) return new EngineError(problem.code, problem.message, more);
  // A plain listener drops what it does not understand, or answers in its own protocol.
  if (/^(?:ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ECONNRESET|EPIPE|)$/.test(code) && code !== '') {
    return new EngineError('tls_unsupported', 'The listener does not speak TLS on this port.', {
      ...more,
      hint: 'Use the port of its TCPS endpoint (often 2484), or choose another TLS mode.',
    });
  }
  return new EngineError(
    'tls_failed',
    `The TLS handshake failed: ${error instanceof Error ? error.message : ''}`,
    more,
  );
}
