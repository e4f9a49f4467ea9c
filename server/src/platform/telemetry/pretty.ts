/** Log lines for people: time, level, message, then the rest as `name=value`. */

const colours: Readonly<Record<string, string>> = {
  trace: '\u001b[90m',
  debug: '\u001b[36m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
  fatal: '\u001b[35m',
};
const plain = '\u001b[0m';

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** Turns pino's JSON lines into readable ones. */
export class PrettyStream {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  write(line: string): void {
    this.#output.write(prettyLine(line, this.#output.isTTY === true));
  }
}

/** One JSON log line as text; a line that is not JSON stays as it is. */
export function prettyLine(line: string, colour: boolean): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  const { level, time, msg, err, error, ...rest } = entry;
  const name = String(level);
  const label = colour ? `${colours[name] ?? ''}${name.toUpperCase().padEnd(5)}${plain}` : name.toUpperCase().padEnd(5);
  const members = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const head = [String(time).slice(11, 23), label, msg, ...members].filter((part) => part !== undefined).join(' ');
  const failure = (err ?? error) as { stack?: unknown; message?: unknown } | undefined; // made by serializeError
  const stack = failure === undefined ? '' : `\n  ${String(failure.stack ?? failure.message).replaceAll('\n', '\n  ')}`;
  return `${head}${stack}\n`;
}
