/** How the rule of one identifier is written down. */
import type { Check } from '../checks.ts';

/** One way in which values of an identifier are written. */
export interface Form {
  readonly shape: string;
  readonly check?: Check;
  /** `always`: telling without a header, also for an identifier that asks for one; `below a keyword`: never without. */
  readonly counts?: 'always' | 'below a keyword';
  /** The number was written with a leading `+`. */
  readonly plus?: true;
}

export type Rules = Readonly<Record<number, readonly Form[]>>;

/** A form that counts as its identifier says. */
export const form = (shape: string, check?: Check): Form => (check === undefined ? { shape } : { shape, check });
/** A form that is telling by itself, of an identifier that otherwise needs a header. */
export const strong = (shape: string, check?: Check): Form => ({ ...form(shape, check), counts: 'always' });
/** A form that anything could have: it counts below a telling header only. */
export const weak = (shape: string, check?: Check): Form => ({ ...form(shape, check), counts: 'below a keyword' });
