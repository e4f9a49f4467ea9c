/**
 * Headgate in a process of its own, as the bench drives it. Beside serving it measures what only the inside knows:
 * the event loop's delay, and the cost of a decision.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createApp } from '../../server/src/app.ts';
import { loadConfig } from '../../server/src/config.ts';
import { createLogger } from '../../server/src/platform/telemetry/index.ts';
import { type DecisionBy, decisionCosts } from './decision-costs.ts';

const config = loadConfig({ env: process.env, argv: process.argv.slice(2), cwd: process.cwd() });
const app = await createApp(config, createLogger({ level: config.logLevel, format: config.logFormat }));
const address = await app.listen();
let delay = monitorEventLoopDelay({ resolution: 1 });

type Message =
  | { type: 'loop-start' }
  | { type: 'loop-stop' }
  | { type: 'decisions'; count: number; username: string; by: DecisionBy };

process.on('message', async (message: Message) => {
  if (message.type === 'loop-start') {
    delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    process.send?.({});
  } else if (message.type === 'loop-stop') {
    delay.disable();
    process.send?.({ p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 });
  } else if (message.type === 'decisions') {
    process.send?.(await decisionCosts(app, message.username, message.count, message.by));
  }
});
process.on('SIGTERM', async () => {
  await app.close();
  process.exit(0);
});
process.send?.({ port: Number(new URL(address).port) });
