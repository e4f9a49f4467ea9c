/**
 * The row and column policy of a subject on a source: the model of rules and the one function that combines them. It is
 * pure; `domain/dataset-models` keeps the rules and reads the facts, `gateway/policy.ts` enforces the outcome.
 *
 * May be imported by everybody. Imports nothing.
 */
export * from './model.ts';
export { policyOf } from './policy-of.ts';
