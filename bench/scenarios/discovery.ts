/**
 * Discovery: how fast values are matched with every built-in identifier on, and how long it takes to catalogue and to scan
 * many tables. The last two go through the server, as jobs; store and source are the bench's PostgreSQL.
 */
import pg from 'pg';
import { builtinIdentifiers, Classifier } from '../../server/src/domain/catalog/classification/index.ts';
import { plantedColumns } from '../../server/src/domain/catalog/classification/planted.testkit.ts';
import type { Bench } from '../lib/bench.ts';
import { Headgate } from '../lib/headgate.ts';
import { type Line, median } from '../lib/statistics.ts';

const columnsEach = 10;

/** Megabytes of values a second of CPU time: numbers, addresses, names, and decoys. */
function matching(rounds: number): number {
  const classifier = new Classifier(builtinIdentifiers.map((identifier) => ({ kind: 'builtin', identifier })));
  const columns = plantedColumns(1, 1_000);
  const bytes = columns.reduce(
    (total, { values }) => total + values.reduce((sum, value) => sum + Buffer.byteLength(value ?? ''), 0),
    0,
  );
  const round = (): number => {
    const before = process.cpuUsage();
    for (const { name, values } of columns) classifier.classify(name, values, { threshold: 0.2 });
    const { user, system } = process.cpuUsage(before);
    return bytes / (user + system);
  };
  for (let warm = 0; warm < 10; warm += 1) round();
  return median(Array.from({ length: rounds * 4 }, round));
}

async function fill(url: string, tables: number, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const columns = Array.from({ length: columnsEach }, (_, index) => `c${index} text`).join(', ');
  for (let from = 0; from < tables; from += 250) {
    const names = Array.from(
      { length: Math.min(250, tables - from) },
      (_, index) => `t${String(from + index).padStart(5, '0')}`,
    );
    await client.query(names.map((name) => `create table ${name} (${columns})`).join(';'));
    if (rows === 0) continue;
    const values = Array.from({ length: columnsEach }, (_, index) => `md5(g::text || '${index}')`).join(', ');
    await client.query(
      names.map((name) => `insert into ${name} select ${values} from generate_series(1, ${rows}) g`).join(';'),
    );
  }
  await client.query('grant select on all tables in schema public to reader');
  await client.end();
}

class Door {
  readonly #headgate: Headgate;
  readonly #key = { account_provider_id: 2, account_id: 'bench', region: 'here' };

  constructor(headgate: Headgate) {
    this.#headgate = headgate;
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#headgate.call<{ code: number; message: string; data: T }>(method, path, body);
    if (answer.code !== 1001) throw new Error(`${path}: ${answer.message}`);
    return answer.data;
  }

  async add(instance_id: string, port: number): Promise<void> {
    await this.call('POST', '/data-source/add-jdbc-conn', {
      ...this.#key,
      instance_id,
      jdbc_connection_url: `jdbc:postgresql://127.0.0.1:${port}/${instance_id}`,
      jdbc_connection_schema: instance_id,
      master_username: 'reader',
      password: 'bench reader password',
    });
  }

  async crawl(instance_id: string): Promise<number> {
    const started = performance.now();
    await this.call('POST', '/data-source/sync-jdbc', { ...this.#key, instance_id });
    for (;;) {
      const page = await this.call<{ items: { instance_id: string; glue_state: string }[] }>(
        'POST',
        '/data-source/list-jdbc?provider_id=2',
        {},
      );
      const state = page.items.find((one) => one.instance_id === instance_id)?.glue_state;
      if (state === 'ACTIVE') return (performance.now() - started) / 1_000;
      if (state !== 'CRAWLING' && state !== 'ERROR') throw new Error(`The crawl ended as ${state}.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async scan(database_name: string): Promise<number> {
    await this.#headgate.call('POST', '/api/v1/discovery/template/add', { identifiers: 'all' });
    const { account_id, region } = this.#key;
    const databases = [{ account_id, region, database_type: 'jdbc_tencent', database_name }];
    const { id } = await this.call<{ id: number }>('POST', '/discovery-jobs', {
      name: 'bench',
      range: 0,
      depth_structured: 1_000,
      databases,
    });
    const started = performance.now();
    await this.call('POST', `/discovery-jobs/${id}/start`);
    for (;;) {
      const { state } = await this.call<{ state: string }>('GET', `/discovery-jobs/${id}`);
      if (state === 'Completed') return (performance.now() - started) / 1_000;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export async function discovery(bench: Bench): Promise<Line[]> {
  const { settings, postgresql } = bench;
  const share = settings.rows >= 1_000_000 ? 1 : 0.1;
  const [many, some] = [10_000 * share, 1_000 * share];
  for (const name of ['discovery_store', 'many_tables', 'some_tables']) await postgresql.createDatabase(name);
  await fill(postgresql.url('many_tables'), many, 0);
  await fill(postgresql.url('some_tables'), some, 1_000);
  const speed = matching(bench.rounds);
  const headgate = await Headgate.start(postgresql.url('discovery_store'));
  try {
    const door = new Door(headgate);
    await door.call('POST', '/data-source/add_account', { account_provider: 2, account_id: 'bench', region: 'here' });
    await door.add('many_tables', postgresql.port);
    await door.add('some_tables', postgresql.port);
    const crawled = await door.crawl('many_tables');
    const scanned = await door.scan('some_tables');
    return [
      {
        name: 'Matching, every built-in identifier on',
        value: speed,
        unit: 'MB/CPU s',
        target: { kind: 'at least', value: 20 },
      },
      {
        name: `Cataloguing ${many} tables × ${columnsEach} columns`,
        value: crawled,
        unit: 's',
        target: { kind: 'at most', value: 60 * share },
      },
      {
        name: `Scanning ${some} tables × 1,000 rows × ${columnsEach} columns`,
        value: (some * columnsEach) / scanned,
        unit: 'columns/s',
        note: `${scanned.toFixed(1)} s, cataloguing included`,
      },
    ];
  } finally {
    await headgate.stop();
  }
}
