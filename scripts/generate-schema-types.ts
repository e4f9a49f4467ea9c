/**
 * Writes server/src/platform/database/schema.generated.ts: the Kysely types of a freshly migrated store.
 *
 *   node scripts/generate-schema-types.ts           writes the file
 *   node scripts/generate-schema-types.ts --check   fails when the file is not what the migrations make
 */
import { readFile, writeFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { openStore } from '../server/src/platform/database/index.ts';
import { prepareEmbedded, temporaryFolder } from '../server/src/platform/testing/folders.ts';

const target = new URL('../server/src/platform/database/schema.generated.ts', import.meta.url);

/** What each PostgreSQL type is in Node (platform/database/values.ts). */
const plainTypes: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  float8: 'number',
  numeric: 'Numeric',
  text: 'string',
  uuid: 'string',
  date: 'string',
  xid8: 'string',
  timestamptz: 'Timestamp',
  jsonb: 'unknown',
  bytea: 'Bytes',
};

interface ColumnRow {
  table: string;
  column: string;
  type: string;
  nullable: boolean;
  has_default: boolean;
  always_generated: boolean;
}

function typeOf(row: ColumnRow): string {
  const isArray = row.type.startsWith('_');
  const plain = plainTypes[isArray ? row.type.slice(1) : row.type];
  if (plain === undefined) throw new Error(`${row.table}.${row.column}: no Node type is set for ${row.type}`);
  const element = isArray ? `${plain}[]` : plain;
  const full = row.nullable && element !== 'unknown' ? `${element} | null` : element;
  if (row.always_generated) return `GeneratedAlways<${full}>`;
  return row.has_default ? `Generated<${full}>` : full;
}

function camelTitle(name: string): string {
  return name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

async function readColumns(): Promise<ColumnRow[]> {
  const folder = temporaryFolder();
  await prepareEmbedded(folder.path);
  const store = await openStore({ dataDir: folder.path }, pino({ level: 'silent' }));
  try {
    const { rows } = await sql<ColumnRow>`
      select c.relname as table, a.attname as column, t.typname as type, not a.attnotnull as nullable,
             a.atthasdef or a.attidentity <> '' as has_default,
             a.attidentity = 'a' or a.attgenerated <> '' as always_generated
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v')
      join pg_type t on t.oid = a.atttypid
      where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
        and c.relname not like 'headgate\\_%'
      order by c.relname collate "C", a.attnum`.execute(store.db);
    return rows;
  } finally {
    await store.close();
    folder.remove();
  }
}

function print(columns: readonly ColumnRow[]): string {
  const tables = Map.groupBy(columns, (row) => row.table);
  const interfaces = [...tables].map(([table, rows]) => {
    const members = rows.map((row) => `  ${row.column}: ${typeOf(row)};`).join('\n');
    return `export interface ${camelTitle(table)}Table {\n${members}\n}\n`;
  });
  const entries = [...tables.keys()].map((table) => `  ${table}: ${camelTitle(table)}Table;`).join('\n');
  return `/** Made by scripts/generate-schema-types.ts from the migrations: do not edit. */
import type { ColumnType, GeneratedAlways } from 'kysely';

/** The store has a default for it: may be left out on insert. */
export type Generated<T> =
  T extends ColumnType<infer Select, infer Insert, infer Update>
    ? ColumnType<Select, Insert | undefined, Update>
    : ColumnType<T, T | undefined, T>;
/** Read as a Date; written as a Date or ISO 8601 text. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** Read as text, exact; written as either. */
export type Numeric = ColumnType<string, number | string, number | string>;
/** Read as a Buffer. */
export type Bytes = ColumnType<Buffer, Uint8Array, Uint8Array>;

${interfaces.join('\n')}
export interface DB {
${entries}
}
`;
}

const made = print(await readColumns());
if (process.argv.includes('--check')) {
  const committed = await readFile(target, 'utf8').catch(() => '');
  if (committed !== made) {
    console.error(
      'server/src/platform/database/schema.generated.ts is not what the migrations make. Run: node scripts/generate-schema-types.ts',
    );
    process.exit(1);
  }
} else {
  await writeFile(target, made);
}
