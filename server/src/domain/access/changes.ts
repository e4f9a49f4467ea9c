/** The changes that this process is about to make, told to its own caches before the store tells everybody. */

type Listener = (facts: readonly string[]) => void;

const listeners = new Set<Listener>();

/** Calls `listener` with facts that a transaction of this process is about to change; the answer stops it. */
export function onTouch(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells this process's caches. Caches of another store in the same process only look something up once more. */
export function touch(facts: readonly string[]): void {
  for (const listener of listeners) listener(facts);
}
