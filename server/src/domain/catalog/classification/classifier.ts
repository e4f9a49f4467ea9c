/**
 * Which identifiers a column's sampled values show (sdps.md §7.3). Pure: names and values in, scores out.
 *
 * An identifier's score is the share of sampled rows that it is found in; it is kept above the threshold. A check digit
 * that one number in ten has by chance proves nothing while it is found no more often than that: such an identifier must
 * also lie clearly above chance (four standard deviations), whatever the threshold.
 */
import { type BuiltinIdentifier, shapeRules } from './builtin.ts';
import { chanceOf } from './chance.ts';
import { Compact, longestValue } from './compact.ts';
import { FormIndex } from './form-index.ts';
import type { Pattern } from './patterns.ts';
import { type Special, specials } from './special.ts';

/** An identifier that takes part. */
export type ActiveIdentifier =
  | { readonly kind: 'builtin'; readonly identifier: BuiltinIdentifier }
  | {
      readonly kind: 'custom';
      readonly name: string;
      /** Null: its keywords alone tell. */
      readonly pattern: Pattern | null;
      readonly headerKeywords: readonly string[];
      readonly excludeKeywords: readonly string[];
    };

export interface ClassifyOptions {
  /** 0.05–1; kept when the score is greater. */
  readonly threshold: number;
  /** Keywords of the job (§7.3.3, §7.3.8). */
  readonly includeKeywords?: readonly string[];
  readonly excludeKeywords?: readonly string[];
}

export interface ColumnFinding {
  /** Name → score, of those kept. */
  readonly identifiers: Readonly<Record<string, number>>;
  /** 1 = holds personal data. */
  readonly privacy: 0 | 1;
}

/** A column's name as keywords are looked for in it (§7.3.2). */
export function headerOf(name: string): string {
  return name.replace(/[(),%.|\s]/g, '').toLowerCase();
}

const holds = (header: string, keywords: readonly string[]): boolean =>
  keywords.some((keyword) => keyword !== '' && header.includes(keyword.toLowerCase()));

type PlacedSpecial = Special & { readonly position: number };

function headerKeywordsOf(one: ActiveIdentifier): readonly string[] {
  return one.kind === 'builtin' ? one.identifier.headerKeywords : one.headerKeywords;
}

/** What a column's header leaves of the template. */
interface Plan {
  /** Forms that count because of the header. */
  readonly below: FormIndex | null;
  /** By the bits of what a value holds: those that need look at it. */
  readonly specials: readonly (readonly PlacedSpecial[])[];
  readonly custom: readonly number[];
}

export class Classifier {
  readonly #active: readonly ActiveIdentifier[];
  readonly #always = new FormIndex();
  /** Of each: how often a value of its shape passes by chance; 0 when it has no check. */
  readonly #chance: readonly number[];
  /** The different lists of keywords, of headers and to exclude. */
  readonly #lists: (readonly string[])[] = [];
  readonly #plans = new Map<string, Plan>();
  readonly #compact = new Compact();
  readonly #counts: Uint32Array;
  readonly #stamp: Uint32Array;
  #turn = 0;

  constructor(active: readonly ActiveIdentifier[]) {
    this.#active = active;
    this.#counts = new Uint32Array(active.length);
    this.#stamp = new Uint32Array(active.length);
    this.#chance = active.map((one) => (one.kind === 'builtin' ? chanceOf(one.identifier.id) : 0));
    active.forEach((one, position) => {
      this.#listOf(headerKeywordsOf(one));
      if (one.kind === 'custom') {
        this.#listOf(one.excludeKeywords);
        return;
      }
      for (const { shape, check, counts, plus } of shapeRules[one.identifier.id] ?? []) {
        if (counts === 'always' || (counts === undefined && !one.identifier.needsKeyword)) {
          this.#always.add(position, shape, check, plus === true);
        }
      }
    });
  }

  /** Scores a column. `values` = its sampled rows; null cells are rows too. */
  classify(name: string, values: readonly (string | null)[], options: ClassifyOptions): ColumnFinding {
    const header = headerOf(name);
    const included = options.includeKeywords?.find((keyword) => holds(header, [keyword]));
    const found =
      included === undefined
        ? this.#scores(header, values, options.threshold)
        : { [`IncludeJobKeyword: ${included}`]: 1 };
    if (values.length === 0 || holds(header, options.excludeKeywords ?? [])) return { identifiers: {}, privacy: 0 };
    return { identifiers: found, privacy: Object.keys(found).length > 0 ? 1 : 0 };
  }

  #scores(header: string, values: readonly (string | null)[], threshold: number): Record<string, number> {
    const plan = this.#plan(header);
    this.#counts.fill(0);
    for (const value of values) if (value !== null && value !== '') this.#row(value, plan);
    for (const position of plan.custom) if (this.#patternOf(position) === null) this.#counts[position] = values.length;
    const found: Record<string, number> = {};
    this.#active.forEach((one, position) => {
      const score = Math.round((this.#counts[position]! / values.length) * 1000) / 1000;
      const chance = this.#chance[position]!;
      const floor = chance === 0 ? 0 : chance + 4 * Math.sqrt((chance * (1 - chance)) / values.length);
      if (score > threshold && score > Math.min(floor, 0.95))
        found[one.kind === 'builtin' ? one.identifier.name : one.name] = score;
    });
    return found;
  }

  #listOf(list: readonly string[]): number {
    const known = this.#lists.indexOf(list);
    return known === -1 ? this.#lists.push(list) - 1 : known;
  }

  #patternOf(position: number): Pattern | null {
    const one = this.#active[position]!;
    return one.kind === 'custom' ? one.pattern : null;
  }

  readonly #hit = (position: number): void => {
    if (this.#stamp[position] === this.#turn) return; // several forms of one occurrence
    this.#stamp[position] = this.#turn;
    this.#counts[position]! += 1;
  };

  #row(whole: string, plan: Plan): void {
    const compact = this.#compact;
    const end = Math.min(whole.length, longestValue);
    this.#turn += 1;
    compact.read(whole, 0, end);
    const { has, digits, words } = compact;
    this.#match(plan.below);
    const value = end === whole.length ? whole : whole.slice(0, end);
    for (const special of plan.specials[has]!) {
      const count = special.count(value);
      if (count > 0 && this.#stamp[special.position] !== this.#turn) {
        this.#stamp[special.position] = this.#turn;
        this.#counts[special.position]! += count;
      }
    }
    for (const position of plan.custom) {
      if (this.#patternOf(position)?.found(value) === true) this.#hit(position);
    }
    // Numbers inside of a text.
    if (words && digits >= 5 && has & 2) this.#tokens(value);
  }

  #match(below: FormIndex | null): void {
    const { places, length, digits, plus } = this.#compact;
    if (length < 3 || digits < 2) return;
    this.#always.match(places, length, digits === length, plus, this.#hit);
    below?.match(places, length, digits === length, plus, this.#hit);
  }

  #tokens(value: string): void {
    const compact = this.#compact;
    let from = 0;
    for (let index = 0; index <= value.length; index += 1) {
      const code = index === value.length ? 32 : value.charCodeAt(index);
      const ends = code === 32 || code === 44 || code === 59 || code === 58 || code === 34 || code === 39 || code < 32;
      if (!ends) continue;
      if (index - from >= 7) {
        this.#turn += 1;
        compact.read(value, from, index);
        if (compact.digits >= 5) this.#match(null);
      }
      from = index + 1;
    }
  }

  /** Plans depend on which keywords the header holds; identifiers share lists of them, and few headers differ in that. */
  #plan(header: string): Plan {
    const key = this.#lists.map((list) => (holds(header, list) ? '1' : '0')).join('');
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = this.#makePlan(key);
    if (this.#plans.size > 1000) this.#plans.clear();
    this.#plans.set(key, plan);
    return plan;
  }

  #makePlan(key: string): Plan {
    const below = new FormIndex();
    const special: PlacedSpecial[] = [];
    const custom: number[] = [];
    let any = false;
    this.#active.forEach((one, position) => {
      const told = key[this.#listOf(headerKeywordsOf(one))] === '1';
      if (one.kind === 'custom') {
        const excluded = key[this.#listOf(one.excludeKeywords)] === '1';
        if (!excluded && (told || one.headerKeywords.length === 0)) custom.push(position);
        return;
      }
      const { id, needsKeyword } = one.identifier;
      if (told || !needsKeyword) {
        const found = specials.find((known) => known.id === id);
        if (found !== undefined) special.push({ ...found, position });
      }
      if (!told) return;
      for (const { shape, check, counts, plus } of shapeRules[id] ?? []) {
        if (counts === 'always' || (counts === undefined && !needsKeyword)) continue;
        below.add(position, shape, check, plus === true);
        any = true;
      }
    });
    const specialsOf = (has: number): PlacedSpecial[] =>
      special.filter(({ needs }) => needs.some((needed) => (has & needed) === needed));
    return { below: any ? below : null, specials: Array.from({ length: 256 }, (_, has) => specialsOf(has)), custom };
  }
}
