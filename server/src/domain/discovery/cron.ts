/** Schedules of discovery jobs: `OnDemand`, or `cron(minute hour day month weekday year)` as this protocol writes it. */
import { Cron } from 'croner';
import { refusal } from '../sdps/index.ts';

export const onDemand = 'OnDemand';

/** Weekdays count from 1, Sunday, there; from 0 with us. */
function weekday(text: string): string {
  return text.replace(/\d+/g, (day) => String((Number(day) + 6) % 7));
}

/** The next time after `now`; null when there is none, or on demand. Throws SdpsError 1511 for what is no schedule. */
export function nextRun(schedule: string, now: Date): Date | null {
  if (schedule === onDemand) return null;
  const fields = /^cron\(([^)]{1,200})\)$/.exec(schedule.trim())?.[1]?.trim().split(/\s+/);
  if (fields === undefined || fields.length < 5 || fields.length > 6) throw refusal(1511);
  const [minute = '', hour = '', day = '', month = '', week = '', year = '*'] = fields;
  const days = week === '?' || week === '*' ? '*' : week.includes('#') || week.includes('L') ? '' : weekday(week);
  if (days === '') throw refusal(1511);
  try {
    const pattern = ['0', minute, hour, day === '?' ? '*' : day, month, days, year].join(' ');
    return new Cron(pattern, { timezone: 'UTC', paused: true }).nextRun(now);
  } catch (error) {
    throw refusal(1511, undefined, error);
  }
}
