/** The filter that `audit list` and `audit export` share, in the API's words. */
import type { Command } from 'commander';
import { timeOrPast } from '../options.ts';

export interface FilterOptions {
  action?: string;
  actor?: string;
  resource?: string;
  outcome?: string;
  since?: string;
  until?: string;
}

export function withFilter(command: Command): Command {
  return command
    .option('--action <action>', 'exactly this action, or all that begin with it: "source."')
    .option('--actor <username>', 'only what this user did')
    .option('--resource <name>', 'only what concerns this resource')
    .option('--outcome <outcome>', 'only allowed, denied or failed ones')
    .option('--since <time>', 'from this time on, or within this span (2h, 7d)', timeOrPast)
    .option('--until <time>', 'before this time, or before this span ago', timeOrPast);
}

export function filterQuery(options: FilterOptions): Record<string, string | undefined> {
  const { action, actor, resource, outcome, since, until } = options;
  return { action, actor, resource, outcome, since, until };
}
