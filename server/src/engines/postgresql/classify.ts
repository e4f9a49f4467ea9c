/**
 * Decides what a statement is before it is sent: PostgreSQL's own parser (libpg-query in WebAssembly), then an
 * allow-list over the parse tree that fails closed (data-plane.md §4, decisions.md 26 and 27). This is one layer of
 * several: the login's own privileges and the read-only envelope stand behind it.
 *
 * Importing this module loads the parser; `classify` itself is synchronous.
 */
import { createHash } from 'node:crypto';
import { fingerprintSync, loadModule, parseSync, SqlError } from 'libpg-query';
import type { Classification } from '../engine.ts';
import { isForbiddenFunction, isWritingFunction } from './functions.ts';
import { removeLiterals } from './literals.ts';
import { OWN_OBJECTS, PARTS, READING, SECRET_SETTINGS, TRUSTED_LANGUAGES, WRITING } from './statements.ts';

await loadModule();

/** Longer texts are not statements that people write; parsing them would block everybody else. */
const MAX_TEXT_LENGTH = 1_048_576;
/** Bounds of the cache, in UTF-16 units of statement text. */
const MAX_CACHED_TEXT = 32_768;
const MAX_CACHED_TOTAL = 4_194_304;

const cache = new Map<string, Classification>();
let cachedTotal = 0;

/** A parse node: the parser's JSON, of which only the members asked for below are known. */
type Node = { readonly [member: string]: unknown };

/** Classifies one statement; the same text answers the same object. */
export function classify(sql: string): Classification {
  const known = cache.get(sql);
  if (known) return known;
  const result = Object.freeze(classifyText(sql));
  if (sql.length <= MAX_CACHED_TEXT) {
    for (const text of cache.keys()) {
      if (cachedTotal + sql.length <= MAX_CACHED_TOTAL) break;
      cache.delete(text);
      cachedTotal -= text.length;
    }
    cache.set(sql, result);
    cachedTotal += sql.length;
  }
  return result;
}

function classifyText(sql: string): Classification {
  const literalFree = removeLiterals(sql);
  const unparsed = { command: '', relations: [], functions: [], literalFree, fingerprint: digest(literalFree) };
  const refuse = (code: 'not_understood' | 'several_statements' | 'empty', message: string): Classification => ({
    verdict: 'refused',
    reason: { code, message },
    ...unparsed,
  });
  if (literalFree.replace(/[;\s]/g, '') === '') return refuse('empty', 'There is no statement.');
  if (sql.length > MAX_TEXT_LENGTH) return refuse('not_understood', 'The statement is too long to be checked.');
  let statements: readonly Node[];
  let fingerprint: string;
  try {
    // The parser reads to the first NUL, the server would not: such a text is never sent.
    if (sql.includes('\0')) return refuse('not_understood', 'The statement contains the character NUL.');
    statements = (parseSync(sql).stmts ?? []) as unknown as readonly Node[]; // the parser's types name every node; we need none
    fingerprint = fingerprintSync(sql);
  } catch (error) {
    return refuse('not_understood', explain(error));
  }
  if (statements.length === 0) return refuse('empty', 'There is no statement.');
  if (statements.length > 1) {
    return refuse('several_statements', 'Send one statement at a time: several in one text are not accepted.');
  }
  const [kind = '', body] = Object.entries(asNode(statements[0]?.stmt))[0] ?? [];
  const walk = new Walk();
  walk.run({ [kind]: body });
  const command = READING[kind] ?? WRITING[kind] ?? commandOf(kind);
  const shared = {
    command: kind === 'SelectStmt' && 'valuesLists' in asNode(body) ? 'VALUES' : command,
    relations: [...walk.relations],
    functions: [...walk.functions],
    literalFree,
    fingerprint,
  };
  if (walk.refusal) {
    return { verdict: 'refused', reason: { code: 'forbidden', message: walk.refusal }, ...shared };
  }
  return { verdict: walk.writes && !(kind === 'ExplainStmt' && walk.explainsOnly) ? 'write' : 'read', ...shared };
}

/** The parser's word on what is wrong, without quoting the text: it might quote a secret. */
function explain(error: unknown): string {
  if (!(error instanceof SqlError)) return 'The statement is too complex to be checked.';
  const position = error.sqlDetails?.cursorPosition;
  if (/memory exhausted/.test(error.message)) return 'The statement is too complex to be checked.';
  return position === undefined
    ? 'The statement is not valid SQL.'
    : `The statement is not valid SQL near character ${position + 1}.`;
}

/** CTE names visible at a point of the tree. */
interface Scope {
  readonly names: ReadonlySet<string>;
  readonly outer: Scope | null;
}

/** Goes through the whole tree once, without recursion (trees of machine-made statements are deep). */
class Walk {
  readonly relations = new Set<string>();
  readonly functions = new Set<string>();
  writes = false;
  /** EXPLAIN without ANALYZE: nothing inside is executed. */
  explainsOnly = false;
  refusal: string | null = null;
  readonly #open: { value: unknown; scope: Scope | null; inFunction: boolean }[] = [];

  run(root: Node): void {
    this.#open.push({ value: root, scope: null, inFunction: false });
    for (let next = this.#open.pop(); next && !this.refusal; next = this.#open.pop()) {
      const { value, scope, inFunction } = next;
      if (Array.isArray(value)) {
        for (const item of value) this.#open.push({ value: item, scope, inFunction });
      } else if (typeof value === 'object' && value !== null) {
        this.#visit(value as Node, scope, inFunction); // an object of the parser's JSON
      }
    }
  }

  #visit(node: Node, scope: Scope | null, inFunction: boolean): void {
    const inner = 'withClause' in node ? this.#enterWith(asNode(node.withClause), scope) : scope;
    if (typeof node.relname === 'string') this.#relation(node, scope);
    if (Array.isArray(node.funcname)) this.#function(node.funcname);
    // SELECT … INTO, SELECT … FOR UPDATE.
    if ('intoClause' in node || 'lockingClause' in node) this.writes = true;
    for (const [member, value] of Object.entries(node)) {
      if (member === 'withClause') continue;
      if (member.endsWith('Stmt') && /^[A-Z]/.test(member)) this.#statement(member, asNode(value), inFunction);
      const nowInFunction = inFunction || member === 'CreateFunctionStmt' || member === 'AlterFunctionStmt';
      this.#open.push({ value, scope: inner, inFunction: nowInFunction });
    }
  }

  /** A WITH list: each query sees the ones before it, with RECURSIVE all of them; what follows sees all. */
  #enterWith(clause: Node, outer: Scope | null): Scope {
    const names = new Set<string>();
    const all: Scope = { names, outer };
    for (const item of asList(clause.ctes)) {
      const query = asNode(asNode(item).CommonTableExpr);
      const visible = clause.recursive === true ? all : { names: new Set(names), outer };
      this.#open.push({ value: query, scope: visible, inFunction: false });
      if (typeof query.ctename === 'string') names.add(query.ctename);
    }
    return all;
  }

  #relation(node: Node, scope: Scope | null): void {
    const name = String(node.relname);
    if (typeof node.schemaname !== 'string') {
      for (let place = scope; place; place = place.outer) if (place.names.has(name)) return;
    }
    const parts = [node.catalogname, node.schemaname, name].filter((part) => typeof part === 'string');
    this.relations.add(parts.join('.'));
  }

  #function(name: readonly unknown[]): void {
    const parts = name.map((part) => String(asNode(asNode(part).String).sval ?? ''));
    this.functions.add(parts.join('.'));
    const last = (parts.at(-1) ?? '').toLowerCase();
    if (isForbiddenFunction(last)) this.refusal = `The function ${last} may not be called.`;
    if (isWritingFunction(last)) this.writes = true;
  }

  #statement(kind: string, body: Node, inFunction: boolean): void {
    if (kind in WRITING) {
      this.writes = true;
      this.refusal ??= refusalOfWrite(kind, body);
      if (kind === 'DropStmt') for (const item of asList(body.objects)) this.#dropped(body.removeType, item);
      return;
    }
    if (kind === 'ExplainStmt') {
      this.explainsOnly = !asList(body.options).some((option) => asNode(asNode(option).DefElem).defname === 'analyze');
      return;
    }
    if (kind === 'VariableShowStmt') {
      const name = String(body.name ?? '').toLowerCase();
      if (SECRET_SETTINGS.has(name)) this.refusal = `The setting ${name} may not be shown.`;
      return;
    }
    if (kind in READING || PARTS.has(kind)) return;
    // A function's own settings (SET search_path = …) hold while it runs; its role must not change.
    const harmlessSetting =
      kind === 'VariableSetStmt' && inFunction && !/^(?:role|session_authorization)$/.test(String(body.name));
    if (!harmlessSetting) this.refusal = `${commandOf(kind)} is not accepted.`;
  }

  #dropped(type: unknown, item: unknown): void {
    if (!/^OBJECT_(?:TABLE|VIEW|MATVIEW|INDEX|SEQUENCE)$/.test(String(type))) return;
    const names = asList(asNode(asNode(item).List).items).map((part) => asNode(asNode(part).String).sval);
    this.relations.add(names.join('.'));
  }
}

/** Writing statements that are permitted for some objects only. */
function refusalOfWrite(kind: string, body: Node): string | null {
  if (kind === 'DropStmt' && !OWN_OBJECTS.has(String(body.removeType)))
    return 'DROP of this kind of object is not accepted.';
  if (kind === 'RenameStmt' && !OWN_OBJECTS.has(String(body.renameType))) {
    return 'ALTER … RENAME of this kind of object is not accepted.';
  }
  if (kind === 'CommentStmt' && !OWN_OBJECTS.has(String(body.objtype)))
    return 'COMMENT on this kind of object is not accepted.';
  if (kind === 'AlterObjectSchemaStmt' && !OWN_OBJECTS.has(String(body.objectType))) {
    return 'ALTER … SET SCHEMA of this kind of object is not accepted.';
  }
  if (kind === 'VacuumStmt' && body.is_vacuumcmd === true)
    return 'VACUUM is not accepted: it cannot run in a transaction.';
  if (kind === 'CreateFunctionStmt') {
    const language = asList(body.options)
      .map((option) => asNode(asNode(option).DefElem))
      .find((option) => option.defname === 'language');
    const name = language ? String(asNode(asNode(language.arg).String).sval ?? '').toLowerCase() : 'sql';
    if (!TRUSTED_LANGUAGES.has(name)) return 'Functions may be written in sql and plpgsql only.';
  }
  if (kind === 'AlterTableStmt') {
    for (const item of asList(body.cmds)) {
      if (asNode(asNode(item).AlterTableCmd).subtype === 'AT_ChangeOwner') return 'ALTER … OWNER is not accepted.';
    }
  }
  return null;
}

/** `CopyStmt` → `COPY`, `CreateRoleStmt` → `CREATE ROLE`. */
function commandOf(kind: string): string {
  const names: Readonly<Record<string, string>> = { VariableSetStmt: 'SET', TransactionStmt: 'Transaction control' };
  return (
    names[kind] ??
    kind
      .replace(/Stmt$/, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toUpperCase()
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Node) : {}; // JSON object
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
