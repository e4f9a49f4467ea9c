import { expect, test } from 'vitest';
import { md5Answer, prepare, ScramExchange } from './scram.ts';

test('the exchange of RFC 7677', async () => {
  // The RFC's user name is in its first message; PostgreSQL's is empty, so the proof differs but for that.
  const exchange = new ScramExchange('pencil', null, 'rOprNGfwEbeRWgbNEkqO');
  expect(exchange.first()).toBe('n,,n=,r=rOprNGfwEbeRWgbNEkqO');
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const last = await exchange.respond(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
  expect(last).toMatch(/^c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj\)hNlF\$k0,p=[A-Za-z0-9+/]{43}=$/);
  expect(() => exchange.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toThrow(/impostor/);
  expect(() => exchange.verify('e=other-error')).toThrow(/impostor/);
});

test.each(['', 'r=x', 'r=abcdef,s=,i=1', 'r=abcdefg,s=AA==,i=1,m=x', 'r=other,s=AA==,i=1', 'r=abc,s=AA==,i=1'])(
  'the challenge %s is malformed',
  async (challenge) => {
    await expect(new ScramExchange('p', null, 'abc').respond(challenge)).rejects.toMatchObject({
      code: 'protocol_error',
    });
  },
);

test.each([
  ['plain', 'plain'],
  ['I\u00adX', 'IX'], // RFC 4013, examples
  ['\u00aa', 'a'],
  ['\u2168', 'IX'],
  ['a\u00a0b', 'a b'],
  ['\u0007é', '\u0007é'], // prohibited: used as it is
  ['\u0627\u0031', '\u0627\u0031'], // breaks the rule for right-to-left texts
  ['ﬁ\u{1f600}', 'ﬁ\u{1f600}'], // unassigned in Unicode 3.2
  ['\u00ad', '\u00ad'], // would be empty
])('SASLprep of %j', (password, prepared) => expect(prepare(password)).toBe(prepared));

test('md5', () => {
  expect(md5Answer('md5_user', 'secret', Buffer.from([1, 2, 3, 4]))).toMatch(/^md5[0-9a-f]{32}$/);
});
