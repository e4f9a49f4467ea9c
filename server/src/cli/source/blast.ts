/** What a change or a removal would touch (`--dry-run`). */
import type { Cli } from '../cli.ts';
import type { Holder } from '../exit.ts';

/** The door's preview. */
export interface BlastRadius {
  readonly operation: string;
  readonly changes: readonly string[];
  readonly blockedChanges: readonly string[];
  /** It would be refused now. */
  readonly refused: boolean;
  readonly holders: readonly Holder[];
  readonly shares: Readonly<Record<string, number>>;
  readonly credentials: Readonly<Record<string, number>>;
  readonly workspaces: readonly { readonly name: string }[];
  readonly jobs: Readonly<Record<string, number>>;
}

export function describeBlastRadius(cli: Cli, radius: BlastRadius): string {
  const verdict = radius.refused ? 'It would be refused now: the source is in use.' : 'It would be done.';
  return `Nothing was changed. ${verdict}\n${cli.fields([
    ['  changes', list(radius.changes)],
    ['  held back by use', list(radius.blockedChanges)],
    [
      '  in use by',
      list(radius.holders.map((holder) => `${holder.kind} ${holder.name ?? holder.id} (${holder.user})`)),
    ],
    ['  shares', counts(radius.shares)],
    ['  credentials', counts(radius.credentials)],
    ['  workspaces', list(radius.workspaces.map(({ name }) => name))],
    ['  jobs', counts(radius.jobs)],
  ])}`;
}

function list(words: readonly string[]): string {
  return words.join(', ') || 'none';
}

function counts(numbers: Readonly<Record<string, number>>): string {
  const some = Object.entries(numbers).filter(([, number]) => number > 0);
  return list(some.map(([name, number]) => `${number} ${name}`));
}
