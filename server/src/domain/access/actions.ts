/**
 * What one may do with a data source, and which permissions each door asks for it (decisions.md 3). The doors' own
 * permissions (hdp's 8, 9, 11) are checked by the door before; everything about the source is decided here.
 */
import type { DoorName } from '../identity/principal.ts';

/** The actions on data sources. `source.create` has no source yet: it is decided by the subject's own permissions. */
export const actions = [
  'source.create',
  'source.view',
  'source.modify',
  'source.delete',
  'source.share',
  'source.shares.view',
  'source.unshare',
  'source.credential.set',
  'source.test',
  'source.schema',
  'source.query',
  'source.write',
  'source.extract',
  'source.agent',
  'source.jdbc',
  'source.odbc',
  'source.odata',
  'source.leases.view',
] as const;

export type Action = (typeof actions)[number];

/** What an action needs of the effective set on the source. */
export interface Requirement {
  /** All of these. */
  readonly all: readonly number[];
  /** And, when given, at least one of these. */
  readonly any?: readonly number[];
  /** And to own the source, or to act as its owner (hdp.md §6.1: a share does not let one share on). */
  readonly owner?: true;
}

const need = (...all: number[]): Requirement => ({ all });

/** What holds on every door that says nothing else. */
const common: Record<Action, Requirement> = {
  'source.create': need(1),
  'source.view': need(2),
  'source.modify': need(3),
  'source.delete': need(4),
  'source.share': { all: [3], owner: true },
  'source.shares.view': { all: [2], owner: true },
  'source.unshare': { all: [2, 4], owner: true },
  'source.credential.set': need(3),
  'source.test': { all: [2], any: [3, 5, 6, 7, 100, 101, 102] },
  'source.schema': { all: [], any: [2, 100] },
  'source.query': need(100),
  'source.write': need(100, 103),
  'source.extract': need(101),
  'source.agent': need(102),
  'source.jdbc': need(5),
  'source.odbc': need(6),
  'source.odata': need(7),
  'source.leases.view': need(2),
};

/** Where a door differs. */
const byDoor: Partial<Record<DoorName, Partial<Record<Action, Requirement>>>> = {
  // hdp.md §6.2: a test needs 2 and one of 5, 6, 7; §7.9: the editor's query needs 10, the schema 2.
  hdp: {
    'source.test': { all: [2], any: [5, 6, 7] },
    'source.unshare': { all: [4], owner: true },
    'source.schema': need(2),
    'source.query': need(10),
    'source.write': need(10, 103),
  },
  // decisions.md 3: OData writes need 7 alone.
  odata: { 'source.schema': need(7), 'source.query': need(7), 'source.write': need(7) },
  // Programs with a database driver: what JDBC and ODBC are for.
  pgwire: {
    'source.schema': { all: [], any: [5, 6] },
    'source.query': { all: [], any: [5, 6] },
    'source.write': { all: [103], any: [5, 6] },
  },
  mcp: {
    'source.schema': need(102),
    'source.query': need(102),
    'source.write': need(102, 103),
  },
};

/** What `action` needs on `door`. */
export function requirementOf(action: Action, door: DoorName): Requirement {
  return byDoor[door]?.[action] ?? common[action];
}

/** Whether a text names an action. */
export function isAction(text: string): text is Action {
  return Object.hasOwn(common, text);
}

/** The class of an action, for token scopes: `read` scopes cover reading and using, `write` also changing. */
export function scopeOf(action: Action): 'read' | 'write' {
  return changing.has(action) ? 'write' : 'read';
}

const changing: ReadonlySet<Action> = new Set([
  'source.create',
  'source.modify',
  'source.delete',
  'source.share',
  'source.unshare',
  'source.credential.set',
  'source.write',
]);
