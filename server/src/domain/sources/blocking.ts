/** What a job lease blocks, as data (decisions.md 17). */
import type { DoorName } from '../identity/principal.ts';
import type { SourceInput } from './model.ts';

export type SourceMember = keyof SourceInput;

/** Kinds of change as decisions.md 17 names them; `free` is never blocked. */
export type ChangeKind = 'name' | 'engine' | 'address' | 'database' | 'tls' | 'options' | 'credentials' | 'free';

/** Every member's kind. Options and schema count as ways to connect: a running job would notice. */
export const changeKinds: Readonly<Record<SourceMember, ChangeKind>> = {
  name: 'name',
  engine: 'engine',
  host: 'address',
  port: 'address',
  database: 'database',
  schema: 'database',
  tls: 'tls',
  options: 'options',
  username: 'credentials',
  password: 'credentials',
  title: 'free',
  description: 'free',
  metadata: 'free',
  labels: 'free',
  permissions: 'free',
  visibility: 'free',
  sharesCredential: 'free',
  enabled: 'free',
};

/** Kinds that change how one connects: `settings_version` grows with them. */
const connecting: ReadonlySet<ChangeKind> = new Set(['engine', 'address', 'database', 'tls', 'options', 'credentials']);

/** Which changes a job lease blocks on a door: those of a way to connect or the name, every one, or none. */
const blockedOn: Readonly<Record<DoorName, 'connection' | 'every' | 'none'>> = {
  rest: 'connection',
  chorus: 'connection',
  hdp: 'connection',
  dataarts: 'connection',
  odata: 'connection',
  pgwire: 'connection',
  mcp: 'connection',
  fetcher: 'every',
  sdps: 'none',
};

/** True when this change alters how one connects. */
export function changesConnection(member: SourceMember): boolean {
  return connecting.has(changeKinds[member]);
}

/** Kinds that decide which server a stored password is sent to, and how safely. */
const aiming: ReadonlySet<ChangeKind> = new Set(['engine', 'address', 'tls']);

/** True when this change can send a stored password somewhere else. */
export function changesTarget(member: SourceMember): boolean {
  return aiming.has(changeKinds[member]);
}

/** Those of the changed members that a job lease blocks on this door. */
export function blockedMembers(door: DoorName, changed: readonly SourceMember[]): SourceMember[] {
  const rule = blockedOn[door];
  if (rule === 'none') return [];
  return rule === 'every' ? [...changed] : changed.filter((member) => changeKinds[member] !== 'free');
}
