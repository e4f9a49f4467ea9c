/**
 * Positional parameters: `@p1`, `@p2`, … typed from their values. The server converts them to the types of the columns that
 * they are compared with.
 */
import type { Request } from 'tedious';
import { EngineError } from '../engine.ts';
import type { Driver } from './driver.ts';

/** The server takes at most this many in one call, less the two that `sp_executesql` uses itself. */
const MOST_PARAMETERS = 2098;
const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;

/** Adds the parameters to a request. Throws EngineError `parameter_invalid`. */
export function bindParameters(driver: Driver, request: Request, parameters: readonly unknown[]): void {
  if (parameters.length > MOST_PARAMETERS) {
    throw new EngineError('parameter_invalid', `A statement takes at most ${MOST_PARAMETERS} parameters.`);
  }
  const { TYPES } = driver;
  for (const [index, value] of parameters.entries()) {
    const name = `p${index + 1}`;
    if (value === null || value === undefined) request.addParameter(name, TYPES.NVarChar, null);
    else if (typeof value === 'boolean') request.addParameter(name, TYPES.Bit, value);
    else if (typeof value === 'string') request.addParameter(name, TYPES.NVarChar, value);
    else if (typeof value === 'bigint') request.addParameter(name, TYPES.BigInt, value);
    else if (typeof value === 'object') request.addParameter(name, TYPES.NVarChar, JSON.stringify(value));
    else if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new EngineError('parameter_invalid', `Parameter ${index + 1} has a value that cannot be sent.`);
    } else if (!Number.isInteger(value) || !Number.isSafeInteger(value)) request.addParameter(name, TYPES.Float, value);
    else request.addParameter(name, value >= INT_MIN && value <= INT_MAX ? TYPES.Int : TYPES.BigInt, value);
  }
}
