/** Types and TLS words of this protocol, and what they are natively (fetcher.md §4.4, §7.3). Pure data. */
import type { TlsMode } from '../sources/model.ts';
import type { ConnectionType } from './model.ts';

interface TypeFacts {
  /** The native engine id. */
  readonly engine: string;
  /** TLS words in the order people read them, with the native mode that each means. */
  readonly tls: Readonly<Record<string, TlsMode>>;
  /** Words of native modes, for rows made elsewhere. Null = shown as no TLS object. */
  readonly words: Readonly<Record<TlsMode, string | null>>;
}

/** Words that verify against a CA, so that `ca` is required with them. */
export const verifyingWords: ReadonlySet<string> = new Set(['verify-ca', 'verify-full', 'verify']);

export const typeFacts: Readonly<Record<ConnectionType, TypeFacts>> = {
  POSTGRESQL: {
    engine: 'postgresql',
    tls: {
      disable: 'disable',
      allow: 'prefer',
      prefer: 'prefer',
      require: 'require',
      'verify-ca': 'verify-ca',
      'verify-full': 'verify-full',
    },
    words: {
      disable: 'disable',
      prefer: 'prefer',
      require: 'require',
      'verify-ca': 'verify-ca',
      'verify-full': 'verify-full',
    },
  },
  MYSQL: {
    engine: 'mysql',
    tls: { false: 'disable', true: 'verify-full', 'skip-verify': 'require', preferred: 'prefer' },
    words: {
      disable: 'false',
      prefer: 'preferred',
      require: 'skip-verify',
      'verify-ca': 'true',
      'verify-full': 'true',
    },
  },
  ORACLE: {
    engine: 'oracle',
    tls: {
      disable: 'disable',
      false: 'disable',
      true: 'verify-ca',
      enable: 'verify-ca',
      verify: 'verify-full',
      'skip-verify': 'require',
    },
    words: {
      disable: 'disable',
      prefer: null,
      require: 'skip-verify',
      'verify-ca': 'true',
      'verify-full': 'verify',
    },
  },
  MONGODB: {
    engine: 'mongodb',
    tls: {
      disable: 'disable',
      false: 'disable',
      true: 'verify-full',
      enable: 'verify-full',
      insecure: 'require',
    },
    words: { disable: 'disable', prefer: null, require: 'insecure', 'verify-ca': 'true', 'verify-full': 'true' },
  },
  SQL_SERVER: {
    engine: 'sqlserver',
    tls: { disable: 'disable', false: 'disable', true: 'verify-ca', strict: 'verify-full' },
    words: { disable: 'disable', prefer: null, require: 'true', 'verify-ca': 'true', 'verify-full': 'strict' },
  },
};

const typeOfEngine = new Map(
  Object.entries(typeFacts).map(([type, facts]) => [facts.engine, type as ConnectionType]), // keys of the table
);

/** The type that an engine is called here; undefined for engines that this protocol has no word for. */
export function connectionTypeOf(engine: string): ConnectionType | undefined {
  return typeOfEngine.get(engine);
}

/** The native engines that this protocol can express. */
export const expressibleEngines: readonly string[] = [...typeOfEngine.keys()];

/** The native mode of a word; undefined when the type has no such word. Absent TLS = `prefer` (decisions.md 16). */
export function nativeTlsMode(type: ConnectionType, word: string | null): TlsMode | undefined {
  if (word === null) return 'prefer';
  const { tls } = typeFacts[type];
  return Object.hasOwn(tls, word) ? tls[word] : undefined;
}
