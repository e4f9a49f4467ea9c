import { expect, test } from 'vitest';
import type { SourceErrorCode } from '../engine.ts';
import { fromSocketError, givenUp } from '../network-errors.ts';
import { fromDriver, fromTlsError } from './errors.ts';
import { failure } from './testkit.ts';

test.each<[string, SourceErrorCode]>([
  ['ORA-01017', 'login_failed'],
  ['ORA-28001', 'login_failed'],
  ['ORA-28000', 'login_not_allowed'],
  ['ORA-01045', 'login_not_allowed'],
  ['ORA-28040', 'auth_unsupported'],
  ['NJS-116', 'auth_unsupported'],
  ['ORA-12514', 'database_not_found'],
  ['ORA-12505', 'database_not_found'],
  ['NJS-518', 'database_not_found'],
  ['ORA-01034', 'unreachable'],
  ['NJS-503', 'unreachable'],
  ['NJS-510', 'connect_timeout'],
  ['ORA-12516', 'too_many_connections'],
  ['ORA-12519', 'too_many_connections'],
  ['ORA-12520', 'too_many_connections'],
  ['ORA-00018', 'too_many_connections'],
  ['ORA-02391', 'too_many_connections'],
  ['ORA-01013', 'cancelled'],
  ['NJS-123', 'statement_timeout'],
  ['ORA-00942', 'object_not_found'],
  ['ORA-00904', 'object_not_found'],
  ['ORA-01031', 'permission_denied'],
  ['ORA-01456', 'read_only'],
  ['ORA-14551', 'read_only'],
  ['ORA-00001', 'constraint_violation'],
  ['ORA-02290', 'constraint_violation'],
  ['ORA-02291', 'constraint_violation'],
  ['ORA-01400', 'constraint_violation'],
  ['ORA-00060', 'lock_conflict'],
  ['ORA-00054', 'lock_conflict'],
  ['ORA-08177', 'lock_conflict'],
  ['ORA-00923', 'syntax_error'],
  ['ORA-00936', 'syntax_error'],
  ['ORA-01722', 'value_invalid'],
  ['ORA-01476', 'value_invalid'],
  ['ORA-01861', 'value_invalid'],
  ['ORA-12899', 'value_invalid'],
  ['ORA-01008', 'parameter_invalid'],
  ['NJS-137', 'parameter_invalid'],
  ['ORA-01555', 'resource_exhausted'],
  ['ORA-04031', 'resource_exhausted'],
  ['ORA-03113', 'connection_lost'],
  ['NJS-521', 'connection_lost'],
  ['NJS-531', 'protocol_error'],
  ['ORA-20001', 'statement_failed'],
  ['NJS-900', 'statement_failed'],
])('%s is %s', (native, code) => {
  expect(fromDriver(failure(native, 'words'))).toMatchObject({ code });
});

test("the text is the server's, without the driver's frills", () => {
  const error = failure('ORA-00942', 'table or view "S"."T" does not exist\nHelp: https://docs.oracle.com/x/', {
    offset: 15,
  });
  expect(fromDriver(error, { sql: "select 'é' from t" })).toMatchObject({
    message: 'table or view "S"."T" does not exist',
    nativeCode: 'ORA-00942',
    position: 15,
    fatal: false,
  });
  const refused = failure('NJS-511', 'the listener refused. (CONNECTION_ID=abc==)\nCause: ORA-12520');
  expect(fromDriver(refused, { stage: 'login' })).toMatchObject({
    code: 'too_many_connections',
    message: 'the listener refused. Cause: ORA-12520',
    nativeCode: 'ORA-12520',
    stage: 'login',
    fatal: true,
  });
});

test('an error without a place in the statement names none', () => {
  const error = failure('ORA-01722', 'invalid number', { offset: 0 });
  expect(fromDriver(error, { sql: 'select 1 from t' }).position).toBeUndefined();
});

test.each([
  ['CERT_HAS_EXPIRED', 'tls_expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_name_mismatch'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls_untrusted'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_unsupported'],
  ['ECONNRESET', 'tls_unsupported'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'tls_failed'],
])('%s in a handshake is %s', (code, expected) => {
  const error = Object.assign(new Error('x'), { code });
  expect(fromTlsError(error, 'db')).toMatchObject({ code: expected, stage: 'tls', fatal: true });
});

test('sockets and deadlines', () => {
  const socket = (code: string) => fromSocketError(Object.assign(new Error('x'), { code })).code;
  expect([socket('ECONNREFUSED'), socket('EHOSTUNREACH'), socket('ETIMEDOUT')]).toEqual([
    'unreachable',
    'unreachable',
    'connect_timeout',
  ]);
  expect(givenUp(AbortSignal.abort(), 'tls')).toMatchObject({ code: 'cancelled', stage: 'tls' });
  expect(givenUp(AbortSignal.abort(new DOMException('late', 'TimeoutError')), 'login')).toMatchObject({
    code: 'connect_timeout',
    stage: 'login',
  });
});
