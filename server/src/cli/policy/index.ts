/** `headgate policy …`: row and column rules. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { type RuleView, type SwitchesView, switchesText } from '../dataset/view.ts';
import { usageError } from '../exit.ts';
import { jsonFile } from '../json-file.ts';

export function policyCommand(cli: Cli): Command {
  return new Command('policy')
    .description('which rows and columns of a source who sees')
    .addCommand(explainCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(replaceCommand(cli))
    .addCommand(rmCommand(cli));
}

interface Effective {
  readonly user: string;
  readonly exempt: boolean;
  readonly unprovable: string | null;
  readonly tables: readonly {
    readonly schema: string | null;
    readonly name: string;
    readonly rows: unknown;
    readonly columns: readonly { readonly column: string; readonly shown: string }[];
    readonly because: readonly string[];
  }[];
}

function explainCommand(cli: Cli): Command {
  return new Command('explain')
    .description('what a user may see of the tables of a source, and which rules say so')
    .argument('<source>', 'the data source')
    .option('--user <username>', 'whose; your own when left out')
    .action(async (source: string, options: { user?: string }) => {
      const found = await cli.api().get<Effective>(`/sources${path(source)}/policy`, { user: options.user });
      cli.print(found, () => explained(cli, found));
    });
}

function explained(cli: Cli, found: Effective): string {
  if (found.exempt) return `${found.user} acts as owner of the source: no rule binds.\n`;
  if (found.unprovable !== null) return `${found.user} can read nothing: ${found.unprovable}\n`;
  if (found.tables.length === 0) return `No rule binds ${found.user}.\n`;
  return found.tables
    .map((table) =>
      cli.fields([
        ['table', `${table.schema === null ? '' : `${table.schema}.`}${table.name}`],
        ['rows', JSON.stringify(table.rows)],
        ['columns', table.columns.map(({ column, shown }) => `${column} ${shown}`).join(', ')],
        ['because', table.because.join(', ')],
      ]),
    )
    .join('\n');
}

function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show the rules of a dataset')
    .argument('<dataset>', 'the dataset')
    .action(async (dataset: string) => {
      const switches = await cli.api().get<SwitchesView>(`/datasets${path(dataset)}/policy`);
      const page = await cli.api().get<{ items: RuleView[] }>(`/datasets${path(dataset)}/rules`);
      if (!cli.json) cli.print(switches, () => `Rules that are on: ${switchesText(switches)}\n`);
      cli.printList(
        { items: page.items, nextCursor: null },
        [
          { title: 'id', value: (rule) => rule.id },
          { title: 'name', value: (rule) => rule.name },
          { title: 'kind', value: (rule) => (rule.enabled ? rule.kind : `${rule.kind} (off)`) },
          { title: 'for', value: (rule) => [rule.scope, ...rule.users, ...rule.groups].join(' ') },
        ],
        'No rules.',
      );
    });
}

const switchNames = {
  rows: 'rowsOn',
  conditions: 'byConditionOn',
  tags: 'byTagOn',
  others: 'othersSeeRows',
  columns: 'columnsOn',
} as const;

function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('switch kinds of rules on and off')
    .argument('<dataset>', 'the dataset')
    .option('--rows <on|off>', 'row rules')
    .option('--conditions <on|off>', 'row rules by conditions')
    .option('--tags <on|off>', 'row rules by tags')
    .option('--others <on|off>', 'whom no condition rule applies to sees all rows')
    .option('--columns <on|off>', 'rules on columns')
    .action(async (dataset: string, options: Partial<Record<keyof typeof switchNames, string>>) => {
      const body: Record<string, boolean> = {};
      for (const [option, member] of Object.entries(switchNames)) {
        const value = options[option as keyof typeof switchNames]; // its own keys
        if (value === undefined) continue;
        if (value !== 'on' && value !== 'off') throw usageError(`--${option} is on or off.`, 'Say one of the two.');
        body[member] = value === 'on';
      }
      if (Object.keys(body).length === 0) throw usageError('Nothing to change.', 'Say at least one option.');
      const request = { method: 'PATCH', path: `/datasets${path(dataset)}/policy`, body } as const;
      const { body: changed } = await cli.api().send<SwitchesView>(request);
      cli.print(changed, () => `Rules that are on: ${switchesText(changed)}\n`);
    });
}

function addCommand(cli: Cli): Command {
  return new Command('add')
    .description('add a rule to a dataset')
    .argument('<dataset>', 'the dataset')
    .requiredOption('--rule <file>', 'the rule as the API takes it, JSON; "-" is standard input')
    .action(async (dataset: string, options: { rule: string }) => {
      const body = await jsonFile(cli, options.rule);
      const request = { method: 'POST', path: `/datasets${path(dataset)}/rules`, body } as const;
      const { body: made } = await cli.api().send<RuleView>(request);
      cli.print(made, () => `Rule ${made.name} is ${made.id}.\n`);
    });
}

function replaceCommand(cli: Cli): Command {
  return new Command('replace')
    .description('replace a rule')
    .argument('<dataset>', 'the dataset')
    .argument('<rule>', 'the rule')
    .requiredOption('--rule <file>', 'the rule as the API takes it, JSON; "-" is standard input')
    .action(async (dataset: string, rule: string, options: { rule: string }) => {
      const body = await jsonFile(cli, options.rule);
      const request = { method: 'PUT', path: `/datasets${path(dataset)}/rules${path(rule)}`, body } as const;
      const { body: changed } = await cli.api().send<RuleView>(request);
      cli.print(changed, () => `Rule ${changed.name} is replaced.\n`);
    });
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a rule')
    .argument('<dataset>', 'the dataset')
    .argument('<rule>', 'the rule')
    .action(async (dataset: string, rule: string) => {
      await cli.api().send({ method: 'DELETE', path: `/datasets${path(dataset)}/rules${path(rule)}` });
      cli.print({ id: rule }, () => `Rule ${rule} is deleted.\n`);
    });
}
