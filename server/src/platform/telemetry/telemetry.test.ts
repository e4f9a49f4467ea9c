import { describe, expect, it } from 'vitest';
import { createLogger, Metrics, mask, serializeError } from './index.ts';

function capture(format: 'json' | 'pretty' = 'json') {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', format }, { write: (line: string) => void lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the log', () => {
  it('writes one JSON line with level, time and message', () => {
    const { log, last } = capture();
    log.info({ source: 'sales' }, 'A source was made.');
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      source: 'sales',
      msg: 'A source was made.',
    });
  });

  it.each(['json', 'pretty'] as const)('takes secrets out of members, texts, children and errors (%s)', (format) => {
    const { log, lines } = capture(format);
    const canary = 'canary-7f3a';
    log.info({ password: canary, request: { headers: { authorization: canary, cookie: canary } } }, 'in');
    log.warn(`no answer from postgresql://ann:${canary}@db/sales`);
    log.warn('no answer from %s', `postgresql://ann:${canary}@db/sales`);
    log.child({ session_id: canary, url: `https://a:${canary}@b/` }).info('child');
    log.error({ err: new Error(`password=${canary}`, { cause: new Error(`{"token":"${canary}"}`) }) }, 'failed');
    log.error(new Error(`Basic ${canary}`));
    expect(lines).toHaveLength(6);
    expect(lines.join('')).not.toContain(canary);
    expect(lines.join('')).toContain(mask);
  });

  it('prints lines for people', () => {
    const { log, lines } = capture('pretty');
    log.info({ port: 8080 }, 'Listening.');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}Listening\. port=8080\n$/);
  });
});

describe('a serialized error', () => {
  it('shows codes and constraint, never rows and parameters', () => {
    const error = Object.assign(new Error('duplicate key value violates unique constraint "user_name"'), {
      code: '23505',
      constraint: 'user_name',
      detail: 'Key (name)=(canary) already exists.',
      where: 'canary',
      parameters: ['canary'],
      hint: 'canary',
      query: 'canary',
    });
    const serialized = serializeError(error);
    expect(serialized).toMatchObject({ type: 'Error', code: '23505', constraint: 'user_name' });
    expect(JSON.stringify(serialized)).not.toContain('canary');
  });

  it('follows causes, but not for ever, and takes anything thrown', () => {
    const loop = new Error('round');
    loop.cause = loop;
    expect(JSON.stringify(serializeError(loop)).length).toBeLessThan(100_000);
    expect(serializeError('text with password=x')).toEqual({ type: 'string', message: `text with password=${mask}` });
    expect(serializeError(undefined)).toEqual({ type: 'undefined', message: 'undefined' });
    expect(serializeError({ secret: 'x' })).toEqual({ type: 'object', message: 'a thrown object' });
  });
});

describe('metrics', () => {
  it('are defined once by name and print as Prometheus text', async () => {
    const metrics = new Metrics();
    metrics.counter('headgate_things_total', 'Things.', ['kind']).inc({ kind: 'a' });
    metrics.counter('headgate_things_total', 'Things.', ['kind']).inc({ kind: 'a' }, 2);
    metrics.histogram('headgate_took_seconds', 'Took.').observe(0.2);
    let level = 3;
    metrics.gauge('headgate_level', 'Level.', [], (gauge) => gauge.set(level));
    level = 4;
    const text = await metrics.text();
    expect(text).toContain('headgate_things_total{kind="a"} 3');
    expect(text).toContain('headgate_took_seconds_bucket{le="0.25"} 1');
    expect(text).toContain('headgate_level 4');
  });

  it('include the process and the delay of its event loop', async () => {
    const metrics = new Metrics();
    metrics.collectProcess();
    metrics.collectProcess();
    const text = await metrics.text();
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toMatch(/headgate_event_loop_delay_seconds\{quantile="0.99"\} [\d.]+/);
  });
});
