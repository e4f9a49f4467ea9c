/** Kinds of setting: how a value is read from text, described, and given an example. */

/** A value that cannot be used; the loader adds the setting's name. The message never quotes a secret. */
export class SettingProblem extends Error {}

export interface SettingKind<T> {
  /** For people: `integer`, `true or false`, `a, b or c`. */
  readonly type: string;
  /** A good value, for messages. */
  readonly example: string;
  /** Turns text into the value or throws SettingProblem. */
  parse(text: string): T;
}

export interface Setting<T> extends SettingKind<T> {
  /** Environment variable. */
  readonly name: string;
  /** Further variables that count when `name` is not set. */
  readonly aliases: readonly string[];
  /** Command-line flag, without `--`. */
  readonly flag: string;
  /** The value when nothing sets it; undefined = off or derived, as `meaning` says. */
  readonly default: T;
  readonly meaning: string;
  /** Shown only as set or unset, and refused as a flag: other users of the machine can read command lines. */
  readonly secret: boolean;
}

export interface SettingText {
  readonly meaning: string;
  readonly name?: string;
  readonly aliases?: readonly string[];
  readonly secret?: boolean;
}

/** `sourcePoolSize` → `HEADGATE_SOURCE_POOL_SIZE` and `--source-pool-size` are filled in by `defineSettings`. */
export type UnnamedSetting<T> = SettingKind<T> & SettingText & { readonly default: T };

/** A setting of `kind` that has a value always. */
export function withDefault<T>(kind: SettingKind<T>, value: T, text: SettingText | string): UnnamedSetting<T> {
  return { ...kind, ...(typeof text === 'string' ? { meaning: text } : text), default: value };
}

/** A setting of `kind` that may be absent. */
export function optional<T>(kind: SettingKind<T>, text: SettingText | string): UnnamedSetting<T | undefined> {
  return { ...kind, ...(typeof text === 'string' ? { meaning: text } : text), default: undefined };
}

export type Defined<S> = { readonly [K in keyof S]: S[K] extends UnnamedSetting<infer T> ? Setting<T> : never };

/** Gives each setting its variable and flag, from the member's name where it has none of its own. */
export function defineSettings<S extends Record<string, UnnamedSetting<unknown>>>(settings: S): Defined<S> {
  const named = Object.entries(settings).map(([key, setting]) => {
    const kebab = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const name = setting.name ?? `HEADGATE_${kebab.replaceAll('-', '_').toUpperCase()}`;
    return [key, { ...setting, name, flag: kebab, aliases: setting.aliases ?? [], secret: setting.secret ?? false }];
  });
  return Object.fromEntries(named) as Defined<S>; // one entry for each of S
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number, example = min): SettingKind<number> {
  return {
    type: `integer, ${min} to ${max}`,
    example: String(example),
    parse(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (!(value >= min && value <= max)) throw new SettingProblem(`must be a whole number from ${min} to ${max}`);
      return value;
    },
  };
}

export const boolean: SettingKind<boolean> = {
  type: 'true or false',
  example: 'true',
  parse(text) {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    if (/^(false|0|no|off)$/i.test(text)) return false;
    throw new SettingProblem('must be true or false');
  },
};

/** One of `words`. */
export function choice<const W extends string>(...words: readonly W[]): SettingKind<W> {
  return {
    type: words.join(', '),
    example: words[0] ?? '',
    parse(text) {
      const word = words.find((one) => one === text.toLowerCase());
      if (word === undefined) throw new SettingProblem(`must be one of ${words.join(', ')}`);
      return word;
    },
  };
}

/** Text that is not empty, optionally of a form. */
export function text(example: string, form?: { pattern: RegExp; rule: string }): SettingKind<string> {
  return {
    type: 'text',
    example,
    parse(value) {
      if (value === '') throw new SettingProblem('must not be empty');
      if (form && !form.pattern.test(value)) throw new SettingProblem(form.rule);
      return value;
    },
  };
}

/** Parts between commas, each of a kind. */
export function list<T>(part: SettingKind<T>): SettingKind<readonly T[]> {
  return {
    type: `list of ${part.type}, with commas between`,
    example: part.example,
    parse: (value) =>
      value
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
        .map((one) => part.parse(one)),
  };
}

/** An http or https URL; `originOnly`: without path, query and fragment, given back without a final slash. */
export function httpUrl(example: string, originOnly: boolean): SettingKind<string> {
  return {
    type: 'URL',
    example,
    parse(value) {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
        throw new SettingProblem('must be an http:// or https:// URL');
      }
      if (url.username !== '' || url.password !== '') throw new SettingProblem('must not hold a user name or password');
      if (originOnly && (url.pathname !== '/' || url.search !== '' || url.hash !== '')) {
        throw new SettingProblem('must be an origin: scheme, host and port, without a path');
      }
      return originOnly ? url.origin : url.href;
    },
  };
}
