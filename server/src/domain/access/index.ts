/**
 * Access: who may do what with a data source. The decision function (`decide.ts`), the table of actions
 * (`actions.ts`), the facts it rests on and their cache (`facts.ts`, `access.ts`), shares (`shares.ts`), limits
 * (`limits.ts`).
 *
 * May be imported: platform/, domain/identity, domain/audit. Must not be imported: doors, gateway, engines.
 */
export { Access, type AccessDeps, type Explanation, type SourceAddress } from './access.ts';
export { type Action, actions, isAction, type Requirement, requirementOf } from './actions.ts';
export { type Decision, decide, type EffectivePermissions, effectivePermissions, type LayerName } from './decide.ts';
export { announce, type CredentialKind, type Fact, factsChannel, type ShareFacts, type SourceFacts } from './facts.ts';
export {
  type LimitDefinition,
  limitDefinitions,
  limitNamed,
  limitNumbered,
} from './limit-definitions.ts';
export { type EffectiveLimits, type LimitInput, type LimitPlace, Limits, type LimitView, noLimits } from './limits.ts';
export { type ShareInput, type ShareSubject, Shares, type ShareView } from './shares.ts';
export { seesWhole, wholeFilter } from './visible.ts';
