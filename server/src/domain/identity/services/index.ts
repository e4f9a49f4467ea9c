/**
 * Sign-in services: where passwords and identities are checked (internal, LDAP, OpenID Connect). `services.ts` and
 * `links.ts` administer them, `directory.ts` and `provider.ts` speak to them, `people.ts` turns whom they vouch for into
 * users, and the authenticator signs in.
 */
import type { IdentityDeps } from '../deps.ts';
import { Lockout } from '../lockout.ts';
import { OpenIdSignIn } from './openid.ts';
import { PasswordsElsewhere } from './passwords-elsewhere.ts';
import { ServicePeople } from './people.ts';
import { Providers } from './provider.ts';
import { RunningServices } from './running.ts';
import { ServiceTester } from './test-service.ts';

/** What signing in by services is made of, from one set of dependencies. */
export function signInParts(deps: IdentityDeps) {
  const services = new RunningServices(deps);
  const providers = new Providers(deps);
  const people = new ServicePeople(deps);
  const lockout = new Lockout(deps);
  return {
    lockout,
    services,
    elsewhere: new PasswordsElsewhere(deps, services, people, lockout),
    openId: new OpenIdSignIn(deps, services, providers, people),
    tester: new ServiceTester(deps, services, providers),
  };
}
