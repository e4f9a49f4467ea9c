/**
 * The official driver, loaded when the first connection is made and not before: it is large, and a statement can be
 * classified and a URL be read without it.
 */
export type Driver = typeof import('mongodb');

let loading: Promise<Driver> | undefined;

/** The driver's module. */
export function loadDriver(): Promise<Driver> {
  loading ??= import('mongodb');
  return loading;
}
