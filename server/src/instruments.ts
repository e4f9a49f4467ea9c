/** What one running Headgate counts: a Prometheus registry of its own, so that several in one process stay apart. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { GatewayMetrics } from './gateway/metrics.ts';
import type { RequestRecord } from './platform/http/index.ts';

export interface Instruments {
  readonly contentType: string;
  /** The Prometheus text. */
  text(): Promise<string>;
  /** A request ended. Labels are route patterns, never addresses: their number stays small. */
  request(record: RequestRecord): void;
  readonly gateway: GatewayMetrics;
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** One label set's children, looked up once: prom-client's own lookup hashes the labels on every call. */
function remembered<Child>(make: (key: string) => Child): (key: string) => Child {
  const children = new Map<string, Child>();
  return (key) => {
    let child = children.get(key);
    if (child === undefined) {
      child = make(key);
      children.set(key, child);
    }
    return child;
  };
}

export function createInstruments(): Instruments {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'headgate_http_request_seconds',
    help: 'Time from the end of the request headers to the last byte of the answer.',
    labelNames: ['door', 'method', 'route', 'status'],
    buckets: secondsBuckets,
    registers,
  });
  const aborted = new Counter({
    name: 'headgate_http_aborted_total',
    help: 'Answers that did not reach their end.',
    labelNames: ['door', 'route'],
    registers,
  });
  const queries = new Histogram({
    name: 'headgate_query_seconds',
    help: 'Time of queries through the gateway.',
    labelNames: ['engine', 'state'],
    buckets: secondsBuckets,
    registers,
  });
  const rows = new Counter({
    name: 'headgate_query_rows_total',
    help: 'Rows handed out.',
    labelNames: ['engine'],
    registers,
  });
  const bytes = new Counter({
    name: 'headgate_query_bytes_total',
    help: 'Bytes of results handed out.',
    labelNames: ['engine'],
    registers,
  });
  const connections = new Gauge({
    name: 'headgate_source_connections',
    help: 'Connections to sources, over all pools of this node.',
    labelNames: ['state'],
    registers,
  });
  const requestChild = remembered((key) => {
    const [door = '', method = '', route = '', status = ''] = key.split('\n');
    return requests.labels(door, method, route, status);
  });
  const queryChild = remembered((key) => {
    const [engine = '', state = ''] = key.split('\n');
    return queries.labels(engine, state);
  });
  const rowChild = remembered((engine) => rows.labels(engine));
  const byteChild = remembered((engine) => bytes.labels(engine));
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request: ({ door, method, route, status, milliseconds, aborted: broken }) => {
      const pattern = route ?? 'none';
      requestChild(`${door}\n${method}\n${pattern}\n${status}`).observe(milliseconds / 1000);
      if (broken) aborted.inc({ door, route: pattern });
    },
    gateway: {
      queryEnded: ({ engine, state, seconds, rows: rowCount, bytes: byteCount }) => {
        queryChild(`${engine}\n${state}`).observe(seconds);
        rowChild(engine).inc(rowCount);
        byteChild(engine).inc(byteCount);
      },
      connections: ({ open, idle, waiting }) => {
        connections.set({ state: 'open' }, open);
        connections.set({ state: 'idle' }, idle);
        connections.set({ state: 'waiting' }, waiting);
      },
    },
  };
}
