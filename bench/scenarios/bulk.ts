/** Bulk reads: the whole product path against the database's own command-line client, interleaved. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from '../lib/bench.ts';
import { compare, type Line, median } from '../lib/statistics.ts';

const run = promisify(execFile);

interface Transfer {
  readonly seconds: number;
  readonly firstByteMs: number;
}

/** Downloads a query's result with curl into /dev/null; curl reports the times. */
async function download(bench: Bench, source: string, format: string, limitRate?: string): Promise<Transfer> {
  const body = join(bench.folder, `query-${format}.json`);
  await writeFile(body, JSON.stringify({ sql: 'select * from m8', format }));
  const { stdout } = await run('curl', [
    '--silent',
    '--show-error',
    '--fail',
    ...(limitRate === undefined ? [] : ['--limit-rate', limitRate]),
    '--output',
    '/dev/null',
    '--header',
    `authorization: Bearer ${bench.headgate.token}`,
    '--header',
    'content-type: application/json',
    '--data-binary',
    `@${body}`,
    '--write-out',
    '%{time_starttransfer} %{time_total}',
    `http://127.0.0.1:${bench.headgate.port}/api/v1/sources/${source}/query`,
  ]);
  const [first, total] = stdout.split(' ').map(Number);
  return { seconds: total ?? Number.NaN, firstByteMs: (first ?? Number.NaN) * 1000 };
}

function timed(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const started = performance.now();
  const result = spawnSync(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  if (result.status !== 0) throw new Error(`${command}: ${result.error?.message ?? result.stderr.toString()}`);
  return (performance.now() - started) / 1000;
}

const targets: Readonly<Record<string, number>> = {
  'postgresql ndjson': 1.2,
  'postgresql csv': 1.3,
  'mysql ndjson': 0.85,
};

export async function bulk(bench: Bench): Promise<Line[]> {
  const references: Readonly<Record<string, () => number>> = {
    postgresql: () => timed('psql', ['-q', '-c', "\\copy (select * from m8) to '/dev/null' csv", bench.postgresqlUrl]),
    mysql: () =>
      timed(
        'mariadb',
        [
          '--no-defaults',
          '--quick',
          '-B',
          '-h',
          '127.0.0.1',
          '-P',
          String(bench.mariadb.port),
          '-u',
          'root',
          bench.mariadbDatabase,
          '-e',
          'select * from m8',
        ],
        { MYSQL_PWD: bench.mariadb.password },
      ),
  };
  const lines: Line[] = [];
  for (const engine of ['postgresql', 'mysql']) {
    const reference = references[engine];
    if (reference === undefined) continue;
    const seconds: Record<string, number[]> = { reference: [], ndjson: [], csv: [] };
    const firstBytes: Record<string, number[]> = { ndjson: [], csv: [] };
    const cpu: Record<string, number[]> = { ndjson: [], csv: [] };
    await download(bench, engine, 'ndjson');
    await download(bench, engine, 'csv');
    const idle = bench.headgate.child.residentMiB();
    bench.headgate.child.resetPeak();
    for (let round = 0; round < bench.rounds; round++) {
      const order = ['reference', 'ndjson', 'csv'];
      for (const what of round % 2 === 0 ? order : order.reverse()) {
        if (what === 'reference') seconds.reference?.push(reference());
        else {
          const before = bench.headgate.child.cpuSeconds();
          const transfer = await download(bench, engine, what);
          cpu[what]?.push(bench.headgate.child.cpuSeconds() - before);
          seconds[what]?.push(transfer.seconds);
          firstBytes[what]?.push(transfer.firstByteMs);
        }
      }
    }
    const peak = bench.headgate.child.peakMiB() - idle;
    const perSecond = (of: string): number[] => (seconds[of] ?? []).map((value) => bench.rows / value);
    for (const format of ['ndjson', 'csv']) {
      const name = `${engine} ${format}`;
      const target = targets[name];
      lines.push({
        name: `bulk ${name}, against ${engine === 'postgresql' ? 'psql \\copy' : 'mariadb --quick -B'}`,
        unit: 'rows/s',
        ...compare(perSecond(format), perSecond('reference')),
        ...(target === undefined ? {} : { target: { kind: 'at least', value: target } as const }),
        note: `${median(cpu[format] ?? []).toFixed(2)} CPU s per ${bench.rows} rows; first byte after ${median(firstBytes[format] ?? []).toFixed(0)} ms`,
      });
    }
    lines.push({
      name: `bulk ${engine}: peak memory over idle`,
      value: peak,
      unit: 'MiB',
      target: { kind: 'at most', value: 48 },
    });
  }
  const idle = bench.headgate.child.residentMiB();
  bench.headgate.child.resetPeak();
  await download(bench, 'postgresql', 'ndjson', '40M');
  lines.push({
    name: 'bulk postgresql to a slow client (40 MB/s): peak memory over idle',
    value: bench.headgate.child.peakMiB() - idle,
    unit: 'MiB',
    target: { kind: 'at most', value: 48 },
  });
  return lines;
}
