/** What Headgate counts, as Prometheus metrics of the process. */
import type { GatewayMetrics } from './gateway/metrics.ts';
import type { RequestRecord } from './platform/http/index.ts';
import { metrics } from './platform/telemetry/index.ts';

export interface Instruments {
  readonly contentType: string;
  /** The Prometheus text. */
  text(): Promise<string>;
  /** A request ended. Labels are route patterns, never addresses: their number stays small. */
  request(record: RequestRecord): void;
  readonly gateway: GatewayMetrics;
}

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
  metrics.collectProcess();
  const requests = metrics.histogram(
    'headgate_http_request_seconds',
    'Time from the end of the request headers to the last byte of the answer.',
    ['door', 'method', 'route', 'status'],
  );
  const aborted = metrics.counter('headgate_http_aborted_total', 'Answers that did not reach their end.', [
    'door',
    'route',
  ]);
  const queries = metrics.histogram('headgate_query_seconds', 'Time of queries through the gateway.', [
    'engine',
    'state',
  ]);
  const rows = metrics.counter('headgate_query_rows_total', 'Rows handed out.', ['engine']);
  const bytes = metrics.counter('headgate_query_bytes_total', 'Bytes of results handed out.', ['engine']);
  const connections = metrics.gauge(
    'headgate_source_connections',
    'Connections to sources, over all pools of this node.',
    ['state'],
  );
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
    contentType: metrics.contentType,
    text: () => metrics.text(),
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
