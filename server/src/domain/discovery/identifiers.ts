/** Identifiers and the template in native words: an identifier's name is its address. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import { compilePattern } from '../catalog/classification/index.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { admit } from '../sdps/index.ts';
import { checkText } from '../sources/fields.ts';
import { containing, storable } from '../text.ts';
import { type IdentifierInput, identifiersBase } from './identifier-rows.ts';
import type { Templates } from './templates.ts';
import { requireVersion } from './version.ts';

export interface NewIdentifier {
  readonly name: string;
  readonly description?: string | null | undefined;
  /** A regular expression that a value must hold; null = the column's name decides alone. */
  readonly pattern?: string | null | undefined;
  /** The column's name must hold one of them, when there are any. */
  readonly headerKeywords?: readonly string[] | undefined;
  /** The column's name must hold none of them. */
  readonly excludeKeywords?: readonly string[] | undefined;
  /** By name: categories and labels. */
  readonly properties?: readonly string[] | undefined;
}

export interface IdentifierView {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly builtin: boolean;
  readonly pattern: string | null;
  readonly headerKeywords: readonly string[];
  readonly excludeKeywords: readonly string[];
  readonly properties: readonly string[];
  readonly inTemplate: boolean;
  readonly updatedAt: Date;
  readonly version: number;
}

export interface IdentifierFilter {
  readonly q?: string | undefined;
  readonly builtin?: boolean | undefined;
  readonly inTemplate?: boolean | undefined;
}

export interface TemplateView {
  readonly snapshot: string;
  readonly identifiers: number;
  readonly properties: readonly { readonly name: string; readonly kind: 'category' | 'label' }[];
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly type: number;
  readonly rule: string | null;
  readonly header_keywords: string | null;
  readonly exclude_keywords: string | null;
  readonly property_ids: readonly number[];
  readonly in_template: boolean;
  readonly modify_time: Date;
  readonly version: number;
}

const [longestName, longestText, longestPattern] = [255, 1024, 1024];
const category = 1;

export class Identifiers {
  readonly #store: Store;
  readonly #templates: Templates;

  constructor(deps: { readonly store: Store }, templates: Templates) {
    this.#store = deps.store;
    this.#templates = templates;
  }

  /** The product's own first. */
  async list(principal: Principal, filter: IdentifierFilter, page: PageRequest): Promise<Page<IdentifierView>> {
    admit(principal, 'read');
    const limit = pageLimit(page);
    const conditions = [sql`true`];
    if (page.cursor !== undefined)
      conditions.push(sql`i.id > ${decodeCursor('identifiers', page.cursor, ['number'])[0]}`);
    const { q, builtin, inTemplate } = filter;
    if (q !== undefined && q !== '') {
      const part = containing(q);
      conditions.push(sql`(i.name ilike ${part} or i.description ilike ${part})`);
    }
    if (builtin !== undefined) conditions.push(sql`(i.type <> 1) = ${builtin}`);
    if (inTemplate !== undefined) conditions.push(sql`${mapped(principal)} = ${inTemplate}`);
    const rows = await this.#rows(this.#store.db, principal, sql.join(conditions, sql` and `), limit + 1);
    const names = await this.#propertyNames(principal);
    return toPage(
      'identifiers',
      rows,
      limit,
      ({ id }) => [id],
      (row) => present(row, names),
    );
  }

  /** Throws NotFoundError `identifier_not_found`. */
  async get(principal: Principal, name: string): Promise<IdentifierView> {
    admit(principal, 'read');
    return present(await this.#find(principal, name), await this.#propertyNames(principal));
  }

  /** Throws InvalidError, SdpsError 1403. */
  async create(principal: Principal, input: NewIdentifier): Promise<IdentifierView> {
    admit(principal, 'write');
    await this.#templates.create(principal, await this.#input(principal, input));
    return this.get(principal, input.name);
  }

  /** Throws NotFoundError `identifier_not_found`, InvalidError, SdpsError 1403, PreconditionError `stale_version`. */
  async update(
    principal: Principal,
    name: string,
    change: Partial<NewIdentifier>,
    options: { readonly ifMatch?: number } = {},
  ): Promise<IdentifierView> {
    admit(principal, 'write');
    const before = await this.get(principal, name);
    refuseBuiltin(before);
    requireVersion(before.version, options.ifMatch);
    const said = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const { name: after, ...input } = { ...before, ...said } as NewIdentifier; // the members of both
    await this.#templates.update(principal, before.id, await this.#input(principal, { ...input, name: after }));
    return this.get(principal, after);
  }

  /** Throws NotFoundError `identifier_not_found`, InvalidError `identifier_builtin`, SdpsError 1404. */
  async remove(principal: Principal, name: string): Promise<void> {
    admit(principal, 'write');
    const identifier = await this.get(principal, name);
    refuseBuiltin(identifier);
    await this.#templates.remove(principal, identifier.id);
  }

  async template(principal: Principal): Promise<TemplateView> {
    admit(principal, 'read');
    const [{ snapshot_no: snapshot }, ids, categories, labels] = await Promise.all([
      this.#templates.template(principal),
      this.#templates.identifierIds(principal),
      this.#templates.properties(principal, category),
      this.#templates.properties(principal, 2),
    ]);
    const properties = [...categories, ...labels].map(({ prop_name: name, prop_type }) => ({
      name,
      kind: prop_type === category ? ('category' as const) : ('label' as const),
    }));
    return { snapshot, identifiers: ids.length, properties };
  }

  /** Puts identifiers into the template; those that are in it stay. Throws NotFoundError `identifier_not_found`. */
  async addToTemplate(principal: Principal, names: readonly string[] | 'all'): Promise<TemplateView> {
    admit(principal, 'write');
    const wanted =
      names === 'all'
        ? await this.#rows(this.#store.db, principal, sql`i.type <> 3`, 100_000)
        : await Promise.all(names.map((name) => this.#find(principal, name)));
    const fresh = wanted.filter((row) => !row.in_template).map(({ id }) => id);
    if (fresh.length > 0) await this.#templates.addToTemplate(principal, 1, [...new Set(fresh)], 1);
    return this.template(principal);
  }

  /** Takes identifiers out; those that are not in it do not matter. Throws NotFoundError `identifier_not_found`. */
  async removeFromTemplate(principal: Principal, names: readonly string[] | 'all'): Promise<TemplateView> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    const all = names === 'all';
    const wanted = all ? [] : await Promise.all(names.map((name) => this.#find(principal, name)));
    const { rows } = await sql<{ id: number }>`
      select id from template_mapping where tenant_id = ${tenantId}
        and (${all} or identifier_id = any(${wanted.map(({ id }) => id)}::bigint[]))`.execute(this.#store.db);
    if (rows.length > 0) {
      await this.#templates.removeMappings(
        principal,
        rows.map(({ id }) => id),
      );
    }
    return this.template(principal);
  }

  async #find(principal: Principal, name: string): Promise<Row> {
    const [row] = await this.#rows(this.#store.db, principal, sql`lower(i.name) = lower(${storable(name)}::text)`, 1);
    if (row === undefined) throw new NotFoundError('identifier_not_found', 'There is no such identifier.');
    return row;
  }

  async #rows(
    executor: Executor,
    principal: Principal,
    where: RawBuilder<unknown>,
    limit: number,
  ): Promise<readonly Row[]> {
    const { rows } = await sql<Row>`
      select i.*, ${mapped(principal)} as in_template from (${identifiersBase(principal.subject.tenantId)}) i
      where ${where} order by i.id limit ${limit}`.execute(executor);
    return rows;
  }

  /** Names by number, of categories and labels. */
  async #propertyNames(principal: Principal): Promise<ReadonlyMap<number, string>> {
    const lists = await Promise.all([category, 2].map((type) => this.#templates.properties(principal, type)));
    return new Map(lists.flat().map(({ id, prop_name }) => [id, prop_name]));
  }

  async #input(principal: Principal, input: NewIdentifier): Promise<IdentifierInput> {
    const keywords = (list: readonly string[] | undefined, field: string): string[] | null => {
      const words = (list ?? []).map((word, index) => checkText(word, `${field}/${index}`, longestName));
      const empty = words.findIndex((word) => word.trim() === '');
      if (empty >= 0) throw new InvalidError('keyword_empty', 'A keyword is empty.', { field: `${field}/${empty}` });
      return words.length === 0 ? null : words;
    };
    const name = checkText(input.name, 'name', longestName);
    const rule = input.pattern ?? null;
    const header_keywords = keywords(input.headerKeywords, 'headerKeywords');
    if (rule === null && header_keywords === null) {
      throw new InvalidError('identifier_empty', 'An identifier takes a pattern, keywords of column names, or both.', {
        field: 'pattern',
      });
    }
    if (rule !== null) checkPattern(rule);
    const known = [...(await this.#propertyNames(principal))];
    const props = (input.properties ?? []).map((wanted, index) => {
      const found = known.find(([, one]) => one.toLowerCase() === wanted.toLowerCase());
      if (found !== undefined) return found[0];
      throw new InvalidError('property_unknown', 'There is no such category or label.', {
        field: `properties/${index}`,
      });
    });
    return {
      name,
      description: input.description ? checkText(input.description, 'description', longestText) : null,
      classification: 1,
      privacy: 1,
      rule,
      header_keywords,
      exclude_keywords: keywords(input.excludeKeywords, 'excludeKeywords'),
      max_distance: null,
      min_occurrence: null,
      props,
    };
  }
}

/** Here a pattern must compile; on the protocol's door one that does not never matches. */
function checkPattern(pattern: string): void {
  checkText(pattern, 'pattern', longestPattern);
  if (pattern === '') throw new InvalidError('invalid_pattern', 'The pattern is empty.', { field: 'pattern' });
  try {
    compilePattern(pattern);
  } catch (error) {
    throw new InvalidError('invalid_pattern', 'The pattern cannot be compiled.', {
      field: 'pattern',
      remedy: 'Write it for RE2: there is no look-around and no back-reference.',
      cause: error,
    });
  }
}

function refuseBuiltin({ builtin }: IdentifierView): void {
  if (!builtin) return;
  throw new InvalidError('identifier_builtin', 'This identifier belongs to the product.', {
    remedy: 'Make one of your own, and take this one out of the template.',
  });
}

const mapped = (principal: Principal): RawBuilder<boolean> => sql<boolean>`exists (select 1 from template_mapping m
  where m.tenant_id = ${principal.subject.tenantId} and m.identifier_id = i.id and m.status = 1)`;

function present(row: Row, properties: ReadonlyMap<number, string>): IdentifierView {
  const list = (text: string | null): string[] => (text === null ? [] : (JSON.parse(text) as string[])); // as stored
  const { id, name, description, rule, version } = row;
  return {
    id,
    name,
    description,
    builtin: row.type !== 1,
    pattern: rule,
    headerKeywords: list(row.header_keywords),
    excludeKeywords: list(row.exclude_keywords),
    properties: row.property_ids.flatMap((one) => properties.get(one) ?? []),
    inTemplate: row.in_template,
    updatedAt: row.modify_time,
    version,
  };
}
