/**
 * What is under way now: a collection for things that come and go by the thousand a second.
 *
 * Not a Set: V8 rebuilds a Set's table every few changes, each old table keeps pointing to the next one and to what it
 * held, and once one of them is old, young collections copy all that followed it, requests and answers included.
 */
export interface Placed {
  /** Where it stands; only `InFlight` writes it. −1 = nowhere. */
  place: number;
}

/** An unordered collection whose members know their place; each may be in one such collection at a time. */
export class InFlight<T extends Placed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** Takes an item out; nothing happens when it is not in. */
  delete(item: T): void {
    const { place } = item;
    if (this.#items[place] !== item) return;
    const last = this.#items.pop() as T; // it is not empty: `item` is in it
    if (last !== item) {
      this.#items[place] = last;
      last.place = place;
    }
    item.place = -1;
  }

  /** Those in it now; changes while walking do not show. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.slice()[Symbol.iterator]();
  }
}
