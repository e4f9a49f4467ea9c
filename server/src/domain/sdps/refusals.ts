/** What this protocol says no with (sdps.md §2.8): a number and a text, always under HTTP 200. */
import { DomainError } from '../errors.ts';

/** Numbers that some path emits, with the texts that clients display. */
export const messages = {
  1000: 'An application error occurred and has been logged to CloudWatch Logs',
  1003: 'Invalid token',
  1005: 'The item does not exist',
  1204: 'S3 bucket does not exist',
  1208: 'Connection failed',
  1210: 'Data catalog being crawled',
  1212: 'No authorization',
  1213: 'Duplicate authorization',
  1215: 'Cannot find trusted policy, please deploy the agent CloudFormation stack first',
  1217: 'Assume role failed in the target account',
  1218: 'Cross region connection is not allowed',
  1222: 'Account does not exist',
  1223: 'Could not delete account, please delete agent CloudFromation stack first',
  1224: 'Account cleanup with error',
  1226: 'Could not disconnect data source while connection is creating',
  1229: 'Database instance does not exist',
  1234: 'JDBC connection with the same instance already exists',
  1245: 'JDBC connection create failed',
  1247: 'Connection not found',
  1249: 'JDBC connection not exist',
  1250: 'Subnet for JDBC connection not exist in target account',
  1251: 'Validation for connection properties failed',
  1253: 'JDBC URL is incorrect, please refer to https://docs.aws.amazon.com/glue/latest/dg/connection-properties.html#connection-properties-jdbc',
  1254: 'Database name is missing, please refer to https://docs.aws.amazon.com/glue/latest/dg/connection-properties.html#connection-properties-jdbc',
  1255: 'JDBC connection with the same instance already be imported',
  1256: 'JDBC list databases not supported.',
  1257: 'JDBC list databases failed.',
  1258: 'A duplicate account with the same name already exists. Please note that account names must be unique.',
  1259: 'Invalid file type, please provide an Excel file (.xlsx).',
  1261: 'Sheet [OriginTemplate] not found in the Excel file',
  1262: 'There is no relevant data in sheet [OriginTemplate], please add data according to the format.',
  1302: 'Database type error, only s3 and rds database_type are supported',
  1401: 'The classification template does not exist',
  1402: 'The data identifier does not exist',
  1403: 'A data identifier with the same name already exists',
  1404: 'The data identifier is being used',
  1405: 'The item is being used',
  1406: 'A category/regulation with the same name already exists',
  1407: 'The category/regulation does not exist',
  1408: 'Identifier rules should not be empty',
  1409: 'Identify keywords in column headers should not contains empty str',
  1410: 'This identifier already exists in the template',
  1510: 'The discovery job does non exist',
  1511: 'Invalid parameter',
  1512: 'The job is not running',
  1513: 'The running information does non exist',
  1514: 'Only scheduled job can change state',
  1515: 'Only idle job can be disabled',
  1516: 'Only paused jobs can be enabled',
  1517: 'Could not delete a running job',
  1519: 'This database cannot be deleted because it has running job(s).',
  1520: 'This running does not have a template snapshot.',
  1521: 'The job is stopping',
  1523: 'All job run failed',
  1524: 'Database is empty',
  1611: 'Cannot create duplicated label',
} as const;

export type SdpsCode = keyof typeof messages;

/** A refusal in the protocol's own words. */
export class SdpsError extends DomainError {
  readonly number: number;
  /** Who uses it, of 1404. */
  readonly ref: readonly string[] | null;

  constructor(number: number, message: string, ref: readonly string[] | null = null, cause?: unknown) {
    super(`sdps_${number}`, message, { cause });
    this.number = number;
    this.ref = ref;
  }
}

/** The refusal of a number, with its own text unless another is said. */
export function refusal(code: SdpsCode, message: string = messages[code], cause?: unknown): SdpsError {
  return new SdpsError(code, message, null, cause);
}

/** A request that fails validation: `where.field=>reason`, several joined (§2.4). */
export function invalid(entries: readonly string[]): SdpsError {
  return new SdpsError(400, entries.join(' , '));
}

/** What the original has no better word for (1000): an unknown column, a body that is no JSON. */
export function unforeseen(): SdpsError {
  return refusal(1000);
}
