/**
 * Prometheus metrics of this process. Each is defined once by name; asking again gives the same one, so that parts
 * need not hand their metrics around.
 *
 * Labels never hold names of users, sources or anything else without bounds.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds, for requests and statements. */
const defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export class Metrics {
  readonly #registry = new Registry();

  /** A number that only grows: `headgate_queries_total`. */
  counter<const L extends string = never>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
    const known = this.#registry.getSingleMetric(name);
    if (known instanceof Counter) return known as Counter<L>; // the name stands for one definition
    return new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  /** A number that goes up and down; `collect` sets it when the metrics are read. */
  gauge<const L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L> {
    const known = this.#registry.getSingleMetric(name);
    if (known instanceof Gauge) return known as Gauge<L>; // as above
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (!collect) return new Gauge<L>(options);
    const gauge: Gauge<L> = new Gauge<L>({ ...options, collect: () => collect(gauge) });
    return gauge;
  }

  /** Durations in seconds, unless `buckets` says otherwise. */
  histogram<const L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    buckets: readonly number[] = defaultBuckets,
  ): Histogram<L> {
    const known = this.#registry.getSingleMetric(name);
    if (known instanceof Histogram) return known as Histogram<L>; // as above
    return new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [this.#registry] });
  }

  /** Adds the process's own: CPU, memory, garbage collection, descriptors, event-loop delay. Once a process. */
  collectProcess(): void {
    if (this.#registry.getSingleMetric('headgate_event_loop_delay_seconds')) return;
    collectDefaultMetrics({ register: this.#registry });
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    this.gauge(
      'headgate_event_loop_delay_seconds',
      'Delay of the event loop since the metrics were last read.',
      ['quantile'],
      (gauge) => {
        for (const quantile of [50, 90, 99]) {
          gauge.set({ quantile: String(quantile / 100) }, delay.percentile(quantile) / 1e9);
        }
        gauge.set({ quantile: '1' }, delay.max / 1e9);
        delay.reset();
      },
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as Prometheus text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** The process's metrics. */
export const metrics = new Metrics();
