/**
 * Which shapes a value could have at all: by its length, by whether it is digits only, and by its first character. A
 * value is held against these alone.
 */
import type { Check } from './checks.ts';
import { longest, type Places, readShape, type Shape } from './shape.ts';

export interface IndexedForm {
  /** Position of the identifier in its classifier. */
  readonly identifier: number;
  readonly shape: Shape;
  readonly check: Check | undefined;
  readonly plus: boolean;
  /** Places at which not every digit (for values of digits alone) or not every character is admitted. */
  readonly bound: Uint8Array;
}

function boundPlaces(shape: Shape, digitsOnly: boolean): Uint8Array {
  const free = digitsOnly ? 10 : 36;
  return Uint8Array.from(shape.places.keys().filter((place) => shape.places[place]!.subarray(0, free).includes(0)));
}

export class FormIndex {
  readonly #digits: IndexedForm[][] = Array.from({ length: longest + 1 }, () => []);
  /** By length × 36 + first character. */
  readonly #mixed: IndexedForm[][] = Array.from({ length: (longest + 1) * 36 }, () => []);

  add(identifier: number, notation: string, check: Check | undefined, plus: boolean): void {
    for (const shape of readShape(notation)) {
      const indexed = { identifier, shape, check, plus };
      const length = shape.places.length;
      // A set of digits and letters admits values of digits alone too.
      if (shape.places.every((set) => set.subarray(0, 10).includes(1))) {
        this.#digits[length]!.push({ ...indexed, bound: boundPlaces(shape, true) });
      }
      if (shape.digitsOnly) continue;
      const mixed = { ...indexed, bound: boundPlaces(shape, false) };
      shape.places[0]!.forEach((admitted, first) => {
        if (admitted === 1) this.#mixed[length * 36 + first]!.push(mixed);
      });
    }
  }

  /** Calls `hit` for every form that the value has. */
  match(value: Places, length: number, digitsOnly: boolean, plus: boolean, hit: (identifier: number) => void): void {
    const forms = digitsOnly ? this.#digits[length]! : this.#mixed[length * 36 + value[0]!]!;
    for (let index = 0; index < forms.length; index += 1) {
      const form = forms[index]!;
      if (form.plus && !plus) continue;
      if (hasShape(form, value) && (form.check === undefined || form.check(value, length))) hit(form.identifier);
    }
  }
}

function hasShape({ shape: { places }, bound }: IndexedForm, value: Places): boolean {
  for (let index = 0; index < bound.length; index += 1) {
    const place = bound[index]!;
    if (places[place]![value[place]!] === 0) return false;
  }
  return true;
}
