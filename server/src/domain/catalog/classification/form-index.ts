/**
 * Which shapes a value could have at all: by its length, by whether it is digits only, and by its first character. A
 * value is held against these alone.
 */
import type { Check } from './checks.ts';
import { longest, type Places, readShape, type Shape } from './shape.ts';

export interface IndexedForm {
  /** Positions in their classifier of the identifiers that this form tells: several may share it. */
  readonly identifiers: number[];
  readonly notation: string;
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
      const indexed = { identifiers: [identifier], notation, shape, check, plus };
      const length = shape.places.length;
      // A set of digits and letters admits values of digits alone too.
      if (shape.places.every((set) => set.subarray(0, 10).includes(1))) {
        join(this.#digits[length]!, { ...indexed, bound: boundPlaces(shape, true) });
      }
      if (shape.digitsOnly) continue;
      shape.places[0]!.forEach((admitted, first) => {
        if (admitted === 1) {
          join(this.#mixed[length * 36 + first]!, {
            ...indexed,
            identifiers: [identifier],
            bound: boundPlaces(shape, false),
          });
        }
      });
    }
  }

  /** Calls `hit` for every form that the value has. */
  match(value: Places, length: number, digitsOnly: boolean, plus: boolean, hit: (identifier: number) => void): void {
    const forms = digitsOnly ? this.#digits[length]! : this.#mixed[length * 36 + value[0]!]!;
    for (let index = 0; index < forms.length; index += 1) {
      const form = forms[index]!;
      if (form.plus && !plus) continue;
      if (!hasShape(form, value) || (form.check !== undefined && !form.check(value, length))) continue;
      for (const identifier of form.identifiers) hit(identifier);
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

/** Adds a form, or its identifier to the same one that is there. */
function join(forms: IndexedForm[], form: IndexedForm): void {
  const { notation, check, plus } = form;
  const same = forms.find((one) => one.notation === notation && one.check === check && one.plus === plus);
  if (same === undefined) forms.push(form);
  else same.identifiers.push(...form.identifiers.filter((identifier) => !same.identifiers.includes(identifier)));
}
