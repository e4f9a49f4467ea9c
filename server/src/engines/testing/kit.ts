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

/**
 * The published corpus of attempts to write. What stands in braces in a statement is still to be replaced. Heads are
 * `-- @case name expect=verdict`, PostgreSQL's `-- @verdict name`, each with `envelope=escapes` where that is so.
 */
export function bypassCases(engine: 'postgresql' | 'mysql' | 'sqlserver' | 'oracle'): BypassCase[] {
  const text = readFileSync(new URL(`../../../test/bypass/${engine}.sql`, import.meta.url), 'utf8');
  const pattern =
    engine === 'postgresql'
      ? /^(?<expected>read|write|refused)(?<escapes> envelope=escapes)? (?<name>.+)$/
      : /^case (?<name>\S+) expect=(?<expected>read|write|refused)(?<escapes> envelope=escapes)?$/;
  const parts = text.split(/^-- @(.*)\n/m).slice(1);
  return Array.from({ length: parts.length / 2 }, (_, index) => {
    const head = parts[index * 2] ?? '';
    const { name, expected, escapes } = pattern.exec(head)?.groups ?? {};
    if (!name || !expected) throw new Error(`A case of the corpus cannot be read: ${head}`);
    return {
      name,
      expected: expected as BypassCase['expected'], // the pattern allows no other
      escapes: escapes !== undefined,
      sql: (parts[index * 2 + 1] ?? '').replace(/\n$/, ''),
    };
  });
}

/** What PostgreSQL's corpus tries to change, made by the login that may change it. */
export const postgresqlPrey = `
create table prey (id int primary key, name text); insert into prey values (1, 'one'), (2, 'two');
create materialized view prey_copy as select * from prey; create view prey_view as select * from prey;
create sequence counter;
create function writer_trigger() returns trigger language plpgsql as 'begin return new; end';
create function write_quietly() returns int language plpgsql as 'begin insert into prey values (98, ''w''); return 1; end';
create function write_as_owner() returns int security definer language plpgsql as 'begin delete from prey; return 1; end';
create function run_text(q text) returns int language plpgsql as 'begin execute q; insert into prey values (97, ''t''); return 1; end';
create procedure write_and_commit() language plpgsql as 'begin commit; delete from prey; commit; end';
create view writing_view as select write_quietly() as w;`;
