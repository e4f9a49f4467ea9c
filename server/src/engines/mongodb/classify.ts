/** What a statement is, decided before it is sent: a list of what is allowed, which fails closed (decisions.md 26, 27). */
import { createHash } from 'node:crypto';
import type { Classification } from '../engine.ts';
import { StatementSyntaxError } from './json.ts';
import { readStatementText, type Statement } from './statement.ts';

const kept = new WeakMap<Statement, Classification>();

/**
 * Classifies one statement.
 *
 * @example
 * classify('{"find":"orders","filter":{"total":{"$gte":10}}}').literalFree; // {"find":"orders","filter":{"total":{"$gte":"?"}}}
 */
export function classify(sql: string): Classification {
  let statement: Statement;
  try {
    statement = readStatementText(sql);
  } catch (error) {
    if (!(error instanceof StatementSyntaxError)) throw error;
    return refused(sql, error);
  }
  let known = kept.get(statement);
  if (known === undefined) {
    const { access, command, relations, functions, literalFree, fingerprint } = statement;
    known = Object.freeze({ verdict: access, command, relations, functions, literalFree, fingerprint });
    kept.set(statement, known);
  }
  return known;
}

/** What could not be read may be full of literals: nothing of it is kept but its digest. */
function refused(sql: string, error: StatementSyntaxError): Classification {
  return {
    verdict: 'refused',
    reason: { code: error.reason, message: error.message },
    command: '',
    relations: [],
    functions: [],
    literalFree: '',
    fingerprint: createHash('sha256').update(sql).digest('hex').slice(0, 32),
  };
}
