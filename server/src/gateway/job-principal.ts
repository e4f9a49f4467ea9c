/** Who a job acts as: its creator as of now, with no more than the scopes of the token that submitted it. */
import { ForbiddenError } from '../domain/errors.ts';
import { type DoorName, openDoorPrincipal, type Principal, principalOf } from '../domain/identity/principal.ts';
import type { ClaimedJob } from '../domain/jobs/index.ts';
import type { GatewayDeps } from './ports.ts';

/** Throws ForbiddenError `job_creator_gone`. */
export async function jobPrincipal(deps: Pick<GatewayDeps, 'principals'>, job: ClaimedJob): Promise<Principal> {
  const context = {
    // Written by our own service from a principal's door.
    door: job.door as DoorName,
    requestId: job.uid,
    address: null,
  };
  // Only the open door leaves this mark.
  if (isOpen(job.spec)) return openDoorPrincipal(context);
  const user = job.createdBy === null ? null : await deps.principals.byId(job.createdBy.id);
  if (user === null) throw new ForbiddenError('job_creator_gone', 'The user who submitted this job is gone or locked.');
  return principalOf(user, context, { method: 'system', scopes: job.scopes === null ? null : new Set(job.scopes) });
}

function isOpen(spec: ClaimedJob['spec']): boolean {
  const { fetcher } = spec;
  return typeof fetcher === 'object' && fetcher !== null && 'open' in fetcher && fetcher.open === true;
}
