/** What the gateway counts. The composition hands in the registry's instruments; tests and tools may leave them out. */

/** The calls of a counter, a histogram and a gauge that the gateway needs. */
export interface GatewayMetrics {
  /** A query ended: its state, the engine, seconds, rows and body bytes. */
  queryEnded(of: { engine: string; state: string; seconds: number; rows: number; bytes: number }): void;
  /** Connections of a pool changed; totals over all sources of this node. */
  connections(of: { open: number; idle: number; waiting: number }): void;
}

export const noMetrics: GatewayMetrics = { queryEnded() {}, connections() {} };
