/**
 * What operators see of a running Headgate: log and metrics. Secrets never get here; where one does by mistake, the
 * redactor takes it out.
 *
 * May be imported by everything; imports nothing of ours.
 */
export { serializeError } from './errors.ts';
export { createLogger, type LogConfig, type Logger, silentLogger } from './log.ts';
export { Metrics, metrics } from './metrics.ts';
export { isSecretName, mask, redactText, redactValue } from './redact.ts';
