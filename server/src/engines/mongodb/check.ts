/**
 * Walks a command and lets through only what `operators.ts` lists. Every method checks one kind of place and answers its
 * text without literals, so that nothing can be printed that was not looked at, nor the other way round.
 */
import { type Members, type Node, Parameter, StatementSyntaxError } from './json.ts';
import {
  CONDITIONS,
  DELETE_MEMBERS,
  EXPRESSIONS,
  GEOMETRY,
  type MemberForm,
  TEXT_SEARCH,
  UPDATE_MEMBERS,
  UPDATE_MODIFIERS,
  UPDATE_STAGES,
  UPDATES,
  VARIABLES,
} from './operators.ts';

const LITERAL = '"?"';
/** What a reference to another document is made of; data, although its names look like operators. */
const REFERENCE: ReadonlySet<string> = new Set(['$ref', '$id', '$db']);
const NOTHING: ReadonlySet<string> = new Set();

export class Checker {
  readonly relations = new Set<string>();
  readonly functions = new Set<string>();

  /** A collection's name, as it stands. */
  collection(node: Node | undefined): string {
    if (typeof node !== 'string') {
      throw forbidden(
        'A collection is named by a text; another database, or none, cannot be read through this source.',
      );
    }
    if (node === '' || node.includes('\0') || node.includes('$')) throw fault(`${quote(node)} names no collection.`);
    if (/^system\./i.test(node)) throw forbidden(`The collection ${quote(node)} is the server's own.`);
    this.relations.add(node);
    return quote(node);
  }

  /** The members of a command, or of one of its updates or deletes, by their forms. */
  members(members: Members, forms: Readonly<Record<string, MemberForm>>, skip = ''): string[] {
    const printed: string[] = [];
    for (const [name, value] of members) {
      if (name === skip) continue;
      const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
      if (form === undefined) {
        throw forbidden(`The member ${quote(name)} is not taken here; known are ${Object.keys(forms).join(', ')}.`);
      }
      printed.push(`${quote(name)}:${this.#form(form, value)}`);
    }
    return printed;
  }

  #form(form: MemberForm, value: Node): string {
    switch (form) {
      case 'query':
        return this.query(value);
      case 'projection':
        return this.#projection(value);
      case 'sort':
        return this.#sort(value);
      case 'hint':
        return typeof value === 'string' ? quote(value) : this.#sort(value);
      case 'count':
        return this.#count(value);
      case 'flag':
        if (typeof value !== 'boolean') throw fault('true or false is expected.');
        return String(value);
      case 'name':
        if (typeof value !== 'string') throw fault('The name of a field is expected.');
        return quote(value);
      case 'plain':
        return this.#data(value);
      case 'let':
        return this.#each(value, (one) => this.expression(one));
      case 'pipeline':
        return this.pipeline(value);
      case 'cursor':
        if (!(value instanceof Map)) throw fault('The member "cursor" is a document.');
        return `{${this.members(value, { batchSize: 'count' }).join(',')}}`;
      case 'documents':
        return this.#list(value, (one) => this.#document(one));
      case 'updates':
        return this.#list(value, (one) => this.#part(one, UPDATE_MEMBERS));
      case 'deletes':
        return this.#list(value, (one) => this.#part(one, DELETE_MEMBERS));
      case 'update':
        return this.#update(value);
      case 'filters':
        return this.#list(value, (one) => this.query(one));
    }
  }

  #part(node: Node, forms: Readonly<Record<string, MemberForm>>): string {
    if (!(node instanceof Map) || !node.has('q')) throw fault('Each update and delete is a document with "q".');
    return `{${this.members(node, forms).join(',')}}`;
  }

  #document(node: Node): string {
    if (!(node instanceof Map) && !(node instanceof Parameter)) throw fault('What is inserted is a document.');
    return this.#data(node);
  }

  /** Data: operators have no meaning there, and are refused lest they get one. */
  #data(node: Node, allowed: ReadonlySet<string> = NOTHING): string {
    if (Array.isArray(node)) return list(node.map((item) => this.#data(item, allowed)));
    if (!(node instanceof Map)) return LITERAL;
    return this.#each(node, (value, name) => {
      if (name.startsWith('$') && !allowed.has(name) && !REFERENCE.has(name)) throw unknownOperator(name);
      return this.#data(value, allowed);
    });
  }

  /** A filter. */
  query(node: Node): string {
    if (node instanceof Parameter) return LITERAL;
    return this.#each(node, (value, name) => {
      if (!name.startsWith('$')) return this.#condition(value);
      switch (name) {
        case '$and':
        case '$or':
        case '$nor':
          return this.#list(value, (one) => this.query(one));
        case '$expr':
          return this.expression(value);
        case '$text':
          return this.#each(value, (one, member) => {
            if (!TEXT_SEARCH.has(member)) throw unknownOperator(member);
            return this.#data(one);
          });
        case '$comment':
        case '$jsonSchema':
        case '$sampleRate':
          return this.#data(value);
        default:
          throw unknownOperator(name);
      }
    });
  }

  /** What a field is compared with. */
  #condition(node: Node): string {
    if (!(node instanceof Map) || !operatorOf(node) || REFERENCE.has(operatorOf(node) ?? '')) return this.#data(node);
    return this.#each(node, (value, name) => {
      if (CONDITIONS.has(name)) return this.#data(value, GEOMETRY);
      if (name === '$not') return this.#condition(value);
      if (name === '$elemMatch') return this.#elements(value);
      if (name === '$all') return this.#list(value, (one) => this.#condition(one));
      throw unknownOperator(name);
    });
  }

  /** `$elemMatch`: conditions on the element itself, or a filter of it. */
  #elements(node: Node): string {
    const operator = node instanceof Map ? operatorOf(node) : undefined;
    const condition = operator !== undefined && !['$and', '$or', '$nor', '$expr'].includes(operator);
    return condition ? this.#condition(node) : this.query(node);
  }

  /** An expression of the aggregation language. */
  expression(node: Node): string {
    if (typeof node === 'string') return this.#path(node);
    if (node instanceof Parameter) {
      node.inExpression = true;
      return LITERAL;
    }
    if (Array.isArray(node)) return list(node.map((item) => this.expression(item)));
    if (!(node instanceof Map)) return LITERAL;
    const operator = operatorOf(node);
    if (operator === undefined) return this.#each(node, (value) => this.expression(value));
    if (node.size !== 1) throw fault(`Beside ${operator} nothing else can stand.`);
    if (!EXPRESSIONS.has(operator)) throw unknownOperator(operator);
    this.functions.add(operator);
    if (operator === '$literal') return `{"$literal":${LITERAL}}`;
    return this.#each(node, (value) => this.expression(value));
  }

  /** `$field`, `$$variable`, or a text. */
  #path(text: string): string {
    if (!text.startsWith('$')) return LITERAL;
    const variable = /^\$\$([^.]*)/.exec(text)?.[1];
    if (variable !== undefined && !/^[a-z]/.test(variable) && !VARIABLES.has(variable)) {
      throw forbidden(`The variable $$${variable} is not taken.`);
    }
    return quote(text);
  }

  #projection(node: Node): string {
    return this.#each(node, (value, name) => {
      if (name.startsWith('$')) throw unknownOperator(name);
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
      if (!(value instanceof Map)) return this.expression(value);
      const operator = operatorOf(value);
      if (operator === undefined) return this.#projection(value);
      if (operator !== '$elemMatch') return this.expression(value);
      return this.#each(value, (one, member) => {
        if (member !== operator) throw unknownOperator(member);
        return this.#elements(one);
      });
    });
  }

  #sort(node: Node): string {
    return this.#each(node, (value, name) => {
      if (name.startsWith('$') && name !== '$natural') throw unknownOperator(name);
      return typeof value === 'number' ? String(value) : this.expression(value);
    });
  }

  #count(node: Node): string {
    if (node instanceof Parameter) return LITERAL;
    if (typeof node !== 'number' || !Number.isInteger(node)) throw fault('A whole number is expected.');
    return LITERAL;
  }

  /** Stages of a pipeline; `allowed` narrows them to those of an update. */
  pipeline(node: Node | undefined, allowed?: ReadonlySet<string>): string {
    if (!Array.isArray(node)) throw fault('A pipeline is a list of stages.');
    // Not `list`: two stages alike are two stages.
    return `[${node.map((stage) => this.#stage(stage, allowed)).join(',')}]`;
  }

  #stage(node: Node, allowed: ReadonlySet<string> | undefined): string {
    if (!(node instanceof Map) || node.size !== 1) throw fault('A stage is a document with one member.');
    const [[name, value] = ['', null]] = node; // it has one member
    if (allowed !== undefined && !allowed.has(name)) throw unknownOperator(name);
    return `{${quote(name)}:${this.#stageOf(name, value)}}`;
  }

  #stageOf(name: string, value: Node): string {
    switch (name) {
      case '$match':
        return this.query(value);
      case '$project':
        return this.#projection(value);
      case '$sort':
        return this.#sort(value);
      case '$limit':
      case '$skip':
        return this.#count(value);
      case '$sample':
        return this.#each(value, (one) => this.#count(one));
      case '$unset':
        return typeof value === 'string' ? quote(value) : this.#list(value, (one) => this.#form('name', one));
      case '$count':
        return this.#form('name', value);
      case '$unwind':
      case '$addFields':
      case '$set':
      case '$group':
      case '$sortByCount':
      case '$bucket':
      case '$bucketAuto':
      case '$replaceRoot':
      case '$replaceWith':
      case '$redact':
      case '$densify':
      case '$fill':
        return this.expression(value);
      case '$facet':
        return this.#each(value, (one) => this.pipeline(one));
      case '$setWindowFields':
        return this.#windows(value);
      case '$geoNear':
        return this.#each(value, (one, member) => (member === 'query' ? this.query(one) : this.#data(one, GEOMETRY)));
      case '$lookup':
        return this.#lookup(value);
      case '$graphLookup':
        return this.#graphLookup(value);
      case '$unionWith':
        return this.#unionWith(value);
      default:
        throw unknownOperator(name);
    }
  }

  /** In `output` an operator stands beside its `window`. */
  #windows(node: Node): string {
    return this.#each(node, (value, name) => {
      if (name !== 'output') return this.expression(value);
      return this.#each(value, (field) =>
        this.#each(field, (one, operator) => {
          if (operator === 'window') return this.#data(one);
          if (!EXPRESSIONS.has(operator)) throw unknownOperator(operator);
          this.functions.add(operator);
          return this.expression(one);
        }),
      );
    });
  }

  #lookup(node: Node): string {
    return this.#each(node, (value, name) => {
      if (name === 'from') return this.collection(value);
      if (name === 'let') return this.#form('let', value);
      if (name === 'pipeline') return this.pipeline(value);
      if (name === 'localField' || name === 'foreignField' || name === 'as') return this.#form('name', value);
      throw forbidden(`$lookup has no member ${quote(name)} here.`);
    });
  }

  #graphLookup(node: Node): string {
    return this.#each(node, (value, name) => {
      if (name === 'from') return this.collection(value);
      if (name === 'startWith') return this.expression(value);
      if (name === 'restrictSearchWithMatch') return this.query(value);
      if (name === 'maxDepth') return this.#count(value);
      if (/^(connectFromField|connectToField|as|depthField)$/.test(name)) return this.#form('name', value);
      throw forbidden(`$graphLookup has no member ${quote(name)} here.`);
    });
  }

  #unionWith(node: Node): string {
    if (!(node instanceof Map)) return this.collection(node);
    if (!node.has('coll')) throw forbidden('$unionWith names a collection here.');
    return this.#each(node, (value, name) => {
      if (name === 'coll') return this.collection(value);
      if (name === 'pipeline') return this.pipeline(value);
      throw forbidden(`$unionWith has no member ${quote(name)} here.`);
    });
  }

  /** Update operators, a pipeline of an update, or a whole document in place of the old one. */
  #update(node: Node): string {
    if (Array.isArray(node)) return this.pipeline(node, UPDATE_STAGES);
    if (!(node instanceof Map)) throw fault('An update is a document or a pipeline.');
    if (operatorOf(node) === undefined) return this.#data(node);
    return this.#each(node, (value, name) => {
      if (name === '$pull') return this.query(value);
      if (!UPDATES.has(name)) throw unknownOperator(name);
      return this.#data(value, UPDATE_MODIFIERS);
    });
  }

  #each(node: Node, print: (value: Node, name: string) => string): string {
    if (!(node instanceof Map)) throw fault('A document is expected.');
    return `{${[...node].map(([name, value]) => `${quote(name)}:${print(value, name)}`).join(',')}}`;
  }

  #list(node: Node, print: (item: Node) => string): string {
    if (!Array.isArray(node)) throw fault('A list is expected.');
    return list(node.map(print));
  }
}

/** A list without repeating what is alike: its length is a literal too. */
function list(items: readonly string[]): string {
  return `[${[...new Set(items)].join(',')}]`;
}

const quote = (text: string): string => JSON.stringify(text);

/** The first member that looks like an operator. */
function operatorOf(members: Members): string | undefined {
  for (const name of members.keys()) if (name.startsWith('$')) return name;
  return undefined;
}

function fault(message: string): StatementSyntaxError {
  return new StatementSyntaxError('not_understood', message);
}

function forbidden(message: string): StatementSyntaxError {
  return new StatementSyntaxError('forbidden', message);
}

function unknownOperator(name: string): StatementSyntaxError {
  return forbidden(`${name} is not among the operators and stages that are allowed at this place.`);
}
