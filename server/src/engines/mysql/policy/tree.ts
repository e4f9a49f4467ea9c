/** Reading the parser's tree: every member of a node is asked for by name, and what nobody asked for is refused. */
import { UnprovableError } from '../../policy.ts';

export type Node = Readonly<Record<string, unknown>>;

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Members that say where something stands, or repeat what its place in the tree says. */
const SILENT: ReadonlySet<string> = new Set([
  'span',
  'select_token',
  'with_token',
  'closing_paren_token',
  'case_token',
  'end_token',
  'opening_token',
  'closing_token',
  'wildcard_token',
  'flavor',
  'window_before_qualify',
  'explicit',
]);

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === false || (Array.isArray(value) && value.length === 0);

/** The node, when it has no other members with something in them. Throws UnprovableError. */
export function only(value: unknown, ...members: readonly string[]): Node {
  if (!isNode(value)) throw notUnderstood();
  for (const [member, inner] of Object.entries(value)) {
    if (!members.includes(member) && !SILENT.has(member) && !isEmpty(inner)) {
      throw new UnprovableError(`"${member}" is not accepted where a rule binds.`);
    }
  }
  return value;
}

/** The one kind of a node like `{ Select: … }`, and what it holds; of a bare word, the word. */
export function kindOf(value: unknown): readonly [kind: string, inner: unknown] {
  if (typeof value === 'string') return [value, undefined];
  const entries = isNode(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (entries.length !== 1 || entry === undefined) throw notUnderstood();
  return entry;
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw notUnderstood();
  return value;
}

export const notUnderstood = (): UnprovableError => new UnprovableError('The statement is not understood.');
export const notAccepted = (what: string): UnprovableError =>
  new UnprovableError(`${what} is not accepted where a rule binds.`);
