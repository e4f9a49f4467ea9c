/** Reads settings from flags and the environment; flags win. */
import { type Setting, SettingProblem } from './kinds.ts';

/** Where a value comes from. */
export type Origin = 'default' | `environment ${string}` | `flag --${string}`;

/** A setting cannot be used. The message names it, says what is wrong, and shows a good value. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';
  /** The variable or flag at fault. */
  readonly setting: string;
  constructor(setting: string, message: string) {
    super(message);
    this.name = 'ConfigError';
    this.setting = setting;
  }
}

export interface LoadInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flags: `--port 8080`, `--port=8080`, `--trust-proxy`, `--no-trust-proxy`. */
  readonly argv: readonly string[];
}

export interface Loaded {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: Readonly<Record<string, Origin>>;
  /** What is probably a mistake: unknown HEADGATE_* variables. */
  readonly warnings: readonly string[];
}

type Settings = Readonly<Record<string, Setting<unknown>>>;

const isBoolean = (setting: Setting<unknown>): boolean => setting.type === 'true or false';

function readFlags(settings: Settings, argv: readonly string[]): Map<string, string> {
  const byFlag = new Map(Object.entries(settings).map(([key, setting]) => [setting.flag, { key, setting }]));
  const flags = new Map<string, string>();
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    const match = /^--([a-z][a-z0-9-]*)(?:=([\s\S]*))?$/.exec(argument);
    if (!match?.[1]) {
      throw new ConfigError(argument, `'${argument}' is not a setting: write --name value, for example --port 8080.`);
    }
    const [, word, inline] = match;
    const opposite = word.startsWith('no-') ? byFlag.get(word.slice(3)) : undefined;
    const negated = opposite && isBoolean(opposite.setting) && inline === undefined ? opposite : undefined;
    const found = byFlag.get(word) ?? negated;
    if (!found) {
      throw new ConfigError(
        `--${word}`,
        `--${word} is not a setting. All settings: headgate config, or docs/reference/settings.md.`,
      );
    }
    if (found.setting.secret) {
      throw new ConfigError(
        `--${word}`,
        `--${word} would show a secret to everybody on this machine: set ${found.setting.name} in the environment instead.`,
      );
    }
    if (negated) flags.set(found.key, 'false');
    else if (inline !== undefined) flags.set(found.key, inline);
    else if (isBoolean(found.setting) && !/^(true|false)$/.test(argv[index + 1] ?? '')) flags.set(found.key, 'true');
    else {
      index += 1;
      const value = argv[index];
      if (value === undefined) {
        throw new ConfigError(`--${word}`, `--${word} needs a value, for example --${word} ${found.setting.example}.`);
      }
      flags.set(found.key, value);
    }
  }
  return flags;
}

function parseValue(setting: Setting<unknown>, text: string, where: string): unknown {
  try {
    return setting.parse(text.trim());
  } catch (error) {
    if (!(error instanceof SettingProblem)) throw error;
    const given = setting.secret || text.length > 100 ? '' : ` (it is '${text}')`;
    throw new ConfigError(where, `${where} ${error.message}${given}. Example: ${setting.name}=${setting.example}`);
  }
}

/** Reads every setting. An empty variable counts as not set. Throws ConfigError at the first that cannot be used. */
export function loadSettings(settings: Settings, input: LoadInput): Loaded {
  const flags = readFlags(settings, input.argv);
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const known = new Set<string>();
  for (const [key, setting] of Object.entries(settings)) {
    const names = [setting.name, ...setting.aliases];
    for (const name of names) known.add(name);
    const flag = flags.get(key);
    const variable = names.find((name) => (input.env[name] ?? '') !== '');
    if (flag !== undefined) {
      values[key] = parseValue(setting, flag, `--${setting.flag}`);
      origins[key] = `flag --${setting.flag}`;
    } else if (variable !== undefined) {
      values[key] = parseValue(setting, input.env[variable] ?? '', variable);
      origins[key] = `environment ${variable}`;
    } else {
      values[key] = setting.default;
      origins[key] = 'default';
    }
  }
  return { values, origins, warnings: unknownVariables(input.env, known) };
}

/** Variables of the command line as a client: not settings of the server, but no mistake either. */
const clientVariables: ReadonlySet<string> = new Set(['HEADGATE_SERVER', 'HEADGATE_TOKEN']);

function unknownVariables(env: LoadInput['env'], known: ReadonlySet<string>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('HEADGATE_') && !known.has(name) && !clientVariables.has(name))
    .sort()
    .map((name) => `${name} is not a setting of Headgate and has no effect.`);
}
