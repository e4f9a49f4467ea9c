/**
 * Data sources: their definition, credentials and leases (in use).
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/identity` (types).
 * Must not be imported: engines, gateway, doors. What the domain must know about engines comes in as `EngineFacts`.
 */

export { changeKinds, changesConnection } from './blocking.ts';
export { Credentials } from './credentials.ts';
export { type DoorEntry, openDoorSecrets, readDoorEntry } from './door-entries.ts';
export { type DoorChange, type DoorDefinition, DoorSources, type ListedSource } from './door-sources.ts';
export { GroupMembers, type GroupMemberView } from './group-members.ts';
export { leaseHolders, lockForChange, lockForUse } from './leases.ts';
export type { GroupMember } from './members.ts';
export * from './model.ts';
export { type ChangeOptions, Sources, type SourcesDeps } from './sources.ts';
export { effectiveTlsMode } from './tls.ts';
