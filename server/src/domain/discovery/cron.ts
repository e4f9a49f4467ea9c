/** Schedules of discovery jobs: `OnDemand`, or `cron(minute hour day month weekday year)` as this protocol writes it. */
import { Cron } from 'croner';
import { InvalidError } from '../errors.ts';
import { refusal } from '../sdps/index.ts';

export const onDemand = 'OnDemand';

/** Moves the numbers of weekdays, but not the steps behind a slash. */
function moveDays(text: string, move: (day: number) => number): string {
  return text.replace(/(?<![/\d])\d+/g, (day) => String(move(Number(day))));
}

/** Weekdays count from 1, Sunday, there; from 0 with us. Throws SdpsError 1511 for a number that is no day. */
function weekday(text: string): string {
  return moveDays(text, (day) => {
    if (day < 1 || day > 7) throw refusal(1511);
    return day - 1;
  });
}

/** The next time after `now`; null when there is none, or on demand. Throws SdpsError 1511 for what is no schedule. */
export function nextRun(schedule: string, now: Date): Date | null {
  if (schedule === onDemand) return null;
  const fields = fieldsOf(schedule);
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

function fieldsOf(schedule: string): string[] | undefined {
  return /^cron\(([^)]{1,200})\)$/.exec(schedule.trim())?.[1]?.trim().split(/\s+/);
}

/** A cron expression of five fields as the protocol writes it. Throws InvalidError `invalid_cron`. */
export function protocolCron(plain: string): string {
  const fields = plain.trim().split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', week = ''] = fields;
  const schedule = `cron(${minute} ${hour} ${day} ${month} ${moveDays(week, (one) => (one % 7) + 1)} *)`;
  try {
    if (fields.length !== 5) throw refusal(1511);
    new Cron(fields.join(' '), { paused: true });
    nextRun(schedule, new Date(0));
    return schedule;
  } catch (error) {
    throw new InvalidError('invalid_cron', 'This is no cron expression of five fields.', {
      field: 'cron',
      remedy: 'Minute, hour, day, month, day of the week in UTC: `0 3 * * 1-5`.',
      cause: error,
    });
  }
}

/** A schedule as a cron expression of five fields; null on demand. */
export function plainCron(schedule: string): string | null {
  const fields = fieldsOf(schedule);
  if (fields === undefined) return null;
  const [minute = '', hour = '', day = '', month = '', week = ''] = fields;
  const any = (field: string): string => (field === '?' ? '*' : field);
  return [minute, hour, any(day), month, weekday(any(week))].join(' ');
}
