import { describe, expect, it } from 'vitest';
import { layerViolations } from './layers.ts';

const verdict = (file: string, text: string): string[] =>
  layerViolations(file, text).map((one) => `${one.line}: ${one.imported}`);

describe('the layer rule', () => {
  it.each([
    ['server/src/platform/http/x.ts', `import { X } from '../../domain/errors.ts';`],
    ['server/src/platform/queue/x.ts', `import { settings } from '../../config.ts';`],
    ['server/src/platform/queue/x.ts', `import type { User } from '../../domain/identity/user.ts';`],
    ['server/src/domain/access/x.ts', `import { pool } from '../../gateway/index.ts';`],
    ['server/src/domain/access/x.ts', `import { rest } from '../../doors/rest/index.ts';`],
    ['server/src/domain/access/x.ts', `import Fastify from 'fastify';`],
    ['server/src/engines/mysql/x.ts', `import { NotFoundError } from '../../domain/errors.ts';`],
    ['server/src/engines/mysql/x.ts', `import type { A } from '../../gateway/x.ts';`],
    ['server/src/engines/mysql/x.ts', `import { a } from '../oracle/tokens.ts';`],
    ['server/src/engines/sql/x.ts', `import { a } from '../mysql/tokens.ts';`],
    ['server/src/gateway/x.ts', `import { kit } from '../doors/rest/x.ts';`],
    ['server/src/gateway/x.ts', `export { kit } from '../app.ts';`],
    ['server/src/doors/rest/x.ts', `import { a } from '../chorus/x.ts';`],
    ['server/src/doors/rest/x.ts', `import type { a } from '../chorus/x.ts';`],
    ['server/src/doors/rest/x.ts', `import { mysql } from '../../engines/mysql/index.ts';`],
    ['server/src/doors/rest/x.ts', `const a = await import('../../engines/mysql/index.ts');`],
    ['server/src/domain/x/y.ts', `export * from '../../gateway/index.ts';`],
    ['server/src/domain/x/y.ts', `import '../../gateway/index.ts';`],
    ['server/src/domain/x/y.ts', `import { shared } from '../../../test/servers/shared.ts';`],
    ['server/src/domain/x/y.ts', `import { world } from '../identity/testing/world.ts';`],
    ['server/src/domain/x/y.ts', `import { Connection } from 'rabbitmq-client';`],
  ])('catches %s: %s', (file, text) => {
    expect(verdict(file, `// first line\n${text}`)).toHaveLength(1);
    expect(verdict(file, `// first line\n${text}`)[0]).toMatch(/^2: /);
  });

  it('catches imports over several lines, and names the line where one begins', () => {
    const text = `import { a } from '../a.ts';\n\nimport {\n  type B,\n  c,\n} from '../../gateway/x.ts';\n`;
    expect(verdict('server/src/domain/x/y.ts', text)).toEqual(['3: ../../gateway/x.ts']);
  });

  it.each([
    ['server/src/platform/http/x.ts', `import { log } from '../telemetry/index.ts';`],
    ['server/src/platform/http/x.ts', `import type { Config } from '../../config.ts';`],
    ['server/src/platform/http/x.ts', `import Fastify from 'fastify';`],
    ['server/src/domain/access/x.ts', `import { uuidv7 } from '../../platform/ids.ts';`],
    ['server/src/engines/mysql/x.ts', `import { EngineError } from '../engine.ts';`],
    ['server/src/engines/mysql/x.ts', `import { a } from '../sql/tokens.ts';\nimport { b } from './y.ts';`],
    ['server/src/engines/registry.ts', `import { a } from './mysql/index.ts';`],
    ['server/src/gateway/x.ts', `import { a } from '../engines/engine.ts';\nimport { b } from '../domain/x.ts';`],
    ['server/src/doors/rest/x.ts', `import { a } from './y.ts';\nimport { b } from '../rest/z.ts';`],
    ['server/src/doors/rest/x.ts', `import { type A, type B } from '../../engines/engine.ts';`],
    ['server/src/doors/rest/x.test.ts', `import { b } from '../chorus/z.ts';`],
    ['server/src/app.ts', `import { a } from './doors/rest/index.ts';`],
    ['server/src/cli/x.ts', `import { a } from '../doors/rest/index.ts';`],
    ['server/src/domain/x/y.ts', `import { a } from 'kysely';\nimport b from 'node:fs';`],
    ['server/src/domain/x/y.ts', `const text = 'gateway';\n// from '../../gateway/x.ts'`],
  ])('lets %s import: %s', (file, text) => {
    expect(verdict(file, text)).toEqual([]);
  });
});
