/** A schedule as the native door shows it. */
import { time } from '../text.ts';

export interface ScheduleView {
  readonly id: string;
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly enabled: boolean;
  readonly job: { readonly kind: string; readonly format?: string };
  readonly owner?: string | null;
  readonly nextRunAt?: string | null;
  readonly lastRunAt?: string | null;
  readonly lastJob?: string | null;
  readonly lastError?: { readonly code: string; readonly message: string };
}

/** The lines of `schedule show`. */
export function scheduleFields(schedule: ScheduleView): (readonly [string, unknown])[] {
  return [
    ['id', schedule.id],
    ['name', schedule.name],
    ['cron', schedule.cron],
    ['time zone', schedule.timeZone],
    ['enabled', schedule.enabled ? 'yes' : 'no'],
    ['job', `${schedule.job.kind}${schedule.job.format === undefined ? '' : ` to ${schedule.job.format}`}`],
    ['owner', schedule.owner],
    ['next run', schedule.nextRunAt && time(schedule.nextRunAt)],
    ['last run', schedule.lastRunAt && time(schedule.lastRunAt)],
    ['last job', schedule.lastJob],
    ['last error', schedule.lastError && `${schedule.lastError.code}: ${schedule.lastError.message}`],
  ];
}
