/** The one network that this protocol's clients are shown: their forms look at the first of everything (sdps.md §8.1). */
import type { SdpsRules } from './settings.ts';

export const securityGroup = { id: 'sg-headgate', name: 'SDPS-CustomDB' } as const;
export const network = { id: 'vpc-headgate', name: 'Headgate' } as const;

/** The subnets that are set, or one that stands for any. */
export function subnetsOf(rules: SdpsRules): readonly string[] {
  return rules.sdpsSubnets.length === 0 ? ['subnet-headgate'] : rules.sdpsSubnets;
}
