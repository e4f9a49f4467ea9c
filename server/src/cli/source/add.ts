import { Command } from 'commander';
import { type ApiAnswer, path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { ExitCode } from '../exit.ts';
import { type DefinitionOptions, definitionOf, withConnection, withDescription } from './definition.ts';
import { describeReport, type TestReport } from './report.ts';
import { address, type SourceView } from './view.ts';

interface AddOptions extends DefinitionOptions {
  test?: boolean;
  disabled?: boolean;
  shareCredential: boolean;
}

/** `headgate source add` */
export function addCommand(cli: Cli): Command {
  const command = new Command('add')
    .description('register a data source; its password is sealed and never shown again')
    .argument('<name>', 'letters, digits, _ and -; the name that everybody uses');
  return withDescription(withConnection(command))
    .option('--no-share-credential', 'people it is shared with must bring their own sign-in')
    .option('--disabled', 'register it, but let nobody use it yet')
    .option('--test', 'test the connection afterwards')
    .action(async (name: string, options: AddOptions) => {
      const definition = await definitionOf(cli, options);
      const body = {
        name,
        ...definition,
        ...(options.shareCredential ? {} : { sharesCredential: false }),
        ...(options.disabled ? { enabled: false } : {}),
      };
      const api = cli.api();
      const source: SourceView = (await api.send<SourceView>({ method: 'POST', path: '/sources', body })).body;
      cli.print(
        source,
        () =>
          `Registered ${source.name}: ${source.engine} at ${address(source)}, credential ${source.credential?.state}.\n`,
      );
      if (!options.test) return;
      const test: ApiAnswer<TestReport> = await api.send({
        method: 'POST',
        path: `/sources${path(source.name)}/test`,
        body: {},
        signal: cli.io.signal,
      });
      // With --json standard output holds one document only: the source.
      cli.note(describeReport(cli, test.body).trimEnd());
      if (!test.body.ok) cli.exitCode = ExitCode.connection;
    });
}
