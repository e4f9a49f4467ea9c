import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressPolicy, AddressRefusedError, classify, isLoopbackHost, resolveTarget } from './addresses.ts';

const open: AddressPolicy = { allowPrivate: true, allowLoopback: true, forbidden: [] };
const publicOnly: AddressPolicy = { allowPrivate: false, allowLoopback: false, forbidden: [] };

const never = [
  '0.0.0.0',
  '0.1.2.3',
  '255.255.255.255',
  '224.0.0.1',
  '239.255.255.255',
  '169.254.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  '::',
  'ff02::1',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
  'FD00:0EC2:0::254',
  'fd20:ce::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::a9fe:a9fe',
  '::ffff:0:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::169.254.169.254',
  '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '2001:0:a9fe:a9fe::',
  '2001::5601:5601',
  'fe80::5efe:a9fe:a9fe',
  '2a00::5efe:a9fe:a9fe',
  '::ffff:0.0.0.0',
  'nonsense',
];
const loopback = [
  '127.0.0.1',
  '127.255.0.9',
  '::1',
  '::ffff:127.0.0.1',
  '::7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
];
const privates = [
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fc00::1',
  'fd12:3456::1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  '240.0.0.1',
];
const publics = ['8.8.8.8', '172.32.0.1', '169.253.0.1', '2a00:1450:4001::1', '64:ff9b::808:808', '2002:808:808::1'];

describe('the class of an address', () => {
  it.each(never)('%s is never connected to', async (address) => {
    expect(classify(address)).toBe('never');
    const refused = resolveTarget('db.example', open, undefined, { resolver: async () => [address] });
    await expect(refused).rejects.toMatchObject({ code: 'address_refused' });
  });
  it.each(loopback)('%s is loopback', (address) => expect(classify(address)).toBe('loopback'));
  it.each(privates)('%s is private', (address) => expect(classify(address)).toBe('private'));
  it.each(publics)('%s is public', (address) => expect(classify(address)).toBe('public'));

  it('is never milder in an IPv6 form than as IPv4', () => {
    const strictness = ['public', 'private', 'loopback', 'never'];
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const high = ((a << 8) | b).toString(16);
        const low = ((c << 8) | d).toString(16);
        const plain = strictness.indexOf(classify(address));
        for (const form of [
          `::ffff:${address}`,
          `::ffff:${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `2002:${high}:${low}::`,
        ]) {
          expect(strictness.indexOf(classify(form)), form).toBeGreaterThanOrEqual(plain);
        }
      }),
    );
  });
});

describe('resolveTarget', () => {
  const answering = (...addresses: string[]) => ({ resolver: async () => addresses });

  it('answers what the name resolved to, once each, IPv4 where it is only mapped', async () => {
    const target = resolveTarget('db', open, undefined, answering('10.0.0.1', '::ffff:10.0.0.1', '2a00::1'));
    expect(await target).toEqual({ addresses: ['10.0.0.1', '2a00::1'] });
  });

  it('follows the policy for private and loopback addresses', async () => {
    for (const address of [...privates, ...loopback]) {
      await expect(resolveTarget('db', publicOnly, undefined, answering(address))).rejects.toMatchObject({
        code: 'address_refused',
      });
      expect((await resolveTarget('db', open, undefined, answering(address))).addresses).toHaveLength(1);
    }
    const noLoopback = { ...open, allowLoopback: false };
    await expect(resolveTarget('127.0.0.1', noLoopback)).rejects.toBeInstanceOf(AddressRefusedError);
  });

  it('leaves out the addresses that may not be used', async () => {
    const mixed = resolveTarget('db', publicOnly, undefined, answering('169.254.169.254', '8.8.8.8', '10.0.0.1'));
    expect(await mixed).toEqual({ addresses: ['8.8.8.8'] });
  });

  it('asks once, so that a resolver that changes its mind gains nothing', async () => {
    let asked = 0;
    const fickle = { resolver: async () => (asked++ === 0 ? ['8.8.8.8'] : ['169.254.169.254']) };
    expect(await resolveTarget('rebind.example', publicOnly, undefined, fickle)).toEqual({ addresses: ['8.8.8.8'] });
    expect(asked).toBe(1);
    await expect(resolveTarget('rebind.example', open, undefined, fickle)).rejects.toMatchObject({
      code: 'address_refused',
    });
  });

  it.each(['0x7f.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0'])(
    'judges %s by what the system makes of it',
    async (spelling) => {
      const policy = { ...open, allowLoopback: false };
      const error = await resolveTarget(spelling, policy).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AddressRefusedError);
    },
  );

  it('takes literal addresses, also in brackets, without a look-up', async () => {
    const resolver = async (): Promise<string[]> => {
      throw new Error('looked up');
    };
    expect(await resolveTarget('[::1]', open, undefined, { resolver })).toEqual({ addresses: ['::1'] });
    expect(await resolveTarget('8.8.8.8', open, undefined, { resolver })).toEqual({ addresses: ['8.8.8.8'] });
  });

  it('never answers a forbidden endpoint, whichever loopback address names it', async () => {
    const policy = { ...open, forbidden: [{ address: '127.0.0.1', port: 5433 }] };
    for (const address of ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1']) {
      const own = resolveTarget('db', policy, undefined, { ...answering(address), port: 5433 });
      await expect(own).rejects.toMatchObject({ code: 'address_refused' });
      const other = await resolveTarget('db', policy, undefined, { ...answering(address), port: 5434 });
      expect(other.addresses).toHaveLength(1);
    }
  });

  it('says what is wrong with a name', async () => {
    const failing = (code: string) => ({ resolver: () => Promise.reject(Object.assign(new Error(code), { code })) });
    const refusal = (host: string, options: object) => resolveTarget(host, open, undefined, options);
    await expect(refusal('nowhere.example', failing('ENOTFOUND'))).rejects.toMatchObject({ code: 'name_not_found' });
    await expect(refusal('db.example', failing('EAI_AGAIN'))).rejects.toMatchObject({ code: 'name_lookup_failed' });
    await expect(refusal('empty.example', answering())).rejects.toMatchObject({ code: 'name_not_found' });
    await expect(refusal('', {})).rejects.toMatchObject({ code: 'name_not_found' });
    await expect(refusal('a\0b', {})).rejects.toMatchObject({ code: 'name_not_found' });
  });

  it('ends at once when the signal says so', async () => {
    const stop = new AbortController();
    const hanging = { resolver: () => new Promise<string[]>(() => {}) };
    const waiting = resolveTarget('slow.example', open, stop.signal, hanging);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(resolveTarget('8.8.8.8', open, stop.signal)).rejects.toThrow('enough');
  });
});

describe('isLoopbackHost', () => {
  it.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'db.localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
  ])('knows %s', (host) => expect(isLoopbackHost(host)).toBe(true));
  it.each(['localhost.example', 'example', '10.0.0.1', '::', '', '0.0.0.0', '128.0.0.1'])('does not take %s', (host) =>
    expect(isLoopbackHost(host)).toBe(false),
  );
});
