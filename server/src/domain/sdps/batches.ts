/** Adding many JDBC instances by a workbook (sdps.md §5.6). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Clock } from '../clock.ts';
import { DomainError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { admit } from './admit.ts';
import { type BatchColumns, type BatchOutcome, readBatch, reportName, writeBatchReport } from './batch-sheet.ts';
import type { SdpsFiles } from './files.ts';
import type { InstanceInput } from './instance-input.ts';
import { editable } from './instance-rows.ts';
import type { Instances } from './instances.ts';
import { namedDatabases, readJdbcUrl } from './jdbc-url.ts';
import { securityGroup, subnetsOf } from './network.ts';
import { SdpsError } from './refusals.ts';
import type { SdpsRules } from './settings.ts';

/** Columns A to K. */
export const instanceColumnsOfBatch: BatchColumns = {
  names: [
    'InstanceName',
    'SSL',
    'Description',
    'JDBC_URL',
    'JDBC_Databases',
    'SecretID',
    'Username',
    'Password',
    'AccountID',
    'Region',
    'ProviderID',
  ],
  notes: {
    en: 'One data source a row, from the third row on. SSL is 0 or 1; databases are separated by commas; a secret stands for user name and password; providers are 1 AWS, 2 Tencent, 3 Google, 4 JDBC Proxy.',
    zh: '从第三行起，每行一个数据源。SSL 填 0 或 1；数据库以逗号分隔；填写密钥时无需用户名和密码；供应商：1 AWS，2 腾讯，3 谷歌，4 JDBC 代理。',
  },
};

interface Row {
  readonly name: string;
  readonly ssl: string;
  readonly description: string;
  readonly url: string;
  readonly databases: string;
  readonly secret: string;
  readonly username: string;
  readonly password: string;
  readonly account: string;
  readonly region: string;
  readonly provider: string;
}

const longestDescription = 2048;
const passwordColumn = 7;

export interface BatchesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly files: SdpsFiles;
  readonly instances: Pick<Instances, 'add'>;
  readonly rules: SdpsRules;
}

export class Batches {
  readonly #deps: BatchesDeps;

  constructor(deps: BatchesDeps) {
    this.#deps = deps;
  }

  /** Adds all rows one after the other; gives the report's name. Throws SdpsError 1259, 1261, 1262. */
  async create(principal: Principal, fileName: string, content: Uint8Array, signal: AbortSignal): Promise<string> {
    admit(principal, 'write');
    const { clock, files } = this.#deps;
    const batch = readBatch(fileName, content, instanceColumnsOfBatch);
    const outcomes: BatchOutcome[] = [];
    const seen = new Set<string>();
    for (const cells of batch.rows) {
      signal.throwIfAborted();
      outcomes.push(await this.#row(principal, rowOf(cells), seen, signal));
    }
    // What signs in does not stay in a report.
    const masked = batch.rows.map((row) =>
      row.map((cell, index) => (index === passwordColumn && cell !== '' ? '***' : cell)),
    );
    const report = await writeBatchReport({ ...batch, rows: masked }, instanceColumnsOfBatch, outcomes);
    const name = reportName(clock.now());
    await files.put(principal.subject.tenantId, name, report.content, report.counts);
    return name;
  }

  async #row(principal: Principal, row: Row, seen: Set<string>, signal: AbortSignal): Promise<BatchOutcome> {
    const wrong = wrongWith(row);
    if (wrong !== null) return { result: 'FAILED', details: wrong };
    const key = JSON.stringify([row.provider, row.account.toLowerCase(), row.region, row.name.toLowerCase()]);
    if (seen.has(key)) return { result: 'FAILED', details: 'The data source is repeated in this sheet.' };
    seen.add(key);
    if (!(await this.#hasAccount(principal, row))) {
      return { result: 'FAILED', details: 'There is no such account of this provider and region.' };
    }
    try {
      const { instances, rules } = this.#deps;
      const [subnet = null] = subnetsOf(rules);
      await instances.add(
        principal,
        { ...inputOf(row), network_subnet_id: subnet, network_sg_id: securityGroup.id },
        signal,
      );
      return { result: 'SUCCESSED', details: '' };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const exists = error instanceof SdpsError && error.number === 1234;
      return { result: exists ? 'WARNING' : 'FAILED', details: error.message };
    }
  }

  async #hasAccount(principal: Principal, { provider, account, region }: Row): Promise<boolean> {
    const { rows } = await sql`
      select 1 from provider_account where tenant_id = ${principal.subject.tenantId} and provider = ${Number(provider)}
        and account_folded = ${account.toLowerCase()} and region = ${region}`.execute(this.#deps.store.db);
    return rows.length > 0;
  }
}

function rowOf(cells: readonly string[]): Row {
  const [name = '', ssl = '', description = '', url = '', databases = '', secret = '', username = '', password = ''] =
    cells;
  const [account = '', region = '', provider = ''] = cells.slice(8);
  return { name, ssl, description, url, databases, secret, username, password, account, region, provider };
}

/** What is wrong with a row by itself, the first in the order of the checks; null for nothing. */
function wrongWith(row: Row): string | null {
  const needed: readonly (readonly [string, string])[] = [
    ['InstanceName', row.name],
    ['SSL', row.ssl],
    ['JDBC_URL', row.url],
    ['AccountID', row.account],
    ['Region', row.region],
    ['ProviderID', row.provider],
    ...(row.secret === ''
      ? ([
          ['Username', row.username],
          ['Password', row.password],
        ] as const)
      : []),
  ];
  const missing = needed.find(([, value]) => value === '');
  if (missing !== undefined) return `${missing[0]} is missing.`;
  if (!/^[01]$/.test(row.ssl)) return 'SSL is neither 0 nor 1.';
  let product: string;
  try {
    const address = readJdbcUrl(row.url);
    product = address.product;
    if (product !== 'mysql' && namedDatabases({ ...address, database: null }, listOf(row.databases)).length === 0) {
      return 'JDBC_Databases is missing.';
    }
  } catch (error) {
    return error instanceof DomainError ? error.message : 'JDBC_URL is incorrect.';
  }
  if ([...row.description].length > longestDescription)
    return `Description is longer than ${longestDescription} characters.`;
  return /^\d{1,3}$/.test(row.provider) ? null : 'ProviderID is no number.';
}

const listOf = (databases: string): string =>
  databases
    .split(',')
    .map((one) => one.trim())
    .join('\n');

function inputOf(row: Row): InstanceInput {
  const nothing = Object.fromEntries(editable.map((name) => [name, null])) as Record<(typeof editable)[number], null>;
  return {
    ...nothing,
    instance_id: row.name,
    account_provider_id: Number(row.provider),
    account_id: row.account,
    region: row.region,
    description: row.description,
    jdbc_connection_url: row.url,
    jdbc_connection_schema: listOf(row.databases),
    jdbc_enforce_ssl: row.ssl === '1' ? 'true' : 'false',
    master_username: row.username === '' ? null : row.username,
    password: row.password === '' ? null : row.password,
    secret: row.secret === '' ? null : row.secret,
  };
}
