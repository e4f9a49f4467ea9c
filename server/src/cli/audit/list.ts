import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';
import { type FilterOptions, filterQuery, withFilter } from './options.ts';

/** An audit event, as far as a table shows it. */
interface AuditEvent {
  readonly at: string;
  readonly action: string;
  readonly outcome: string;
  readonly door?: string;
  readonly actor?: string | null;
  readonly subject?: string | null;
  readonly resource?: string | null;
  readonly sequence?: number | null;
}

/** `headgate audit list` */
export function listCommand(cli: Cli): Command {
  return withFilter(new Command('list').description('list audit events, newest first'))
    .option('--limit <number>', 'how many at most', positiveInteger, 50)
    .action(async (options: FilterOptions & { limit: number }) => {
      const page = await cli.api().list<AuditEvent>('/audit', filterQuery(options), options.limit);
      cli.printList(
        page,
        [
          { title: 'time', value: (event) => time(event.at) },
          { title: 'who', value: who },
          { title: 'action', value: (event) => event.action },
          { title: 'what', value: (event) => event.resource },
          { title: 'outcome', value: (event) => event.outcome },
          { title: 'door', value: (event) => event.door },
          { title: 'sealed', align: 'right', value: (event) => event.sequence },
        ],
        'No events.',
      );
    });
}

/** `ana`, or `ana for ben` when somebody acted on another's behalf. */
function who(event: AuditEvent): string {
  const actor = event.actor ?? '';
  return event.subject && event.subject !== actor ? `${actor} for ${event.subject}` : actor;
}
