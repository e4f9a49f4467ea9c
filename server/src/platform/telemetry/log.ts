/** The log: one JSON object a line on standard output (or coloured text for people), secrets redacted. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { serializeError } from './errors.ts';
import { PrettyStream } from './pretty.ts';
import { redactText, redactValue } from './redact.ts';

export type Logger = PinoLogger;

export interface LogConfig {
  readonly level: string;
  /** `json` for machines, `pretty` for people. */
  readonly format: 'json' | 'pretty';
}

/** Makes the process's logger. `destination` is for tests; otherwise standard output. */
export function createLogger(config: LogConfig, destination?: DestinationStream): Logger {
  const target = config.format === 'pretty' ? new PrettyStream(destination ?? process.stdout) : destination;
  const options = {
    level: config.level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (entry: Record<string, unknown>) => redactValue(entry) as Record<string, unknown>, // an object stays one
    },
    serializers: { err: serializeError, error: serializeError },
    hooks: {
      // Messages are texts too: an interpolated URL must not carry its password out.
      logMethod(this: Logger, arguments_: unknown[], method: (...rest: unknown[]) => void): void {
        const [first] = arguments_;
        // pino would make the error's own message the line's.
        const given = first instanceof Error && arguments_.length === 1 ? [first, first.message] : arguments_;
        method.apply(
          this,
          given.map((one) => (typeof one === 'string' ? redactText(one) : one)),
        );
      },
    },
  };
  // pino types its hook's arguments as a tuple that starts with a string; ours maps any of them.
  const logger = (target ? pino(options as never, target) : pino(options as never)) as Logger;
  // pino formats the members of children once, at their making, and without our formatter. Children inherit this.
  const { child } = logger;
  logger.child = function redactedChild(this: Logger, bindings: object, ...rest: unknown[]) {
    return Reflect.apply(child, this, [redactValue(bindings), ...rest]);
  } as Logger['child']; // its overloads differ in level types only
  return logger;
}

/** A logger that writes nothing, for tests and short commands. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
