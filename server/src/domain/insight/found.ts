/** A page of a list. */
export interface Found<T> {
  readonly items: readonly T[];
  /** Over all pages. */
  readonly count: number;
}
