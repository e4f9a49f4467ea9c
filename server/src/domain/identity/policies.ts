/**
 * What administrators set for the whole installation (hdp.md §4.11, §5.9, §5.10): password policy, lockout, switches,
 * origins of web pages. Read with one statement and kept like facts: at most a second, dropped when it changes.
 */
import { sql } from 'kysely';
import { json } from '../../platform/database/index.ts';
import { Changes, FactsCache } from '../access/cache.ts';
import { announce } from '../access/facts.ts';
import { InvalidError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { checkText } from './names.ts';
import { checkPassword, maxPasswordLength, minPasswordLength } from './passwords.ts';
import { Permission } from './permissions.ts';
import type { Principal } from './principal.ts';
import { isAdministrator, lacksPermission } from './rules.ts';
import { requireScope } from './scopes.ts';

/** What a password must have; counts of characters. */
export interface PasswordPolicy {
  readonly name: string;
  readonly description: string | null;
  readonly minLength: number;
  readonly maxLength: number;
  readonly special: number;
  readonly lower: number;
  readonly upper: number;
  readonly digits: number;
  /** Days after which a password must be changed; 0 = never. */
  readonly expirationDays: number;
}

/** The custom policy before anybody has changed it. */
export const initialPasswordPolicy: PasswordPolicy = {
  name: 'Custom password policy',
  description: null,
  minLength: 12,
  maxLength: 128,
  special: 1,
  lower: 1,
  upper: 1,
  digits: 1,
  expirationDays: 120,
};

/** Headgate's own rule, always in force. */
export const basePasswordPolicy: PasswordPolicy = {
  name: 'Default password policy',
  description: null,
  minLength: minPasswordLength,
  maxLength: maxPasswordLength,
  special: 0,
  lower: 0,
  upper: 0,
  digits: 0,
  expirationDays: 0,
};

/** The switches of an installation by the number that hdp gives them (hdp.md §4.11). */
export const configurations: Readonly<Record<number, { description: string; initial: string | null }>> = {
  1: { description: 'Delimiter between a user name and a sign-in service in Basic authentication.', initial: null },
  2: { description: 'secureChangePassword: changing the own password needs the current one.', initial: 'true' },
  3: { description: 'Default OData version of new data sources.', initial: '4' },
  4: { description: 'Default entity name mode of OData schema maps.', initial: 'PLURALIZE' },
  5: { description: 'Third-party JDBC data store; Headgate has none.', initial: 'false' },
  6: { description: 'Custom password policy: 1 = in force, -1 = not.', initial: '-1' },
  7: { description: 'Where monitoring goes: 0 none, 1 log, 2 database, 3 both.', initial: '1' },
  8: { description: 'Lists of allowed addresses: true = in force.', initial: 'true' },
};

/** The values that a switch takes; absent = any text or null. */
const allowed: Readonly<Record<number, readonly string[]>> = {
  2: ['true', 'false'],
  3: ['2', '4'],
  5: ['true', 'false'],
  6: ['1', '-1'],
  7: ['0', '1', '2', '3'],
  8: ['true', 'false'],
};

export interface PolicyState {
  readonly configurations: Readonly<Record<number, string | null>>;
  readonly passwordPolicy: PasswordPolicy;
  /** The custom policy is in force. */
  readonly strictPasswords: boolean;
  readonly lockout: { readonly limit: number; readonly windowSeconds: number; readonly periodSeconds: number };
  readonly cors: { readonly behaviour: 'off' | 'all' | 'listed'; readonly origins: ReadonlySet<string> };
  /** Whether there is any list of addresses that is in force. */
  readonly addressLists: boolean;
}

interface Stored {
  readonly configurations?: Readonly<Record<string, string | null>>;
  readonly passwordPolicy?: Partial<PasswordPolicy>;
}

const settingName = 'policies';
const cacheKey = 'all';
const behaviours = ['off', 'all', 'listed'] as const;

export class Policies {
  readonly #deps: IdentityDeps;
  readonly #cache: FactsCache<PolicyState>;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
    this.#cache = new FactsCache(Changes.of(deps.store), 1);
  }

  /** What is in force now. */
  async current(): Promise<PolicyState> {
    return (
      this.#cache.get(cacheKey) ??
      (await this.#cache.through(
        cacheKey,
        () => this.#read(),
        () => [],
      ))!
    ); // `#read` never answers null
  }

  /** The same without waiting, when it is in memory. */
  cached(): PolicyState | undefined {
    return this.#cache.get(cacheKey);
  }

  /** Throws InvalidError `password_invalid`, `password_too_weak` unless the password may be set. */
  async checkPassword(password: string, field = 'password', shortest?: number): Promise<void> {
    checkPassword(password, field, shortest);
    const { strictPasswords, passwordPolicy } = await this.current();
    if (!strictPasswords) return;
    const problem = weakness(password, passwordPolicy);
    if (problem === null) return;
    throw new InvalidError('password_too_weak', `The password needs ${problem}.`, { field });
  }

  /** When a password that is set now must be changed; null = never. */
  async passwordExpiry(now: Date): Promise<Date | null> {
    const { strictPasswords, passwordPolicy } = await this.current();
    if (!strictPasswords || passwordPolicy.expirationDays === 0) return null;
    return new Date(now.getTime() + passwordPolicy.expirationDays * 86_400_000);
  }

  /** Changes a switch. Administrators only. Throws InvalidError `configuration_unknown`, `invalid_value`. */
  async setConfiguration(principal: Principal, id: number, value: string | null): Promise<void> {
    this.#requireAdministrator(principal);
    if (!Object.hasOwn(configurations, id)) {
      throw new InvalidError('configuration_unknown', `There is no configuration attribute ${id}.`);
    }
    const values = allowed[id];
    const text = value === null ? null : checkText(value, 'value', 256);
    if (values !== undefined && (text === null || !values.includes(text))) {
      throw new InvalidError('invalid_value', `It is one of ${values.join(', ')}.`, { field: 'value' });
    }
    if (id === 1 && text !== null && text.length > 1) {
      throw new InvalidError('invalid_value', 'A delimiter is one character.', { field: 'value' });
    }
    await this.#change(principal, { configuration: id, value: text }, (stored) => ({
      ...stored,
      configurations: { ...stored.configurations, [id]: text },
    }));
  }

  /** Replaces the custom password policy. Administrators only. Throws InvalidError `invalid_policy`. */
  async setPasswordPolicy(principal: Principal, policy: PasswordPolicy): Promise<void> {
    this.#requireAdministrator(principal);
    const counts = [policy.special, policy.lower, policy.upper, policy.digits];
    const whole = [...counts, policy.minLength, policy.maxLength, policy.expirationDays];
    const sound =
      whole.every((value) => Number.isSafeInteger(value) && value >= 0 && value <= 36_500) &&
      policy.minLength >= minPasswordLength &&
      policy.maxLength <= maxPasswordLength &&
      policy.minLength <= policy.maxLength &&
      counts.reduce((sum, count) => sum + count, 0) <= policy.maxLength;
    if (!sound) {
      throw new InvalidError(
        'invalid_policy',
        `Lengths are ${minPasswordLength} to ${maxPasswordLength}; no password could fulfil these rules.`,
        { field: 'rules' },
      );
    }
    const named = {
      ...policy,
      name: checkText(policy.name, 'name') ?? initialPasswordPolicy.name,
      description: checkText(policy.description, 'description', 4096),
    };
    await this.#change(principal, { passwordPolicy: named }, (stored) => ({ ...stored, passwordPolicy: named }));
  }

  #requireAdministrator(principal: Principal): void {
    requireScope(principal, 'admin');
    if (!isAdministrator(principal)) throw lacksPermission(Permission.administrator, 'Only administrators may.');
  }

  async #change(principal: Principal, detail: object, change: (stored: Stored) => Stored): Promise<void> {
    await this.#deps.store.transaction(async (trx) => {
      await sql`insert into setting (name, value) values (${settingName}, '{}') on conflict do nothing`.execute(trx);
      const row = await trx
        .selectFrom('setting')
        .select('value')
        .where('name', '=', settingName)
        .forUpdate()
        .executeTakeFirstOrThrow();
      await trx
        .updateTable('setting')
        .set({ value: json(change(row.value as Stored)), updated_at: this.#deps.clock.now() }) // only `#change` writes it
        .where('name', '=', settingName)
        .execute();
      await this.#deps.audit.record(trx, principal, {
        action: 'policy.update',
        outcome: 'allowed',
        resource: { type: 'policy', uid: null, name: settingName },
        tenantId: 1,
        detail,
      });
      await announce(trx, '*');
    });
  }

  async #read(): Promise<PolicyState> {
    const { rows } = await sql<{
      stored: Stored | null;
      limits: Record<string, number> | null;
      origins: string[];
      addresses: boolean;
    }>`
      select (select value from setting where name = ${settingName}) as stored,
        (select jsonb_object_agg(name, value) from limit_value where level = 'system'
          and name in ('PasswordLockoutInterval', 'PasswordLockoutLimit', 'PasswordLockoutPeriod', 'CORSBehavior')) as limits,
        array(select origin_folded from cors_origin) as origins,
        exists (select 1 from address_rule) as addresses`.execute(this.#deps.store.db);
    const { stored, limits, origins, addresses } = rows[0]!; // one row always
    const { config } = this.#deps;
    const values = Object.fromEntries(
      Object.entries(configurations).map(([id, { initial }]) => [id, stored?.configurations?.[id] ?? initial]),
    );
    return {
      configurations: values,
      passwordPolicy: { ...initialPasswordPolicy, ...stored?.passwordPolicy },
      strictPasswords: values[6] === '1',
      lockout: {
        limit: limits?.PasswordLockoutLimit ?? config.lockoutLimit,
        windowSeconds: limits?.PasswordLockoutInterval ?? config.lockoutWindowSeconds,
        periodSeconds: limits?.PasswordLockoutPeriod ?? config.lockoutPeriodSeconds,
      },
      cors: { behaviour: behaviours[limits?.CORSBehavior ?? 0] ?? 'off', origins: new Set(origins) },
      addressLists: addresses && values[8] === 'true' && config.addressLists !== false,
    };
  }
}

/** What the password lacks, in words; null = nothing. */
function weakness(password: string, policy: PasswordPolicy): string | null {
  const characters = [...password];
  const count = (pattern: RegExp): number => characters.filter((one) => pattern.test(one)).length;
  if (characters.length < policy.minLength) return `at least ${policy.minLength} characters`;
  if (characters.length > policy.maxLength) return `at most ${policy.maxLength} characters`;
  const classes: readonly (readonly [number, RegExp, string])[] = [
    [policy.lower, /\p{Ll}/u, 'lower-case letter'],
    [policy.upper, /\p{Lu}/u, 'upper-case letter'],
    [policy.digits, /\p{Nd}/u, 'digit'],
    [policy.special, /[^\p{L}\p{Nd}]/u, 'special character'],
  ];
  const missing = classes.find(([least, pattern]) => count(pattern) < least);
  return missing === undefined ? null : `at least ${missing[0]} ${missing[2]}${missing[0] === 1 ? '' : 's'}`;
}
