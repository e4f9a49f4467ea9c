/**
 * Memory of facts (decisions.md 29): at most a second old, dropped when they change, off while changes cannot be heard.
 *
 * Invariants:
 * - What was read before a change is never kept after it: a reader takes a ticket before it reads, and `keep` refuses a
 *   ticket that is older than a change of anything the value rests on.
 * - From the moment a transaction of this process announces a change until the store tells everybody that it
 *   committed (or a second passed, for one that rolled back), nothing that rests on it is kept: on this node a change
 *   holds as soon as it is committed.
 */
import type { Store } from '../../platform/database/index.ts';
import { onTouch } from './changes.ts';
import { factsChannel } from './facts.ts';

/** The age at which a fact is read again, in ms. */
export const maxAgeMs = 1000;
const holdMs = 1000;
const rememberedChanges = 20_000;

interface Hold {
  count: number;
  until: number;
}

/** Changes as one store tells them, shared by all caches over it. */
export class Changes {
  static readonly #byStore = new WeakMap<Store, Changes>();

  /** The changes of a store; starts to listen at the first call. */
  static of(store: Store): Changes {
    let changes = Changes.#byStore.get(store);
    if (changes === undefined) {
      changes = new Changes(store);
      Changes.#byStore.set(store, changes);
    }
    return changes;
  }

  readonly #store: Store;
  readonly #caches = new Set<FactsCache<unknown>>();
  /** Fact → number of its last change. */
  readonly #changed = new Map<string, number>();
  readonly #held = new Map<string, Hold>();
  #number = 0;
  /** Tickets below this are refused whatever they rest on. */
  #floor = 0;
  #subscribed = false;
  #unlisten: (() => Promise<void>) | undefined;

  /** Settles when the store listens (or could not). */
  readonly ready: Promise<void>;

  private constructor(store: Store) {
    this.#store = store;
    onTouch((facts) => this.#touched(facts));
    store.onReconnect(() => this.#told('*'));
    this.ready = store
      .listen(factsChannel, (fact) => this.#told(fact))
      .then(
        (unlisten) => {
          this.#unlisten = unlisten;
          this.#subscribed = true;
        },
        () => {}, // stays unusable: everything is read afresh
      );
  }

  /** Whether changes are heard now. */
  get usable(): boolean {
    return this.#subscribed && this.#store.listening;
  }

  /** To be taken before facts are read. */
  ticket(): number {
    return this.#number;
  }

  /** Whether what was read under `ticket` may be kept. */
  mayKeep(ticket: number, facts: readonly string[]): boolean {
    if (!this.usable || ticket < this.#floor || this.#isHeld('*')) return false;
    return facts.every((fact) => (this.#changed.get(fact) ?? 0) <= ticket && !this.#isHeld(fact));
  }

  /**
   * Whether a read that began under `ticket` tells what one begun now would: nothing has changed since, and no change
   * of this process is on its way.
   */
  stillTrue(ticket: number): boolean {
    if (!this.usable || ticket !== this.#number) return false;
    for (const fact of this.#held.keys()) if (this.#isHeld(fact)) return false;
    return true;
  }

  register(cache: FactsCache<unknown>): void {
    this.#caches.add(cache);
  }

  async close(): Promise<void> {
    this.#subscribed = false;
    const unlisten = this.#unlisten;
    this.#unlisten = undefined;
    await unlisten?.();
  }

  #touched(facts: readonly string[]): void {
    for (const fact of facts.map(narrow)) {
      const hold = this.#held.get(fact) ?? { count: 0, until: 0 };
      this.#held.set(fact, { count: hold.count + 1, until: performance.now() + holdMs });
      this.#drop(fact);
    }
  }

  #told(payload: string): void {
    const fact = narrow(payload);
    const hold = this.#held.get(fact);
    if (hold !== undefined && --hold.count <= 0) this.#held.delete(fact);
    this.#drop(fact);
  }

  #drop(fact: string): void {
    this.#number += 1;
    if (fact === '*' || this.#changed.size >= rememberedChanges) {
      this.#floor = this.#number;
      this.#changed.clear();
    } else {
      this.#changed.set(fact, this.#number);
    }
    for (const cache of this.#caches) cache.drop(fact);
  }

  #isHeld(fact: string): boolean {
    const hold = this.#held.get(fact);
    if (hold === undefined) return false;
    if (hold.until > performance.now()) return true;
    this.#held.delete(fact);
    return false;
  }
}

/** Users and sources change often and are few per value; a change of anything else drops everything. */
const narrow = (fact: string): string => (fact.startsWith('s:') || fact.startsWith('u:') ? fact : '*');

interface Entry<V> {
  readonly value: V;
  readonly facts: readonly string[];
  readonly readAt: number;
}

/** A bounded memory of values by key; the least recently used one goes first. */
export class FactsCache<V> {
  readonly #changes: Changes;
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry<V>>();
  /** Fact → keys of values that rest on it. */
  readonly #byFact = new Map<string, Set<string>>();
  /** Reads under way: whoever asks for the same meanwhile waits for them, instead of all asking the store at once. */
  readonly #reading = new Map<string, { readonly ticket: number; readonly value: Promise<V | null> }>();

  constructor(changes: Changes, capacity: number) {
    this.#changes = changes;
    this.#capacity = capacity;
    changes.register(this as FactsCache<unknown>); // it only calls drop
  }

  /** The value, when it is fresh. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (performance.now() - entry.readAt >= maxAgeMs || !this.#changes.usable) {
      this.#remove(key, entry);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /**
   * The value: from memory when fresh, otherwise read and, when nothing changed meanwhile, kept.
   * `factsOf` names what the value rests on (`u:…`, `s:…`); a null value is not kept.
   */
  async through(
    key: string,
    read: () => Promise<V | null>,
    factsOf: (value: V) => readonly string[],
  ): Promise<V | null> {
    const known = this.get(key);
    if (known !== undefined) return known;
    const underWay = this.#reading.get(key);
    if (underWay !== undefined && this.#changes.stillTrue(underWay.ticket)) return underWay.value;
    const reading = { ticket: this.#changes.ticket(), value: this.#readAndKeep(key, read, factsOf) };
    this.#reading.set(key, reading);
    try {
      return await reading.value;
    } finally {
      if (this.#reading.get(key) === reading) this.#reading.delete(key);
    }
  }

  async #readAndKeep(
    key: string,
    read: () => Promise<V | null>,
    factsOf: (value: V) => readonly string[],
  ): Promise<V | null> {
    const ticket = this.#changes.ticket();
    const readAt = performance.now();
    const value = await read();
    if (value === null) return null;
    const facts = factsOf(value);
    if (this.#changes.mayKeep(ticket, facts)) this.#keep(key, { value, facts, readAt });
    return value;
  }

  /** Forgets what rests on a fact. */
  drop(fact: string): void {
    if (fact === '*') {
      this.#entries.clear();
      this.#byFact.clear();
      return;
    }
    for (const key of this.#byFact.get(fact) ?? []) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) this.#remove(key, entry);
    }
  }

  #keep(key: string, entry: Entry<V>): void {
    const old = this.#entries.get(key);
    if (old !== undefined) this.#remove(key, old);
    if (this.#entries.size >= this.#capacity) {
      const [oldestKey, oldest] = this.#entries.entries().next().value!; // the capacity is not 0
      this.#remove(oldestKey, oldest);
    }
    this.#entries.set(key, entry);
    for (const fact of entry.facts) {
      const keys = this.#byFact.get(fact);
      if (keys === undefined) this.#byFact.set(fact, new Set([key]));
      else keys.add(key);
    }
  }

  #remove(key: string, entry: Entry<V>): void {
    this.#entries.delete(key);
    for (const fact of entry.facts) {
      const keys = this.#byFact.get(fact);
      keys?.delete(key);
      if (keys?.size === 0) this.#byFact.delete(fact);
    }
  }
}
