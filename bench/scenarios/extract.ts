/**
 * Export jobs, from the submission to the finished file, sealed as every output is: against what `psql` leaves in a plain
 * file on the same disk. A job is timed by its own clock, so that looking at it costs the measurement nothing.
 */
import { spawnSync } from 'node:child_process';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../lib/bench.ts';
import { compare, type Line, median } from '../lib/statistics.ts';

interface Job {
  readonly id: string;
  readonly status: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly error?: { readonly message: string };
  readonly outputs: readonly { readonly bytes: number }[];
}

/** Shapes of the file, and psql's way to something alike. */
const shapes = {
  'NDJSON.gz': {
    body: { format: 'ndjson', compression: 'gzip' },
    reference: 'gzip',
    target: 1.3,
    than: 'psql \\copy | gzip -1',
  },
  'NDJSON.zst': {
    body: { format: 'ndjson', compression: 'zstd' },
    reference: 'gzip',
    target: undefined,
    than: 'psql \\copy | gzip -1',
  },
  Parquet: { body: { format: 'parquet' }, reference: 'plain', target: 0.55, than: 'psql \\copy to a file' },
} as const;

async function exported(bench: Bench, body: object): Promise<{ seconds: number; bytes: number }> {
  const created = await bench.headgate.api<Job>('POST', '/jobs', {
    kind: 'export',
    source: 'postgresql',
    sql: 'select * from m8',
    ...body,
  });
  for (;;) {
    const job = await bench.headgate.api<Job>('GET', `/jobs/${created.id}`);
    if (job.status === 'succeeded') {
      const seconds = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000;
      return { seconds, bytes: job.outputs[0]?.bytes ?? 0 };
    }
    if (job.status !== 'queued' && job.status !== 'running') throw new Error(`${job.status}: ${job.error?.message}`);
    await delay(50);
  }
}

function copied(bench: Bench, how: 'gzip' | 'plain'): number {
  const file = join(bench.folder, 'copy.csv');
  const target = how === 'plain' ? `to '${file}'` : `to program 'gzip -1 > ${file}'`;
  const started = performance.now();
  const { status, error, stderr } = spawnSync(
    'psql',
    ['-q', '-c', `\\copy (select * from m8) ${target} csv`, bench.postgresqlUrl],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (status !== 0) throw new Error(`psql: ${error?.message ?? stderr.toString()}`);
  return (performance.now() - started) / 1000;
}

/** Seconds that hashing and encrypting as many bytes take, as the output writer does it. */
function sealing(bytes: number): number {
  const segment = randomBytes(1024 * 1024);
  const key = randomBytes(32);
  const hash = createHash('sha256');
  const started = performance.now();
  for (let done = 0; done < bytes; done += segment.length) {
    hash.update(segment);
    const cipher = createCipheriv('aes-256-gcm', key, randomBytes(12));
    cipher.update(segment);
    cipher.final();
  }
  return (performance.now() - started) / 1000;
}

export async function extract(bench: Bench): Promise<Line[]> {
  const names = Object.keys(shapes) as (keyof typeof shapes)[]; // the object has no others
  const seconds: Record<string, number[]> = { gzip: [], plain: [] };
  const cpu: Record<string, number[]> = {};
  const bytes: Record<string, number> = {};
  for (const name of names) {
    seconds[name] = [];
    cpu[name] = [];
    await exported(bench, shapes[name].body);
  }
  const idle = bench.headgate.child.residentMiB();
  bench.headgate.child.resetPeak();
  for (let round = 0; round < bench.rounds; round++) {
    for (const how of ['gzip', 'plain'] as const) seconds[how]?.push(copied(bench, how));
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const before = bench.headgate.child.cpuSeconds();
      const done = await exported(bench, shapes[name].body);
      cpu[name]?.push(bench.headgate.child.cpuSeconds() - before);
      seconds[name]?.push(done.seconds);
      bytes[name] = done.bytes;
    }
  }
  const peak = bench.headgate.child.peakMiB() - idle;
  const perSecond = (of: string): number[] => (seconds[of] ?? []).map((value) => bench.rows / value);
  const lines: Line[] = names.map((name) => {
    const { reference, target, than } = shapes[name];
    const share = sealing(bytes[name] ?? 0) / median(seconds[name] ?? []);
    return {
      name: `export job to ${name}, sealed, against ${than}`,
      unit: 'rows/s',
      ...compare(perSecond(name), perSecond(reference)),
      ...(target === undefined ? {} : { target: { kind: 'at least', value: target } as const }),
      note: `${((bytes[name] ?? 0) / 1e6).toFixed(1)} MB; ${median(cpu[name] ?? []).toFixed(2)} CPU s per ${bench.rows} rows; hashing and sealing ${(share * 100).toFixed(1)} %`,
    };
  });
  lines.push({
    name: 'export jobs: peak memory over idle',
    value: peak,
    unit: 'MiB',
    target: { kind: 'at most', value: 256 },
  });
  return lines;
}
