/** `headgate source query` against a stand-in server: streaming, broken results, cancelling. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answers, type FakeServer, startFakeServer } from './fake-server.ts';
import { type CliRunOptions, runCli } from './run-cli.ts';

const BIN = fileURLToPath(new URL('../../bin/headgate.js', import.meta.url));

let fake: FakeServer;

beforeAll(async () => {
  fake = await startFakeServer();
});
afterAll(() => fake.stop());
beforeEach(() => {
  fake.asked.length = 0;
});

/** Runs signed in by HEADGATE_TOKEN. */
function signedIn(argv: readonly string[], answers: Answers, options: CliRunOptions = {}) {
  fake.answers = answers;
  return runCli(argv, { ...options, env: { HEADGATE_SERVER: fake.url, HEADGATE_TOKEN: 'hg_test', ...options.env } });
}

describe('queries', () => {
  const columns = Buffer.from(JSON.stringify([{ name: 'n' }, { name: 'word' }])).toString('base64');
  const endpoint = 'POST /api/v1/sources/sales/query';
  const rows = '{"n":1,"word":"one"}\n{"n":22,"word":"two"}\n';

  /** Streams chunks as the door does: a head, chunks, a trailer. */
  function streamed(chunks: readonly string[], result: string | null): Answers {
    return {
      [endpoint]: (response) => {
        response.writeHead(200, {
          'content-type': 'application/x-ndjson',
          'headgate-query-id': 'q1',
          'headgate-columns': columns,
          trailer: 'Headgate-Result',
        });
        for (const chunk of chunks) response.write(chunk);
        if (result !== null) response.addTrailers({ 'Headgate-Result': result });
        response.end();
      },
    };
  }

  it('passes NDJSON through unchanged, however it is cut into chunks', async () => {
    for (const chunks of [
      [rows],
      [...rows],
      [rows.slice(0, 21), rows.slice(21)],
      [rows.slice(0, 20), rows.slice(20)],
    ]) {
      const result = await signedIn(['source', 'query', 'sales', 'select 1'], streamed(chunks, 'complete; rows=2'));
      expect(result).toEqual({ code: 0, stdout: rows, stderr: '' });
    }
  });

  it('shows a table on a terminal, numbers to the right', async () => {
    const answers = streamed([rows], 'complete; rows=2');
    const result = await signedIn(['source', 'query', 'sales', 'select 1'], answers, {
      terminal: 80,
      env: { NO_COLOR: '1' },
    });
    expect(result.stdout).toBe(' n  word\n 1  one\n22  two\n');
    expect(result.stderr).toMatch(/^2 rows, \d+ B in \d\.\d s\.\n$/);
    expect(fake.asked[0]?.body).toMatchObject({ format: 'ndjson', maxRows: 200 });
  });

  it('says that a limit cut the result', async () => {
    const result = await signedIn(['source', 'query', 'sales', 'select 1'], streamed([rows], 'truncated; rows=2'));
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('A limit cut the result');
  });

  it('takes a small answer that carries its result in a header', async () => {
    const result = await signedIn(['source', 'query', 'sales', 'select 1', '--json'], {
      [endpoint]: (response) => response.setHeader('headgate-result', 'complete; rows=1').end('[{"n":1}]'),
    });
    expect(result).toEqual({ code: 0, stdout: '[{"n":1}]', stderr: '' });
  });

  it.each([
    ['no trailer', null],
    ['a trailer of another make', 'nonsense'],
  ])('takes %s for a broken result: exit code 7', async (_, trailer) => {
    const result = await signedIn(['source', 'query', 'sales', 'select 1'], streamed([rows], trailer));
    expect(result.code).toBe(7);
    expect(result.stderr).toContain('broke off after 2 rows');
  });

  it('takes a reset connection for a broken result and leaves no file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-cli-'));
    const argv = ['source', 'query', 'sales', 'select 1', '--format', 'csv', '--output', join(folder, 'rows.csv')];
    const result = await signedIn(argv, {
      [endpoint]: (response) => {
        response.write('n,word\n1,one\n', () => response.destroy());
      },
    });
    expect(result.code).toBe(7);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('keeps the error line of NDJSON out of the rows and ends with 7', async () => {
    const line = `${JSON.stringify({ $headgate_error: { code: 'connection_lost', detail: 'The server went away.' } })}\n`;
    const result = await signedIn(['source', 'query', 'sales', 'select 1'], streamed([rows, line], 'complete; rows=2'));
    expect(result.code).toBe(7);
    expect(result.stdout).toBe(rows);
    expect(result.stderr).toContain('The server went away. (after 2 rows');
    expect(result.stderr).toContain('connection_lost');
  });

  it('writes a file that appears when it is whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-cli-'));
    const file = join(folder, 'rows.ndjson');
    const argv = ['source', 'query', 'sales', 'select $1, $2', '-p', 'a', '-p', '007', '--output', file];
    const result = await signedIn(argv, streamed([rows], 'complete; rows=2'));
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/^2 rows/);
    expect(readFileSync(file, 'utf8')).toBe(rows);
    expect(readdirSync(folder)).toEqual(['rows.ndjson']);
    expect(fake.asked[0]?.body).toMatchObject({ parameters: ['a', '007'] });
    rmSync(folder, { recursive: true });
  });

  it('cancels on the server when Ctrl-C is pressed, and ends with 130', async () => {
    const interrupt = new AbortController();
    const answers: Answers = {
      [endpoint]: (response) => {
        response.writeHead(200, { 'headgate-query-id': 'q1' });
        response.write(rows + rows);
      },
      'DELETE /api/v1/queries/q1': (response) => response.writeHead(204).end(),
    };
    const onStdout = () => interrupt.abort();
    const argv = ['source', 'query', 'sales', 'select 1'];
    const result = await signedIn(argv, answers, { signal: interrupt.signal, onStdout });
    expect(result.code).toBe(130);
    expect(fake.asked.at(-1)).toMatchObject({ method: 'DELETE', path: '/api/v1/queries/q1' });
  });

  it('reads the statement from standard input', async () => {
    await signedIn(['source', 'query', 'sales'], streamed([], 'complete; rows=0'), { stdin: 'select 42\n' });
    expect(fake.asked[0]?.body).toMatchObject({ sql: 'select 42' });
  });

  it('ends quietly when its reader has read enough', async () => {
    const hangUp = Promise.withResolvers<void>();
    fake.answers = {
      [endpoint]: (response) => {
        response.writeHead(200, { 'headgate-query-id': 'q1' });
        response.once('close', () => hangUp.resolve());
        const more = () => {
          while (!response.destroyed && response.write(rows.repeat(100)));
        };
        response.on('drain', more);
        more();
      },
    };
    const script = `"${process.execPath}" "${BIN}" source query sales 'select 1' | head -1; echo "\${PIPESTATUS[0]}"`;
    const env = { ...process.env, HEADGATE_SERVER: fake.url, HEADGATE_TOKEN: 'hg_test' };
    const result = await promisify(execFile)('bash', ['-c', script], { env });
    expect(result).toEqual({ stdout: '{"n":1,"word":"one"}\n0\n', stderr: '' });
    await hangUp.promise;
  });
});
