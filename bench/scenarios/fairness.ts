/** Does somebody's bulk read slow another's small request? The event loop's delay while two bulk streams run. */
import net from 'node:net';
import type { Bench } from '../lib/bench.ts';
import { type Line, median } from '../lib/statistics.ts';

const received = Buffer.alloc(65_536);

/** Reads a whole result and drops it; a client that takes as little of the shared cores as it can. */
function drain(bench: Bench): Promise<void> {
  const body = JSON.stringify({ sql: 'select * from m8' });
  return new Promise((resolve, reject) => {
    let status = '';
    let bytes = 0;
    const socket = net.connect({
      host: '127.0.0.1',
      port: bench.headgate.port,
      onread: {
        buffer: received,
        callback: (length) => {
          if (status === '') status = received.toString('latin1', 9, 12);
          bytes += length;
          return true;
        },
      },
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (status === '200' && bytes > bench.rows * 50) resolve();
      else reject(new Error(`the stream ended with ${status} after ${bytes} bytes`));
    });
    socket.write(
      `POST /api/v1/sources/postgresql/query HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${bench.headgate.token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}

export async function fairness(bench: Bench): Promise<Line[]> {
  const p99: number[] = [];
  const max: number[] = [];
  await drain(bench);
  for (let round = 0; round < bench.rounds; round++) {
    await bench.headgate.child.call({ type: 'loop-start' });
    await Promise.all([drain(bench), drain(bench)]);
    const delay = await bench.headgate.child.call<{ p99: number; max: number }>({ type: 'loop-stop' });
    p99.push(delay.p99);
    max.push(delay.max);
  }
  return [
    {
      name: 'event loop delay p99 while two bulk streams run',
      value: median(p99),
      unit: 'ms',
      target: { kind: 'at most', value: 10 },
      note: `highest single delay ${median(max).toFixed(1)} ms`,
    },
  ];
}
