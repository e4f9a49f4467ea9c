/** The demo's sample database: a small shop, the same rows at every start. */
import type { PostgresqlServer } from '../../test/servers/postgresql.ts';

/** The login that Headgate gets: it may read and nothing else. Exists only in the demo. */
export const SHOP_READER = { username: 'shop_reader', password: 'shop-reader-demo' } as const;

export interface Sample {
  readonly database: string;
  readonly tables: number;
  readonly rows: number;
}

const CUSTOMERS = 1200;
const PRODUCTS = 180;
const ORDERS = 4000;
const SEED = 20_260_301;

const TABLES = `
  CREATE TABLE customers (
    id int PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, city text NOT NULL, since date NOT NULL);
  CREATE TABLE categories (id int PRIMARY KEY, name text NOT NULL UNIQUE);
  CREATE TABLE products (
    id int PRIMARY KEY, category_id int NOT NULL REFERENCES categories, name text NOT NULL,
    price numeric(10,2) NOT NULL, in_stock boolean NOT NULL);
  CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, placed_at timestamptz NOT NULL,
    status text NOT NULL);
  CREATE TABLE order_items (
    order_id int NOT NULL REFERENCES orders, position int NOT NULL, product_id int NOT NULL REFERENCES products,
    quantity int NOT NULL, price numeric(10,2) NOT NULL, PRIMARY KEY (order_id, position));
  CREATE TABLE payments (
    id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, paid_at timestamptz NOT NULL,
    amount numeric(10,2) NOT NULL, method text NOT NULL);
  COMMENT ON TABLE orders IS 'One order of one customer';
  COMMENT ON COLUMN order_items.price IS 'Price of one piece when it was ordered';
`;

const CITIES = ['Oslo', 'Lagos', 'Quito', 'Pune', 'Porto', 'Perth', 'Kyoto', 'Tartu'];
const FIRST_NAMES = ['Ada', 'Bo', 'Chi', 'Dara', 'Eli', 'Fen', 'Gita', 'Hugo', 'Ines', 'Juno', 'Kofi', 'Lena'];
const LAST_NAMES = ['Adler', 'Brook', 'Costa', 'Dahl', 'Eze', 'Fjord', 'Gupta', 'Hayashi', 'Ivanov', 'Jensen'];
const CATEGORIES = ['Lamps', 'Chairs', 'Tables', 'Rugs', 'Shelves', 'Clocks', 'Vases', 'Cushions', 'Mirrors'];
const MATERIALS = ['oak', 'linen', 'glass', 'steel', 'wool', 'clay', 'cork', 'paper'];
const STATUSES = ['new', 'paid', 'sent', 'sent', 'sent', 'returned'];
const METHODS = ['card', 'card', 'transfer', 'voucher'];
const FIRST_DAY = Date.UTC(2025, 0, 1);
const DAY_MS = 86_400_000;

/** Creates the database with its tables, rows and reading login. */
export async function createSample(server: PostgresqlServer): Promise<Sample> {
  const database = await server.createDatabase('shop');
  const tables = shopRows(SEED);
  const { username, password } = SHOP_READER;
  await server.execute(
    `${TABLES}
    ${tables.map(insertStatement).join('\n')}
    CREATE ROLE ${username} LOGIN PASSWORD '${password}';
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${username};
    ANALYZE;`,
    database,
  );
  return { database, tables: tables.length, rows: tables.reduce((sum, table) => sum + table.rows.length, 0) };
}

interface Table {
  readonly name: string;
  readonly rows: readonly object[];
}

/** All rows of the shop. The same seed gives the same rows. */
export function shopRows(seed: number): Table[] {
  const random = generator(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T; // never empty
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const moment = (days: number) => FIRST_DAY + Math.floor(random() * days * DAY_MS);
  const money = (from: number, to: number) => (whole(from * 100, to * 100) / 100).toFixed(2);

  const customers = range(CUSTOMERS).map((id) => {
    const name = `${pick(FIRST_NAMES)} ${pick(LAST_NAMES)}`;
    const email = `${name.toLowerCase().replace(' ', '.')}.${id}@example.com`;
    return { id, name, email, city: pick(CITIES), since: new Date(moment(365)).toISOString().slice(0, 10) };
  });
  const categories = CATEGORIES.map((name, index) => ({ id: index + 1, name }));
  const products = range(PRODUCTS).map((id) => {
    const category = pick(categories);
    const name = `${category.name.slice(0, -1)} of ${pick(MATERIALS)} no. ${id}`;
    return { id, category_id: category.id, name, price: money(5, 400), in_stock: random() < 0.9 };
  });
  const orders: object[] = [];
  const items: object[] = [];
  const payments: object[] = [];
  for (const id of range(ORDERS)) {
    const placed = moment(420);
    const status = pick(STATUSES);
    orders.push({ id, customer_id: whole(1, CUSTOMERS), placed_at: new Date(placed).toISOString(), status });
    let amount = 0;
    for (const position of range(whole(1, 5))) {
      const product = pick(products);
      const quantity = whole(1, 4);
      amount += quantity * Number(product.price);
      items.push({ order_id: id, position, product_id: product.id, quantity, price: product.price });
    }
    if (status === 'new') continue;
    const paid = new Date(placed + whole(1, 72) * 3_600_000).toISOString();
    payments.push({
      id: payments.length + 1,
      order_id: id,
      paid_at: paid,
      amount: amount.toFixed(2),
      method: pick(METHODS),
    });
  }
  return [
    { name: 'customers', rows: customers },
    { name: 'categories', rows: categories },
    { name: 'products', rows: products },
    { name: 'orders', rows: orders },
    { name: 'order_items', rows: items },
    { name: 'payments', rows: payments },
  ];
}

/** One statement a table: the server turns JSON into rows of the table's own types. */
function insertStatement({ name, rows }: Table): string {
  const json = JSON.stringify(rows).replaceAll("'", "''");
  return `INSERT INTO ${name} SELECT * FROM json_populate_recordset(null::${name}, '${json}');`;
}

/** 1 … count. */
function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** A small seeded generator of numbers in [0, 1) (xorshift32): good enough for samples, useless for secrets. */
function generator(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
