/** Jobs of one row: how soon one starts, and how many a second 16 callers can have done. Store on PostgreSQL. */
import type { Bench } from '../lib/bench.ts';
import { Headgate } from '../lib/headgate.ts';
import { type Line, median } from '../lib/statistics.ts';

interface Job {
  readonly id: string;
  readonly status: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
}

const callers = 16;
const body = { kind: 'export', source: 'postgresql', sql: 'select 1 as one', format: 'ndjson' };

export async function jobs(bench: Bench): Promise<Line[]> {
  await bench.postgresql.createDatabase('jobs');
  const headgate = await Headgate.start(bench.postgresql.url('jobs'), {
    HEADGATE_JOB_CONCURRENCY: String(callers),
    HEADGATE_SOURCE_POOL_SIZE: String(callers),
  });
  try {
    const { port } = bench.postgresql;
    const login = { username: 'reader', password: 'bench reader password' };
    const source = { name: 'postgresql', engine: 'postgresql', host: '127.0.0.1', port, database: 'bench', ...login };
    await headgate.api('POST', '/sources', source);
    const latencies = await startLatencies(headgate, 100);
    await atOnce(headgate, 200);
    const perSecond: number[] = [];
    for (let round = 0; round < bench.rounds; round++) perSecond.push(await atOnce(headgate, 200 * bench.seconds));
    return [
      {
        name: 'Start of a job after its submission, idle server',
        value: median(latencies),
        unit: 'ms',
        target: { kind: 'at most', value: 100 },
        note: `worst of ${latencies.length}: ${Math.max(...latencies)} ms; by the store's clock`,
      },
      {
        name: `One-row jobs, ${callers} callers and ${callers} at a time, until the last one's end`,
        value: median(perSecond),
        unit: 'jobs/s',
        target: { kind: 'at least', value: 200 },
      },
    ];
  } finally {
    await headgate.stop();
  }
}

async function startLatencies(headgate: Headgate, count: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < count; index++) {
    const done = await runOne(headgate);
    latencies.push(Date.parse(done.startedAt ?? '') - Date.parse(done.createdAt));
  }
  return latencies;
}

/** Jobs a second, counted from the first submission to the last job's end. */
async function atOnce(headgate: Headgate, count: number): Promise<number> {
  let left = count;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (; left > 0; left -= 1) await headgate.api('POST', '/jobs', body);
    }),
  );
  for (const status of ['queued', 'running']) {
    while ((await headgate.api<{ items: unknown[] }>('GET', `/jobs?status=${status}&limit=1`)).items.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return count / ((performance.now() - started) / 1_000);
}

async function runOne(headgate: Headgate): Promise<Job> {
  let job = await headgate.api<Job>('POST', '/jobs', body);
  while (job.status === 'queued' || job.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 20));
    job = await headgate.api<Job>('GET', `/jobs/${job.id}`);
  }
  if (job.status !== 'succeeded') throw new Error(`A job ${job.status}: ${JSON.stringify(job)}`);
  return job;
}
