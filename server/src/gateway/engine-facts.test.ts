import { beforeAll, describe, expect, test } from 'vitest';
import type { EngineRegistry } from '../engines/engine.ts';
import { loadEngines } from '../engines/registry.ts';
import { engineFacts, splitUrl } from './engine-facts.ts';

let engines: EngineRegistry;
beforeAll(async () => {
  engines = await loadEngines();
});

describe('facts about engines', () => {
  test('all engines can be named and run', () => {
    const facts = engineFacts(engines);
    expect(facts.ids).toEqual(['postgresql', 'mysql', 'sqlserver', 'oracle', 'mongodb']);
    expect(facts.ids.every((id) => facts.engineAvailable(id))).toBe(true);
    expect(facts.defaultPort('postgresql')).toBe(5432);
    expect(facts.defaultPort('mysql')).toBe(3306);
    expect(facts.defaultPort('oracle')).toBe(1521);
    expect(facts.defaultPort('mongodb')).toBe(27017);
    expect(facts.databaseRequired('mongodb')).toBe(true);
    expect(facts.title('sqlserver')).toBe('Microsoft SQL Server');
    expect(facts.databaseRequired('postgresql')).toBe(true);
    expect(facts.optionsSchema('mysql')).toMatchObject({ type: 'object' });
  });

  test.each(['postgresql', 'mysql', 'sqlserver', 'oracle', 'mongodb'])(
    '%s: unknown options and wrong types are named',
    (id) => {
      const facts = engineFacts(engines);
      expect(facts.validateOptions(id, {})).toEqual([]);
      const [problem, ...others] = facts.validateOptions(id, { no_such_option: 1 });
      expect(problem).toMatchObject({ field: 'no_such_option', message: expect.stringContaining('no option') });
      expect(others.filter((one) => one.field === 'no_such_option')).toEqual([]);
    },
  );
});

describe('connection URLs', () => {
  test('go to the engine that knows them', () => {
    expect(splitUrl(engines, 'postgresql://bob:secret@db.example.com:6432/shop?sslmode=require')).toMatchObject({
      engine: 'postgresql',
      host: 'db.example.com',
      port: 6432,
      database: 'shop',
      username: 'bob',
      password: 'secret',
      tls: { mode: 'require' },
    });
    expect(splitUrl(engines, 'mysql://bob@db.example.com/shop')).toMatchObject({ engine: 'mysql', database: 'shop' });
    expect(splitUrl(engines, 'mongodb://bob@db.example.com/shop')).toMatchObject({
      engine: 'mongodb',
      database: 'shop',
    });
    expect(splitUrl(engines, 'jdbc:sqlserver://h:1434;databaseName=d')).toMatchObject({
      engine: 'sqlserver',
      host: 'h',
      port: 1434,
      database: 'd',
    });
    expect(splitUrl(engines, 'jdbc:oracle:thin:@tcps://h:2484/d')).toMatchObject({
      engine: 'oracle',
      host: 'h',
      database: 'd',
      tls: { mode: 'verify-full' },
    });
    expect(splitUrl(engines, 'jdbc:postgresql://h/d')).toMatchObject({
      engine: 'postgresql',
      host: 'h',
      database: 'd',
    });
  });

  test.each(['nonsense', 'http://x/y', '', 'postgresql://bob:canary-secret@h:notaport/d'])('refuses %s', (text) => {
    expect(() => splitUrl(engines, text)).toThrow(expect.objectContaining({ code: 'invalid_url', field: 'url' }));
    try {
      splitUrl(engines, text);
    } catch (error) {
      expect(String(error)).not.toContain('canary-secret');
    }
  });
});
