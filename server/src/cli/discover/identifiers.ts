/** `headgate discover identifier …` and `headgate discover template …` */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { positiveInteger, words } from '../options.ts';
import type { IdentifierView, TemplateView } from './view.ts';

const root = '/discovery/identifiers';

export function identifierCommand(cli: Cli): Command {
  return new Command('identifier')
    .description('what is looked for')
    .addCommand(listCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(rmCommand(cli));
}

function fieldsOf(one: IdentifierView): (readonly [string, unknown])[] {
  return [
    ['name', one.name],
    ['description', one.description],
    ['built in', one.builtin ? 'yes' : 'no'],
    ['pattern', one.pattern],
    ['header keywords', one.headerKeywords],
    ['exclude keywords', one.excludeKeywords],
    ['properties', one.properties],
    ['in template', one.inTemplate ? 'yes' : 'no'],
    ['version', one.version],
  ];
}

interface ListOptions {
  readonly search?: string;
  readonly own?: boolean;
  readonly template?: boolean;
  readonly limit: number;
}

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list identifiers')
    .option('--search <text>', 'only those that have this text in name or description')
    .option('--own', 'only those that were added here')
    .option('--template', 'only those in the template')
    .option('--limit <number>', 'how many at most', positiveInteger, 500)
    .action(async ({ search, own, template, limit }: ListOptions) => {
      const query = { q: search, builtin: own ? false : undefined, inTemplate: template ? true : undefined };
      const page = await cli.api().list<IdentifierView>(root, query, limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (one) => one.name },
          { title: 'in template', value: (one) => (one.inTemplate ? 'yes' : '') },
          { title: 'properties', value: (one) => one.properties },
          { title: 'description', value: (one) => one.description },
        ],
        'No identifiers.',
      );
    });
}

interface AddOptions {
  readonly pattern?: string;
  readonly header?: string[];
  readonly exclude?: string[];
  readonly properties?: string[];
  readonly description?: string;
}

function addCommand(cli: Cli): Command {
  return new Command('add')
    .description('add an identifier by a pattern, keywords of column names, or both')
    .argument('<name>', 'of the identifier')
    .option('--pattern <expression>', 'a regular expression (RE2) that a value holds')
    .option('--header <words>', 'the name of the column holds one of these', words)
    .option('--exclude <words>', 'the name of the column holds none of these', words)
    .option('--properties <names>', 'categories and labels, e.g. PERSONAL,S4', words)
    .option('--description <text>', 'what it is')
    .action(async (name: string, { header, exclude, ...options }: AddOptions) => {
      const body = { name, ...options, headerKeywords: header, excludeKeywords: exclude };
      const { body: made } = await cli.api().send<IdentifierView>({ method: 'POST', path: root, body });
      cli.print(made, () => cli.fields(fieldsOf(made)));
    });
}

function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one identifier')
    .argument('<name>', 'the identifier')
    .action(async (name: string) => {
      const one = await cli.api().get<IdentifierView>(`${root}${path(name)}`);
      cli.print(one, () => cli.fields(fieldsOf(one)));
    });
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete an identifier that was added here')
    .argument('<name>', 'the identifier')
    .action(async (name: string) => {
      await cli.api().send({ method: 'DELETE', path: `${root}${path(name)}` });
      cli.print({ name }, () => `Identifier ${name} is deleted.\n`);
    });
}

export function templateCommand(cli: Cli): Command {
  const show = new Command('show').description('how many identifiers are looked for').action(async () => {
    const template = await cli.api().get<TemplateView>('/discovery/template');
    cli.print(template, () =>
      cli.fields([
        ['snapshot', template.snapshot],
        ['identifiers', template.identifiers],
      ]),
    );
  });
  const change = (verb: 'add' | 'remove', description: string): Command =>
    new Command(verb)
      .description(description)
      .argument('[names...]', 'the identifiers')
      .option('--all', 'all of them')
      .action(async (names: string[], options: { all?: boolean }) => {
        if (names.length > 0 === (options.all === true)) throw usageError('Name identifiers, or say --all.');
        const { body } = await cli.api().send<TemplateView>({
          method: 'POST',
          path: `/discovery/template/${verb}`,
          body: { identifiers: options.all ? 'all' : names },
        });
        cli.print(body, () => `The template holds ${body.identifiers} identifiers.\n`);
      });
  return new Command('template')
    .description('which identifiers discoveries look for')
    .addCommand(show)
    .addCommand(change('add', 'look for these from now on'))
    .addCommand(change('remove', 'look for these no more'));
}
