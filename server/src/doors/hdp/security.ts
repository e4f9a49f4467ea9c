/** Configuration, password policy, lists of origins and addresses (hdp.md §4.11, §5.8, §5.9). */
import type { AddressLevel, AddressLists, AddressPart, PasswordPolicy } from '../../domain/identity/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import { basePasswordPolicy, configurations } from '../../domain/identity/policies.ts';
import type { Payload } from './body.ts';
import { notThere } from './errors.ts';
import { timestamp } from './present.ts';
import type { HdpCall, Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'security';
const administrator = { needs: [Permission.administrator] };

export function registerSecurity(routes: Routes, services: HdpServices): void {
  registerConfiguration(routes, services);
  registerPasswordPolicy(routes, services);
  registerOrigins(routes, services);
  registerAddresses(routes, services);
}

function registerConfiguration(routes: Routes, { identity: { policies } }: HdpServices): void {
  const base = '/api/admin/configurations';
  const all = async () => {
    const { configurations: values } = await policies.current();
    return Object.entries(configurations).map(([id, { description }]) => ({
      id: Number(id),
      description,
      value: values[Number(id)] ?? null,
    }));
  };
  const one = async (id: number) => {
    const found = (await all()).find((entry) => entry.id === id);
    if (found === undefined) throw notThere('configuration', id);
    return found;
  };
  const set = async (call: HdpCall, id: number, payload: Payload): Promise<void> => {
    if (!payload.has('value')) throw payload.invalid('value');
    const value = payload.get('value');
    const text =
      typeof value === 'number' || typeof value === 'boolean' ? String(value) : payload.optionalText('value', 256);
    await policies.setConfiguration(call.principal, id, text ?? null);
  };
  routes.add(
    {
      method: 'GET',
      path: base,
      id: 'listConfigurations',
      tag,
      summary: 'Switches of the installation.',
      ...administrator,
    },
    async () => ({
      configurations: await all(),
    }),
  );
  routes.add(
    { method: 'PUT', path: base, id: 'putConfigurations', tag, summary: 'Set several.', ...administrator, body: true },
    async (call) => {
      const entries = call.payload().objects('configurations');
      for (const entry of entries) await one(entry.id('id'));
      for (const entry of entries) await set(call, entry.id('id'), entry);
      return { configurations: await all() };
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${base}/:configuration`,
      id: 'getConfiguration',
      tag,
      summary: 'One switch.',
      ...administrator,
    },
    (call) => one(call.id('configuration')),
  );
  routes.add(
    {
      method: 'PUT',
      path: `${base}/:configuration`,
      id: 'putConfiguration',
      tag,
      summary: 'Set it.',
      ...administrator,
      body: true,
    },
    async (call) => {
      const id = call.id('configuration');
      await one(id);
      await set(call, id, call.payload());
      return one(id);
    },
  );
}

/** Rule on the wire → member of the policy. */
const characterRules = [
  { ruleId: 2, ruleName: 'SPECIAL_CLASS_RULE', title: 'specialCharacterRule', member: 'special' },
  { ruleId: 3, ruleName: 'LOWER_CLASS_RULE', title: 'lowerCaseCharacterRule', member: 'lower' },
  { ruleId: 4, ruleName: 'UPPER_CLASS_RULE', title: 'upperCaseCharacterRule', member: 'upper' },
  { ruleId: 5, ruleName: 'NUMERIC_CLASS_RULE', title: 'numericCharacterRule', member: 'digits' },
] as const;

function presentPolicy(id: 1 | 2, policy: PasswordPolicy): Record<string, unknown> {
  const length = {
    title: 'pwdLengthRule',
    ruleId: 1,
    ruleName: 'PASSWORD_LENGTH_RULE',
    minLength: policy.minLength,
    maxLength: policy.maxLength,
  };
  const classes = characterRules
    .filter(({ member }) => policy[member] > 0)
    .map(({ member, ...rule }) => ({
      title: rule.title,
      ruleId: rule.ruleId,
      ruleName: rule.ruleName,
      minChars: policy[member],
    }));
  return {
    id,
    name: policy.name,
    ...(policy.description === null ? {} : { description: policy.description }),
    rules: [length, ...classes],
    expirationDays: policy.expirationDays,
  };
}

/** A replacing write: rules that are left out do not hold. */
function policyOf(payload: Payload): PasswordPolicy {
  const policy = {
    ...basePasswordPolicy,
    name: payload.optionalText('name', 256) ?? '',
    description: payload.optionalText('description') ?? null,
    expirationDays: payload.integer('expirationDays'),
  };
  const counts: Record<string, number> = {};
  for (const rule of payload.objects('rules')) {
    const name = rule.text('ruleName', 64);
    if (name === 'PASSWORD_LENGTH_RULE') {
      counts.minLength = rule.integer('minLength');
      counts.maxLength = rule.integer('maxLength');
      continue;
    }
    const known = characterRules.find(({ ruleName }) => ruleName === name);
    if (known === undefined) throw rule.invalid('ruleName');
    counts[known.member] = rule.integer('minChars');
  }
  return { ...policy, ...counts };
}

function registerPasswordPolicy(routes: Routes, { identity: { policies } }: HdpServices): void {
  const path = '/api/admin/passwordpolicy/:policy';
  const read = async (id: number) => {
    if (id === 1) return presentPolicy(1, basePasswordPolicy);
    if (id !== 2) throw notThere('policy', id);
    return presentPolicy(2, (await policies.current()).passwordPolicy);
  };
  routes.add(
    { method: 'GET', path, id: 'getPasswordPolicy', tag, summary: 'What a password must have.', ...administrator },
    (call) => read(call.id('policy')),
  );
  routes.add(
    {
      method: 'PUT',
      path,
      id: 'putPasswordPolicy',
      tag,
      summary: 'Replace the custom policy.',
      ...administrator,
      body: true,
    },
    async (call) => {
      const id = call.id('policy');
      if (id !== 2) throw notThere('policy', id);
      await policies.setPasswordPolicy(call.principal, policyOf(call.payload()));
      return read(2);
    },
  );
}

function registerOrigins(routes: Routes, { identity: { origins } }: HdpServices): void {
  const base = '/api/admin/security/cors/whitelist';
  const needs = [Permission.corsWhitelist];
  const present = (one: Awaited<ReturnType<typeof origins.get>>) => ({
    id: one.id,
    domain: one.origin,
    ...(one.description === null ? {} : { description: one.description }),
    lastModifiedBy: one.modifiedBy,
    lastModifiedTime: timestamp(one.modifiedAt),
  });
  const input = (payload: Payload) => ({
    origin: payload.text('domain', 1024),
    description: payload.optionalText('description', 1024),
  });
  routes.add(
    { method: 'GET', path: base, id: 'listOrigins', tag, summary: 'Pages that may call.', needs },
    async ({ principal }) => ({
      whitelist: (await origins.list(principal)).map(present),
    }),
  );
  routes.add(
    { method: 'POST', path: base, id: 'addOrigins', tag, summary: 'Add some.', needs, body: true },
    async (call) => {
      await origins.list(call.principal);
      const added = await origins.add(call.principal, call.payload().objects('whitelist').map(input));
      call.reply.code(201);
      return { whitelist: added.map(present) };
    },
  );
  const one = `${base}/:origin`;
  routes.add({ method: 'GET', path: one, id: 'getOrigin', tag, summary: 'One of them.', needs }, async (call) =>
    present(await origins.get(call.principal, call.id('origin'))),
  );
  routes.add(
    { method: 'PUT', path: one, id: 'putOrigin', tag, summary: 'Change it.', needs, body: true },
    async (call) => {
      await origins.get(call.principal, call.id('origin'));
      const changed = await origins.update(call.principal, call.id('origin'), input(call.payload()));
      call.reply.code(201); // as printed
      return present(changed);
    },
  );
  routes.add({ method: 'DELETE', path: one, id: 'deleteOrigin', tag, summary: 'Remove it.', needs }, (call) =>
    origins.remove(call.principal, call.id('origin')),
  );
}

/** Members of the wire → parts. */
const parts: Readonly<Record<string, AddressPart>> = {
  managementAPI: 'management',
  adminAPI: 'administration',
  dataAccess: 'data',
  webUI: 'console',
};

function presentLists(lists: AddressLists): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parts)
      .filter(([, part]) => lists[part].length > 0)
      .map(([member, part]) => [
        member,
        lists[part].map(({ first, last }) => ({
          startAddress: first,
          ...(last === first ? {} : { endAddress: last }),
        })),
      ]),
  );
}

type Ranges = Partial<Record<AddressPart, { first: string; last?: string | undefined }[]>>;

function listsOf(payload: Payload): Ranges {
  const lists: Ranges = {};
  for (const [member, part] of Object.entries(parts)) {
    if (payload.get(member) === undefined) continue;
    lists[part] = payload.objects(member).map((range) => ({
      first: range.text('startAddress', 64),
      last: range.optionalText('endAddress', 64),
    }));
  }
  return lists;
}

interface AddressPlace {
  readonly word: string;
  readonly path: string;
  readonly needs: readonly number[];
  readonly behalf?: readonly number[];
  readonly place: (call: HdpCall) => AddressLevel;
}

function registerAddresses(routes: Routes, { identity: { addresses } }: HdpServices): void {
  const places: readonly AddressPlace[] = [
    {
      word: 'System',
      path: '/api/admin/security/whitelist/system',
      needs: [Permission.administrator],
      place: () => ({ level: 'system' }),
    },
    {
      word: 'Tenant',
      path: '/api/admin/security/whitelist/tenants/:tenant',
      needs: [Permission.ipWhitelist],
      place: (call) => ({ level: 'tenant', id: call.id('tenant') }),
    },
    {
      word: 'User',
      path: '/api/mgmt/security/whitelist/user',
      needs: [Permission.ipWhitelist],
      behalf: [Permission.ipWhitelist],
      place: ({ principal }) => ({ level: 'user', id: principal.subject.id }),
    },
  ];
  for (const { word, path, needs, behalf, place } of places) {
    const common = { path, tag, needs, ...(behalf === undefined ? {} : { behalf }) };
    routes.add(
      { ...common, method: 'GET', id: `get${word}Addresses`, summary: 'Addresses that may come.' },
      async (call) => presentLists(await addresses.get(call.principal, place(call))),
    );
    for (const method of ['POST', 'PUT'] as const) {
      const id = `${method === 'POST' ? 'create' : 'update'}${word}Addresses`;
      routes.add({ ...common, method, id, summary: 'Replace them; they hold at once.', body: true }, async (call) => {
        await addresses.get(call.principal, place(call));
        const lists = await addresses.put(call.principal, place(call), listsOf(call.payload()));
        if (method === 'POST') call.reply.code(201);
        return presentLists(lists);
      });
    }
    routes.add(
      { ...common, method: 'DELETE', id: `delete${word}Addresses`, summary: 'Let every address come.' },
      async (call) => {
        await addresses.put(call.principal, place(call), {});
      },
    );
  }
}
