/** Every code that this door can send, with its status (dataarts.md §2.6). */
import { expect, it } from 'vitest';
import {
  BusyError,
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  SourceError,
  UnauthenticatedError,
  UnavailableError,
} from '../../domain/errors.ts';
import * as refusals from '../../domain/insight/refusals.ts';
import { problem } from '../../platform/http/index.ts';
import { wireErrorOf } from './errors.ts';

it.each([
  [new ForbiddenError('scope_missing', 'x'), 403, 'DataArtsInsight.20010003'],
  [refusals.noPermission(), 403, 'DataArtsInsight.20010003'],
  [new Error('a fault of ours'), 500, 'DataArtsInsight.24010000'],
  [refusals.invalidParameter('name'), 400, 'DataArtsInsight.24010001'],
  [new InvalidError('invalid_host', 'x', { field: 'host' }), 400, 'DataArtsInsight.24010001'],
  [new ConflictError('source_in_use', 'x'), 400, 'DataArtsInsight.24010001'],
  [new SourceError('unreachable', 'x'), 400, 'DataArtsInsight.24010001'],
  [refusals.resourceNotFound(), 404, 'DataArtsInsight.24010003'],
  [new NotFoundError('source_not_found', 'x'), 404, 'DataArtsInsight.24010003'],
  [refusals.noRight(), 400, 'DataArtsInsight.24010043'],
  [refusals.workspaceNameInvalid(), 400, 'DataArtsInsight.24150000'],
  [refusals.workspaceNameTaken(), 400, 'DataArtsInsight.24150001'],
  [refusals.defaultWorkspace(), 400, 'DataArtsInsight.24150002'],
  [refusals.workspaceQuota(), 400, 'DataArtsInsight.24150003'],
  [refusals.workspaceNotNormal(), 400, 'DataArtsInsight.24150004'],
  [refusals.workspaceNotFound(), 400, 'DataArtsInsight.24150005'],
  [problem(404, 'not_found', 'x'), 404, 'APIGW.0101'],
  [problem(405, 'method_not_allowed', 'x'), 404, 'APIGW.0101'],
  [problem(400, 'malformed_url', 'x'), 400, 'APIGW.0201'],
  [problem(413, 'body_too_large', 'x'), 413, 'APIGW.0201'],
  [problem(414, 'target_too_long', 'x'), 414, 'APIGW.0201'],
  [new UnavailableError('store_unavailable', 'x'), 502, 'APIGW.0201'],
  [new UnauthenticatedError('invalid_token', 'x'), 401, 'APIGW.0301'],
  [new UnauthenticatedError('invalid_signature', 'x'), 401, 'APIGW.0301'],
  [new UnauthenticatedError('access_key_locked', 'x'), 401, 'APIGW.0301'],
  [new BusyError('rate_limited', 'x'), 429, 'APIGW.0308'],
])('%s is %i %s', (error, status, code) => {
  expect(wireErrorOf(error)).toMatchObject({ status, code });
});

it('a parameter is called as this protocol calls it', () => {
  const { message } = wireErrorOf(new InvalidError('database_required', 'Name one.', { field: 'database' }));
  expect(message).toBe('invalid request parameter: database_name (Name one.)');
});
