/** Refusals of the insight domain: the domain's own error classes with codes that the door turns into its numbers. */
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';

/** A parameter of the request breaks a rule. `name`: as the protocol spells it. */
export function invalidParameter(name: string): InvalidError {
  return new InvalidError('invalid_parameter', `invalid request parameter: ${name}`, { field: name });
}

/** The caller's role does not allow the action, or it is not a member. */
export function noPermission(): ForbiddenError {
  return new ForbiddenError('no_permission', 'you are not permitted to do this');
}

/** A member lacks the right on this one resource. */
export function noRight(): ForbiddenError {
  return new ForbiddenError('no_right', 'you have no collaboration permission on this resource');
}

export function resourceNotFound(): NotFoundError {
  return new NotFoundError('resource_not_found', 'no such resource');
}

export function workspaceNotFound(): NotFoundError {
  return new NotFoundError('workspace_not_found', 'no such workspace');
}

export function workspaceNameInvalid(): InvalidError {
  return new InvalidError(
    'workspace_name_invalid',
    'a workspace name has 1 to 32 letters, digits, underscores, hyphens and inner spaces',
    { field: 'name' },
  );
}

export function workspaceNameTaken(): ConflictError {
  return new ConflictError('workspace_name_taken', 'another workspace has this name', { field: 'name' });
}

export function defaultWorkspace(): ConflictError {
  return new ConflictError('default_workspace', 'this is the default workspace and stays');
}

export function workspaceQuota(): ConflictError {
  return new ConflictError('workspace_quota', 'the instance holds as many workspaces as it may');
}

export function workspaceNotNormal(): ConflictError {
  return new ConflictError('workspace_not_normal', 'the workspace is not in a normal state');
}
