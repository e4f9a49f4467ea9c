/** Plan: what a statement is, worked out once per text and kept, before anything touches the source. */
import { createHash } from 'node:crypto';
import { ForbiddenError, InvalidError } from '../domain/errors.ts';
import type { Classification, Engine } from '../engines/engine.ts';

/** A statement that may run, with what audit keeps of it. */
export interface Plan {
  /** The text that is sent. */
  readonly sql: string;
  /** The caller's text. */
  readonly text: string;
  readonly access: 'read' | 'write';
  readonly classification: Classification;
  /** Hex SHA-256 of the caller's text. */
  readonly sha256: string;
  /** Row and column rules have changed the text that is sent. */
  readonly ruled?: true;
}

/** Texts longer than this are planned each time: keeping them would cost more memory than time is won. */
const LONGEST_KEPT = 16 * 1024;

/** Statement → plan, per engine; the least recently made go first. */
export class Planner {
  readonly #plans = new Map<string, Map<string, Plan>>();
  readonly #capacity: number;

  constructor(capacity = 4000) {
    this.#capacity = capacity;
  }

  /** Throws InvalidError or ForbiddenError with the audit part of the statement in `statementOf(error)`. */
  plan(engine: Engine, sql: string): Plan {
    let plans = this.#plans.get(engine.id);
    if (plans === undefined) {
      plans = new Map();
      this.#plans.set(engine.id, plans);
    }
    let plan = plans.get(sql);
    if (plan === undefined) {
      plan = makePlan(engine, sql);
      if (sql.length <= LONGEST_KEPT) {
        if (plans.size >= this.#capacity) {
          for (const oldest of plans.keys()) {
            plans.delete(oldest);
            break;
          }
        }
        plans.set(sql, plan);
      }
    }
    return plan;
  }
}

function makePlan(engine: Engine, sql: string): Plan {
  if (sql.includes('\0')) {
    throw new InvalidError('statement_not_understood', 'The statement holds a NUL character.', { field: 'sql' });
  }
  if (!sql.isWellFormed()) {
    throw new InvalidError('statement_not_understood', 'The statement is not well-formed Unicode.', { field: 'sql' });
  }
  const classification = engine.classify(sql);
  return {
    sql,
    text: sql,
    access: classification.verdict === 'write' ? 'write' : 'read',
    classification,
    sha256: createHash('sha256').update(sql).digest('hex'),
  };
}

/** Throws when the parser refused the statement (decisions.md 27). */
export function requireRunnable(plan: Plan): void {
  const { verdict, reason } = plan.classification;
  if (verdict !== 'refused') return;
  const message = reason?.message ?? 'This statement is not allowed.';
  if (reason?.code === 'forbidden' || reason === undefined) {
    throw new ForbiddenError('statement_forbidden', message, {
      field: 'sql',
      remedy: 'Such statements never run through Headgate, whatever the permissions.',
    });
  }
  throw new InvalidError('statement_not_understood', message, {
    field: 'sql',
    remedy: 'Send one statement that the parser understands; what it cannot read does not run.',
    extra: { reason: reason.code },
  });
}

/** What audit keeps of a statement (decisions.md 33). */
export function statementDetail(plan: Plan, fullText: boolean): Record<string, unknown> {
  const { command, fingerprint, literalFree } = plan.classification;
  return {
    command,
    fingerprint,
    // The literal-free text of a huge statement says nothing more after its first kilobytes.
    statement: literalFree.length > 4096 ? `${literalFree.slice(0, 4096)}…` : literalFree,
    sha256: plan.sha256,
    ...(plan.ruled === true ? { ruled: true } : {}),
    ...(fullText ? { text: plan.text } : {}),
  };
}
