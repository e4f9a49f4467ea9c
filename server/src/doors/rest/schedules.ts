/** Schedules: jobs that are submitted again and again. */
import type { JobInput, ScheduleInput } from '../../domain/jobs/index.ts';
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'jobs';

export function registerSchedules(operations: Operations, { schedules }: RestServices): void {
  operations.add(
    {
      method: 'POST',
      path: '/schedules',
      id: 'createSchedule',
      tag,
      summary: 'Have a job submitted again and again, with your rights of then.',
      body: schemas.scheduleBody,
      answers: { 201: schemas.schedule },
      problems: [404],
    },
    async ({ principal, body, reply }) => {
      const schedule = await schedules.create(principal, { ...body, job: body.job as JobInput }); // JSON, parsed from the body
      reply.code(201).header('location', `/api/v1/schedules/${schedule.id}`);
      return schedule;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/schedules',
      id: 'listSchedules',
      tag,
      summary: 'List schedules, newest first.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.schedule) },
    },
    ({ principal, query }) => schedules.list(principal, query),
  );
  operations.add(
    {
      method: 'GET',
      path: '/schedules/:id',
      id: 'getSchedule',
      tag,
      summary: 'Read a schedule.',
      params: schemas.idParams,
      answers: { 200: schemas.schedule },
      problems: [404],
    },
    ({ principal, params }) => schedules.get(principal, params.id),
  );
  operations.add(
    {
      method: 'PATCH',
      path: '/schedules/:id',
      id: 'updateSchedule',
      tag,
      summary: 'Change members of a schedule; a new job replaces the old one whole.',
      params: schemas.idParams,
      body: schemas.schedulePatch,
      answers: { 200: schemas.schedule },
      problems: [404],
    },
    ({ principal, params, body }) => schedules.update(principal, params.id, body as Partial<ScheduleInput>), // JSON, parsed from the body
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/schedules/:id',
      id: 'deleteSchedule',
      tag,
      summary: 'Delete a schedule; its jobs stay.',
      params: schemas.idParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await schedules.delete(principal, params.id);
      reply.code(204);
    },
  );
}
