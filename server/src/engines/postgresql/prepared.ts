/**
 * The statements that one connection keeps prepared on its server. A text is prepared when it comes for the second
 * time: most ad hoc statements come once, and a prepared statement costs memory on the server.
 */
import type { Column } from '../engine.ts';

export interface PreparedStatement {
  readonly name: string;
  /** Columns of its result as the server described them; null = it has none. Undefined until it ran once. */
  columns: readonly Column[] | null | undefined;
}

const MAX_PREPARED = 100;
const MAX_SEEN = 200;
/** Longer texts are ad hoc by nature (long IN lists) and would fill the caches. */
const MAX_TEXT_LENGTH = 8192;

export class PreparedStatements {
  /** In order of use, oldest first. */
  readonly #prepared = new Map<string, PreparedStatement>();
  readonly #seen = new Set<string>();
  #counter = 0;

  /** The prepared statement of a text, when there is one. */
  find(sql: string): PreparedStatement | undefined {
    const statement = this.#prepared.get(sql);
    // Kept in order of use only when there is something to evict.
    if (statement && this.#prepared.size >= MAX_PREPARED) {
      this.#prepared.delete(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** Is it time to prepare this text? Remembers that it was seen. */
  worthPreparing(sql: string): boolean {
    if (sql.length > MAX_TEXT_LENGTH) return false;
    if (this.#seen.delete(sql)) return true;
    if (this.#seen.size >= MAX_SEEN) this.#seen.delete(this.#seen.values().next().value ?? '');
    this.#seen.add(sql);
    return false;
  }

  /** Keeps a statement that the caller prepares under the new name; `evicted` is to be closed on the server. */
  add(sql: string): { statement: PreparedStatement; evicted: string | null } {
    let evicted: string | null = null;
    if (this.#prepared.size >= MAX_PREPARED) {
      const [text, oldest] = this.#prepared.entries().next().value ?? [];
      if (text !== undefined && oldest) {
        this.#prepared.delete(text);
        evicted = oldest.name;
      }
    }
    this.#counter += 1;
    const statement: PreparedStatement = { name: `hg_${this.#counter}`, columns: undefined };
    this.#prepared.set(sql, statement);
    return { statement, evicted };
  }

  /** The server does not have it, or it has changed. */
  forget(sql: string): void {
    this.#prepared.delete(sql);
  }

  clear(): void {
    this.#prepared.clear();
    this.#seen.clear();
  }
}
