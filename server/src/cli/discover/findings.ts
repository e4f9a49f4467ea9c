/** The queue of findings: look at them, accept or reject them. */
import { Command, Option } from 'commander';
import { found } from '../catalog/view.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import type { FindingView } from './view.ts';

interface FindingOptions {
  readonly state?: string;
  readonly source?: string;
  readonly identifier?: string;
  readonly samples?: boolean;
  readonly limit: number;
}

/** `headgate discover findings` */
export function findingsCommand(cli: Cli): Command {
  return new Command('findings')
    .description('list columns in which personal data was found, and what was said of that')
    .addOption(new Option('--state <state>', 'only those that are so').choices(['pending', 'accepted', 'rejected']))
    .option('--source <source>', 'only those of this source')
    .option('--identifier <name>', 'only those of this identifier')
    .option('--samples', 'show masked samples too')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async ({ samples, limit, ...query }: FindingOptions) => {
      const page = await cli.api().list<FindingView>('/discovery/findings', query, limit);
      cli.printList(
        page,
        [
          { title: 'id', value: (one) => one.id, align: 'right' },
          { title: 'source', value: (one) => one.source },
          { title: 'table', value: (one) => one.table },
          { title: 'column', value: (one) => one.column },
          { title: 'identifiers', value: (one) => found(one.identifiers) },
          { title: 'state', value: (one) => one.state },
          { title: 'by', value: (one) => one.reviewedBy },
          ...(samples ? [{ title: 'samples', value: (one: FindingView) => one.samples }] : []),
        ],
        'No findings.',
      );
    });
}

/** `headgate discover accept`, `reject` */
export function reviewCommand(cli: Cli, verb: string, verdict: 'accepted' | 'rejected', description: string): Command {
  return new Command(verb)
    .description(description)
    .argument('<id...>', 'the findings', (text: string, before: number[] = []) => [...before, positiveInteger(text)])
    .action(async (findings: number[]) => {
      const request = { method: 'POST', path: '/discovery/findings/review', body: { findings, verdict } } as const;
      const { body } = await cli.api().send<{ items: FindingView[] }>(request);
      cli.print(body, () => body.items.map((one) => `${one.table}.${one.column}: ${one.state}\n`).join(''));
    });
}
