/** A statement, read and checked once: what `classify` tells of it and what `run` sends. */
import { createHash } from 'node:crypto';
import type { Column } from '../engine.ts';
import { Checker } from './check.ts';
import { type Members, type Node, parseDocument, StatementSyntaxError } from './json.ts';
import { COMMANDS, type CommandRule } from './operators.ts';

export type CommandName =
  | 'find'
  | 'aggregate'
  | 'count'
  | 'distinct'
  | 'insert'
  | 'update'
  | 'delete'
  | 'findAndModify';

export interface Statement {
  readonly command: CommandName;
  readonly access: 'read' | 'write';
  readonly collection: string;
  readonly members: Members;
  readonly relations: readonly string[];
  readonly functions: readonly string[];
  readonly literalFree: string;
  readonly fingerprint: string;
  /** Paths of the fields that each document is known to be answered with, or null: the whole document is the answer. */
  readonly fields: readonly string[] | null;
}

/** Longer texts are not statements that people write; reading them would block everybody else. */
const MAX_TEXT_LENGTH = 4 * 1024 * 1024;
const MAX_KEPT_TEXT = 32_768;
const MAX_KEPT = 1000;
const kept = new Map<string, Statement>();

/**
 * Reads one statement; the same text answers the same object. Throws StatementSyntaxError.
 *
 * @example
 * readStatementText('{"find":"orders","projection":{"total":1}}').fields; // ['total']
 */
export function readStatementText(text: string): Statement {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const statement = Object.freeze(read(text));
  if (text.length <= MAX_KEPT_TEXT) {
    if (kept.size >= MAX_KEPT) for (const oldest of [...kept.keys()].slice(0, MAX_KEPT / 10)) kept.delete(oldest);
    kept.set(text, statement);
  }
  return statement;
}

function read(text: string): Statement {
  if (text.length > MAX_TEXT_LENGTH) {
    throw new StatementSyntaxError('not_understood', `The statement is longer than ${MAX_TEXT_LENGTH} characters.`);
  }
  const members = parseDocument(text);
  const [command] = members.keys();
  const rule = command === undefined ? undefined : ruleOf(command);
  if (command === undefined || !isCommand(command) || rule === undefined) {
    const names = Object.keys(COMMANDS).join(', ');
    throw new StatementSyntaxError(
      command === undefined ? 'not_understood' : 'forbidden',
      `A statement begins with one of the commands ${names}${command === undefined ? '' : `, not with ${JSON.stringify(command)}`}.`,
    );
  }
  const checker = new Checker();
  const collection = members.get(command);
  const head = `${JSON.stringify(command)}:${checker.collection(collection)}`;
  if (rule.required !== undefined && !members.has(rule.required)) {
    throw new StatementSyntaxError('not_understood', `The command ${command} needs ${JSON.stringify(rule.required)}.`);
  }
  const literalFree = `{${[head, ...checker.members(members, rule.members, command)].join(',')}}`;
  return {
    command,
    access: rule.access,
    collection: String(collection), // the checker lets texts through only
    members,
    relations: [...checker.relations],
    functions: [...checker.functions].sort(),
    literalFree,
    fingerprint: createHash('sha256').update(literalFree).digest('hex').slice(0, 32),
    fields: fieldsOf(command, members),
  };
}

function ruleOf(command: string): CommandRule | undefined {
  return Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
}

function isCommand(name: string): name is CommandName {
  return ruleOf(name) !== undefined;
}

function fieldsOf(command: CommandName, members: Members): readonly string[] | null {
  if (command === 'find') return projected(members.get('projection'), isIncluded);
  if (command !== 'aggregate') return null;
  const stages = members.get('pipeline');
  return Array.isArray(stages) ? pipelineFields(stages) : null;
}

/** These leave the shape of documents as it is. */
const SAME_SHAPE: ReadonlySet<string> = new Set(['$match', '$sort', '$limit', '$skip', '$sample']);

/** What the last stage that shapes documents says of their fields. */
function pipelineFields(stages: readonly Node[]): readonly string[] | null {
  for (const stage of stages.toReversed()) {
    if (!(stage instanceof Map)) return null;
    const [[name, value] = ['', null]] = stage;
    if (SAME_SHAPE.has(name)) continue;
    switch (name) {
      case '$project':
        return projected(value, (one) => isIncluded(one) || isComputed(one));
      case '$group':
        return value instanceof Map ? [...value.keys()] : null;
      case '$count':
        return typeof value === 'string' ? [value] : null;
      case '$sortByCount':
        return ['_id', 'count'];
      default:
        return null;
    }
  }
  return null;
}

/** The names of an inclusive projection, in order; `_id` only when it is named. */
function projected(projection: Node | undefined, included: (value: Node) => boolean): readonly string[] | null {
  if (!(projection instanceof Map)) return null;
  const names: string[] = [];
  for (const [name, value] of projection) {
    if (name === '_id' && isExcluded(value)) continue;
    if (!included(value) || name.split('.').includes('$')) return null;
    names.push(name);
  }
  return names.length === 0 ? null : names;
}

const isIncluded = (value: Node): boolean => value === true || (typeof value === 'number' && value !== 0);
const isExcluded = (value: Node): boolean => value === false || value === 0;

/** A field made by an expression; a nested document of inclusions and exclusions is none. */
function isComputed(value: Node): boolean {
  if (isExcluded(value)) return false;
  if (!(value instanceof Map)) return true;
  const [name] = value.keys();
  return name?.startsWith('$') ?? false;
}

/** The columns of a result, before its first row. `json` is the one kind that any value of a document fits. */
export function columnsOf(statement: Statement): readonly Column[] {
  switch (statement.command) {
    case 'count':
      return [{ name: 'n', kind: 'integer', type: 'long' }];
    case 'distinct':
      return [{ name: 'value', kind: 'json', type: 'any' }];
    case 'insert':
    case 'update':
    case 'delete':
      return [];
    default:
      return statement.fields === null
        ? [{ name: 'document', kind: 'json', type: 'object' }]
        : statement.fields.map((name) => ({ name, kind: 'json', type: 'any' }));
  }
}
