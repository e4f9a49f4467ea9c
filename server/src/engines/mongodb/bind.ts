/** From a checked statement and its parameters to the document that is sent. */
import { EngineError } from '../engine.ts';
import type { Driver } from './driver.ts';
import { dataOf, Extended, type Node, Parameter, StatementSyntaxError } from './json.ts';

export class Binder {
  readonly #driver: Driver;
  readonly #parameters: readonly Node[];
  readonly #used = new Set<number>();

  /** Throws EngineError `parameter_invalid` for parameters that are no data. */
  constructor(driver: Driver, parameters: readonly unknown[]) {
    this.#driver = driver;
    this.#parameters = parameters.map((value, index) => {
      try {
        return dataOf(value);
      } catch (error) {
        if (!(error instanceof StatementSyntaxError)) throw error;
        throw new EngineError('parameter_invalid', `Parameter ${index + 1}: ${error.message}`);
      }
    });
  }

  /** Throws EngineError `parameter_invalid` when a parameter stands nowhere. */
  finish(): void {
    if (this.#used.size === this.#parameters.length) return;
    const unused = this.#parameters.findIndex((_, index) => !this.#used.has(index));
    throw new EngineError('parameter_invalid', `The statement has no placeholder {"$param": ${unused + 1}}.`);
  }

  /** The driver's value; documents become Maps, which keep the order of their members. */
  value(node: Node): unknown {
    if (node === null || typeof node === 'boolean' || typeof node === 'string') return node;
    if (typeof node === 'number') return this.#number(node);
    if (node instanceof Extended) return this.#extended(node);
    if (node instanceof Parameter) return this.#parameter(node);
    if (node instanceof Map) return new Map([...node].map(([name, value]) => [name, this.value(value)]));
    // What is left is a list; the type checker cannot tell it from a read-only map.
    return (node as readonly Node[]).map((item) => this.value(item));
  }

  #parameter({ position, inExpression }: Parameter): unknown {
    const index = position - 1;
    const bound = this.#parameters[index];
    if (bound === undefined) {
      const given = this.#parameters.length;
      throw new EngineError(
        'parameter_invalid',
        `The statement has a placeholder ${position}, and ${given} were given.`,
      );
    }
    this.#used.add(index);
    const value = this.value(bound);
    return inExpression ? new Map([['$literal', value]]) : value;
  }

  /** As relaxed Extended JSON has it: whole numbers are integers, of 64 bits where 32 do not hold them. */
  #number(value: number): unknown {
    const { Double, Int32, Long } = this.#driver;
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return new Double(value);
    return value === (value | 0) ? new Int32(value) : Long.fromNumber(value);
  }

  #extended({ type, text, more }: Extended): unknown {
    const { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } =
      this.#driver;
    switch (type) {
      case '$oid':
        return new ObjectId(text);
      case '$date':
        return new Date(Number(text));
      case '$numberInt':
        return new Int32(text);
      case '$numberLong':
        return Long.fromString(text);
      case '$numberDouble':
        return new Double(Number(text));
      case '$numberDecimal':
        return decimal(() => Decimal128.fromString(text));
      case '$binary':
        return new Binary(Buffer.from(text, 'base64'), Number.parseInt(more, 16));
      case '$uuid':
        return new UUID(text);
      case '$timestamp':
        return new Timestamp({ t: Number(text), i: Number(more) });
      case '$regularExpression':
        return new BSONRegExp(text, more);
      case '$minKey':
        return new MinKey();
      case '$maxKey':
        return new MaxKey();
    }
  }
}

function decimal<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new EngineError('parameter_invalid', 'A decimal number has more digits than the type holds.', { cause });
  }
}
