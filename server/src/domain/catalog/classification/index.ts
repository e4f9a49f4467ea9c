/**
 * Finding personal data in columns: identifiers, their checks, scores. Pure code, no store, no source.
 *
 * May be imported: `domain/errors.ts`. Must not be imported: everything else.
 */
export { type BuiltinIdentifier, builtinIdentifiers, type IdentifierType, type RuleKind } from './builtin.ts';
export {
  type ActiveIdentifier,
  Classifier,
  type ClassifyOptions,
  type ColumnFinding,
  headerOf,
} from './classifier.ts';
export { maskSample, sampleCount } from './mask.ts';
export { compilePattern, longestPattern, type Pattern } from './patterns.ts';
