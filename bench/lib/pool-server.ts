/**
 * The reference for small queries: a plain `node:http` server that runs the posted statement through `pg`'s Pool and
 * answers NDJSON. No sign-in, no decision, no audit: what one writes when one hands out the password.
 */
import { createServer } from 'node:http';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: Number(process.argv[3]) });
const server = createServer((incoming, answer) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', async () => {
    const { sql, parameters } = JSON.parse(Buffer.concat(chunks).toString()) as { sql: string; parameters?: unknown[] };
    try {
      const result = await pool.query({ name: sql.slice(0, 60), text: sql, values: parameters ?? [] });
      answer.setHeader('content-type', 'application/x-ndjson');
      answer.end(result.rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    } catch (error) {
      answer.statusCode = 500;
      answer.end(String(error));
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
