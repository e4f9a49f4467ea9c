/** The bench's data: 1,000,000 rows × 8 columns with what makes encoders work (nulls, decimals, quotes, UTF-8). */
import pg from 'pg';
import type { MariadbServer } from '../../server/test/servers/mariadb.ts';

/** Creates `m8` in the PostgreSQL database at `url`. */
export async function fillPostgresql(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create table m8 as
    select g::bigint as id, 'name ' || g as name,
      case when g % 5 = 0 then null else 'user' || g || '@example.test' end as email,
      ((g * 37) % 100000000 / 100.0)::numeric(14,2) as amount, sqrt(g)::float8 as score, g % 2 = 0 as active,
      timestamptz '2024-01-01 00:00:00Z' + g * interval '1.5 second' as created,
      'note "' || g || '" naïve – ' || case when g % 10 = 0 then E'second\\nline' else 'plain, with comma' end as note
    from generate_series(1, ${rows}) g`);
  await client.query('alter table m8 add primary key (id)');
  await client.query('vacuum analyze m8');
  await client.end();
}

/** Creates `m8` in a MariaDB database. */
export async function fillMariadb(server: MariadbServer, database: string, rows: number): Promise<void> {
  await server.execute(
    [
      `create table m8 (id bigint primary key, name varchar(40) not null, email varchar(60), amount decimal(14,2) not null,
      score double not null, active boolean not null, created datetime(6) not null, note text not null)`,
      `insert into m8 select seq, concat('name ', seq), if(seq % 5 = 0, null, concat('user', seq, '@example.test')),
      (seq * 37) % 100000000 / 100, sqrt(seq), seq % 2 = 0,
      timestamp '2024-01-01 00:00:00' + interval (seq * 1500000) microsecond,
      concat('note "', seq, '" naïve – ', if(seq % 10 = 0, 'second\\nline', 'plain, with comma'))
      from seq_1_to_${rows}`,
      'analyze table m8',
    ].join(';\n'),
    database,
  );
}
