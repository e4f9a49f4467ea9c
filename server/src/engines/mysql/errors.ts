/**
 * From what went wrong — a server's error number, a TLS code — to the engine-neutral words.
 */
import { type ConnectStage, EngineError } from '../engine.ts';
import { certificateError, codeOf, codesByNumber } from '../network-errors.ts';
import type { ServerError } from './protocol.ts';

/** Server error numbers (MySQL and MariaDB share these unless said). */
const BY_NUMBER = codesByNumber([
  ['login_failed', [1045, 1698, 1820, 1862, 3118, 3955, 4151]],
  ['login_not_allowed', [1129, 1130, 1227, 4150]],
  ['auth_unsupported', [1251, 1275, 1524, 2049, 2059]],
  ['tls_required', [3159]],
  ['database_not_found', [1046, 1049]],
  ['database_denied', [1044]],
  ['too_many_connections', [1040, 1203, 1226]],
  ['protocol_error', [1043, 1047, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1835]],
  ['connection_lost', [1053, 1079, 1152, 1184, 1927, 4031]],
  ['syntax_error', [1064, 1065, 1149, 1066, 1111, 1140, 1055, 1052, 1222, 1248, 1318, 1582, 1327]],
  ['object_not_found', [1051, 1054, 1091, 1109, 1146, 1176, 1305, 1508, 1628, 1356, 4091]],
  ['permission_denied', [1142, 1143, 1370, 1410, 1419, 1095, 1094, 1290]],
  ['read_only', [1792, 1836, 3989]],
  ['constraint_violation', [1022, 1048, 1062, 1169, 1216, 1217, 1451, 1452, 1557, 1586, 1761, 1762, 3819, 4025, 1364]],
  [
    'value_invalid',
    [1264, 1265, 1292, 1365, 1366, 1406, 1411, 1416, 1425, 1426, 1441, 1690, 3140, 3141, 3146, 3903, 1242, 1139, 4038],
  ],
  ['parameter_invalid', [1210]],
  ['statement_timeout', [1969, 3024]],
  ['cancelled', [1317]],
  ['lock_conflict', [1099, 1100, 1205, 1213, 1223, 3058, 3572]],
  ['resource_exhausted', [1021, 1037, 1038, 1041, 1104, 1114, 1116, 1135, 1206, 1436, 1461, 1041, 3170]],
  ['unsupported', [1235, 1286, 1289, 1295, 1112, 1178]],
  ['statement_failed', []],
]);

/** Numbers after which the server has closed, or is about to close, the connection. */
const FATAL = new Set([1040, 1043, 1045, 1053, 1079, 1152, 1153, 1156, 1157, 1158, 1159, 1160, 1161, 1184, 1927, 4031]);

/** Turns a server's error packet into an EngineError. */
export function fromServerError(error: ServerError, stage?: ConnectStage): EngineError {
  return new EngineError(BY_NUMBER.get(error.number) ?? 'statement_failed', error.message, {
    nativeCode: String(error.number),
    stage,
    detail: `SQLSTATE ${error.state}`,
    fatal: FATAL.has(error.number) || stage !== undefined,
  });
}

/** A failed TLS handshake. */
export function fromTlsError(error: unknown, host: string): EngineError {
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  return (
    certificateError(code, host, error) ??
    new EngineError('tls_failed', `The TLS handshake failed: ${reason}`, {
      stage: 'tls',
      nativeCode: code || undefined,
      fatal: true,
      cause: error,
    })
  );
}

/** The server said something that this protocol does not allow here. */
export function protocolError(message: string, stage?: ConnectStage): EngineError {
  return new EngineError('protocol_error', message, { stage, fatal: true });
}
