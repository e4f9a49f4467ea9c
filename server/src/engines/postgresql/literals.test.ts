import fc from 'fast-check';
import { expect, test } from 'vitest';
import { removeLiterals } from './literals.ts';

test.each([
  ["select 'a'", 'select ?'],
  ["select 'it''s', E'a\\'b', n'x', b'01', X'ff', U&'\\0061'", 'select ?, ?, ?, ?, ?, ?'],
  ["select 'a\\', 'b'", 'select ?, ?'],
  ['select $$a$$, $q$ $$ $q$, $1', 'select ?, ?, $1'],
  ['select 1, 1.5, .5, 1e10, 1.5e-3, 0xff, 1_000, -7', 'select ?, ?, ?, ?, ?, ?, ?, -?'],
  ['select t1.c2 from t1 where a1b = 5', 'select t1.c2 from t1 where a1b = ?'],
  ['select "a\'b", "x""y" from "T 1"', 'select "a\'b", "x""y" from "T 1"'],
  ["select 1 -- it's 'secret'\n, 2", 'select ?  \n, ?'],
  ["select /* it's /* nested */ 'secret' */ 2", 'select   ?'],
  ["select 'unterminated secret", 'select ?'],
  ["select E'unterminated \\", 'select ?'],
  ['select $x$ unterminated secret', 'select ?'],
  ['select /* unterminated secret', 'select'],
  ["select a$1 from b where c=$2and d='x'", 'select a$1 from b where c=$2and d=?'],
  ["select 'grüße' as größe", 'select ? as größe'],
])('%s', (sql, expected) => expect(removeLiterals(sql)).toBe(expected));

test('no literal survives, however it is written', () => {
  const secret = 'CANARY';
  const literal = fc.constantFrom(
    `'${secret}'`,
    `E'x\\'${secret}'`,
    `'it''s ${secret}'`,
    `$$${secret}$$`,
    `$tag$'${secret}$tag$`,
    `-- ${secret}\n`,
    `/* ' /* ${secret} */ " */`,
    `U&'${secret}'`,
  );
  const around = fc.constantFrom('select ', ' a1 ', `"q''" `, ' $1 ', ', ', '(', ' = ', ' 5 ', "''", '"', ' e ');
  fc.assert(
    fc.property(fc.array(fc.tuple(around, literal), { maxLength: 8 }), (pieces) => {
      const sql = pieces.map(([before, value]) => `${before === '"' ? '' : before}${value} `).join('');
      expect(removeLiterals(sql)).not.toContain(secret);
    }),
  );
});
