/**
 * What every scenario gets: throwaway servers with the same settings for both sides, filled with data, and a Headgate
 * whose store is a PostgreSQL database of its own (decisions.md 37).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { collectRows } from '../../server/src/engines/collect.ts';
import type { EngineConnection } from '../../server/src/engines/engine.ts';
import { mysqlEngine } from '../../server/src/engines/mysql/index.ts';
import { type MariadbServer, startMariadb } from '../../server/test/servers/mariadb.ts';
import { type PostgresqlServer, startPostgresql } from '../../server/test/servers/postgresql.ts';
import { fillMariadb, fillPostgresql } from './data.ts';
import { Headgate } from './headgate.ts';

export interface Settings {
  /** Rows of the bulk table. */
  readonly rows: number;
  /** Interleaved rounds. */
  readonly rounds: number;
  /** Seconds of one load run. */
  readonly seconds: number;
}

const serverSettings = { shared_buffers: '1GB', jit: 'off', max_connections: 200 };

export class Bench {
  readonly settings: Settings;
  readonly folder: string;
  readonly postgresql: PostgresqlServer;
  readonly mariadb: MariadbServer;
  readonly mariadbDatabase: string;
  readonly postgresqlUrl: string;
  readonly storeUrl: string;
  readonly headgate: Headgate;
  readonly #postgresqlMonitor: pg.Client;
  readonly #mariadbMonitor: EngineConnection;

  private constructor(parts: {
    settings: Settings;
    folder: string;
    postgresql: PostgresqlServer;
    mariadb: MariadbServer;
    mariadbDatabase: string;
    storeUrl: string;
    headgate: Headgate;
    postgresqlMonitor: pg.Client;
    mariadbMonitor: EngineConnection;
  }) {
    this.settings = parts.settings;
    this.folder = parts.folder;
    this.postgresql = parts.postgresql;
    this.mariadb = parts.mariadb;
    this.mariadbDatabase = parts.mariadbDatabase;
    this.postgresqlUrl = parts.postgresql.url('bench');
    this.storeUrl = parts.storeUrl;
    this.headgate = parts.headgate;
    this.#postgresqlMonitor = parts.postgresqlMonitor;
    this.#mariadbMonitor = parts.mariadbMonitor;
  }

  get rows(): number {
    return this.settings.rows;
  }
  get rounds(): number {
    return this.settings.rounds;
  }
  get seconds(): number {
    return this.settings.seconds;
  }

  /** Starts the servers, fills them, starts Headgate and registers both as sources `postgresql` and `mysql`. */
  static async start(settings: Settings): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-bench-'));
    const [postgresql, mariadb] = await Promise.all([
      startPostgresql({ settings: serverSettings }),
      startMariadb({ settings: { 'innodb-buffer-pool-size': '1G' } }),
    ]);
    await postgresql.createDatabase('bench');
    await postgresql.createDatabase('headgate');
    const mariadbDatabase = await mariadb.createDatabase('bench');
    await fillPostgresql(postgresql.url('bench'), settings.rows);
    await fillMariadb(mariadb, mariadbDatabase, settings.rows);
    // The store's login is refused as a source on its own server (decisions.md 32), so the source has its own.
    await postgresql.execute(`create role reader login password 'bench reader password'`);
    await postgresql.execute('grant pg_read_all_data to reader');
    const storeUrl = postgresql.url('headgate');
    const headgate = await Headgate.start(storeUrl);
    await headgate.api('POST', '/sources', {
      name: 'postgresql',
      engine: 'postgresql',
      host: '127.0.0.1',
      port: postgresql.port,
      database: 'bench',
      username: 'reader',
      password: 'bench reader password',
    });
    await headgate.api('POST', '/sources', {
      name: 'mysql',
      engine: 'mysql',
      host: '127.0.0.1',
      port: mariadb.port,
      database: mariadbDatabase,
      username: mariadb.user,
      password: mariadb.password,
    });
    const postgresqlMonitor = new pg.Client({ connectionString: postgresql.url('postgres') });
    await postgresqlMonitor.connect();
    const mariadbMonitor = await mysqlEngine.connect(
      {
        host: '127.0.0.1',
        addresses: ['127.0.0.1'],
        port: mariadb.port,
        database: mariadbDatabase,
        username: mariadb.user,
        password: mariadb.password,
        tls: { mode: 'disable' },
        options: {},
        applicationName: 'bench',
      },
      { signal: AbortSignal.timeout(10_000) },
    );
    return new Bench({
      settings,
      folder,
      postgresql,
      mariadb,
      mariadbDatabase,
      storeUrl,
      headgate,
      postgresqlMonitor,
      mariadbMonitor,
    });
  }

  /** How many statements run for Headgate on the PostgreSQL source now. */
  async activePostgresql(): Promise<number> {
    const result = await this.#postgresqlMonitor.query({
      name: 'active',
      text: "select 1 from pg_stat_activity where datname = 'bench' and usename = 'reader' and state = 'active'",
    });
    return result.rowCount ?? 0;
  }

  /** How many statements run on the MariaDB source now, the question itself left out. */
  async activeMariadb(): Promise<number> {
    const { rows } = await collectRows(this.#mariadbMonitor, {
      sql: "select 1 from information_schema.processlist where command in ('Query', 'Execute') and info like '%m8%' and id <> connection_id()",
    });
    return rows.length;
  }

  async stop(): Promise<void> {
    await this.headgate.stop();
    await this.#postgresqlMonitor.end();
    await this.#mariadbMonitor.close();
    await Promise.all([this.postgresql.stop(), this.mariadb.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
