/**
 * The machinery of settings: typed kinds, and reading them from flags and environment. The settings themselves are
 * in `config.ts`.
 *
 * May be imported by config.ts and scripts; imports nothing of ours.
 */
export {
  boolean,
  choice,
  type Defined,
  defineSettings,
  httpUrl,
  integer,
  list,
  optional,
  type Setting,
  type SettingKind,
  SettingProblem,
  text,
  withDefault,
} from './kinds.ts';
export { ConfigError, type Loaded, type LoadInput, loadSettings, type Origin } from './load.ts';
