/** Credentials of a source (decisions.md 15): kept sealed, resolved for a use, never shown. */
import type { SourceFacts } from '../access/facts.ts';
import type { Principal } from '../identity/principal.ts';
import type { CredentialInput, CredentialKey, CredentialRequest, CredentialView, ResolvedCredential } from './model.ts';
import type { SourcesDeps } from './sources.ts';

export class Credentials {
  constructor(_deps: SourcesDeps) {}
  put(
    _principal: Principal,
    _nameOrUid: string,
    _input: CredentialInput,
  ): Promise<{ created: boolean; credential: CredentialView }> {
    throw new Error('not built yet');
  }
  get(_principal: Principal, _nameOrUid: string, _key: CredentialKey): Promise<CredentialView> {
    throw new Error('not built yet');
  }
  list(_principal: Principal, _nameOrUid: string): Promise<CredentialView[]> {
    throw new Error('not built yet');
  }
  remove(_principal: Principal, _nameOrUid: string, _key: CredentialKey): Promise<void> {
    throw new Error('not built yet');
  }
  resolve(_principal: Principal, _facts: SourceFacts, _request: CredentialRequest): Promise<ResolvedCredential> {
    throw new Error('not built yet');
  }
}
