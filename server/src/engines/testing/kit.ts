/** What the tests of several engines share: targets, things that are closed after each test, the bypass corpora. */
import { readFileSync } from 'node:fs';
import { afterEach } from 'vitest';
import type { ConnectTarget } from '../engine.ts';

/** A target at a server of this machine; TLS off. The changes say at least who signs in to what. */
export function targetAt(
  server: { readonly host: string; readonly port: number },
  changes: Partial<ConnectTarget> & Pick<ConnectTarget, 'database' | 'username' | 'password'>,
): ConnectTarget {
  return {
    host: 'localhost',
    addresses: [server.host],
    port: server.port,
    tls: { mode: 'disable' },
    options: {},
    applicationName: 'headgate',
    ...changes,
  };
}

/**
 * Whatever is given to the function it answers is ended after the test in which that happened. Called once, at the top of
 * a kit; of several, the one that was called last ends its things first.
 */
export function endedAfterEach<T>(end: (one: T) => Promise<void>): <U extends T>(one: U) => U {
  const kept: T[] = [];
  afterEach(async () => {
    await Promise.all(kept.splice(0).map(end));
  });
  return (one) => {
    kept.push(one);
    return one;
  };
}

/** One attempt of a corpus. */
export interface BypassCase {
  readonly name: string;
  readonly expected: 'read' | 'write' | 'refused';
  /** The read-only session alone does not stop it. */
  readonly escapes: boolean;
  readonly sql: string;
}

/** The published corpus of attempts to write. What stands in braces in a statement is still to be replaced. */
export function bypassCases(engine: 'mysql' | 'sqlserver' | 'oracle'): BypassCase[] {
  const text = readFileSync(new URL(`../../../test/bypass/${engine}.sql`, import.meta.url), 'utf8');
  const parts = text.split(/^-- @case (.*)\n/m).slice(1);
  return Array.from({ length: parts.length / 2 }, (_, index) => {
    const head = parts[index * 2] ?? '';
    const [, name, expected, rest] = /^(\S+) expect=(read|write|refused)( envelope=escapes)?$/.exec(head) ?? [];
    if (!name || !expected) throw new Error(`A case of the corpus cannot be read: ${head}`);
    return {
      name,
      expected: expected as BypassCase['expected'], // the pattern allows no other
      escapes: rest !== undefined,
      sql: (parts[index * 2 + 1] ?? '').replace(/\n$/, ''),
    };
  });
}
