import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { ExitCode, usageError } from '../exit.ts';
import { type DefinitionOptions, definitionOf, withConnection } from './definition.ts';
import { describeReport, type TestReport } from './report.ts';

/** `headgate source test` */
export function testCommand(cli: Cli): Command {
  const command = new Command('test')
    .description('test a connection stage by stage: a registered source, or one described by options')
    .argument('[name]', 'name or id of a source; options then override its settings for this test');
  return withConnection(command).action(async (name: string | undefined, options: DefinitionOptions) => {
    const definition = await definitionOf(cli, options);
    if (name === undefined && definition.url === undefined && definition.engine === undefined) {
      throw usageError(
        'Nothing to test is named.',
        'Name a source, or describe one with --url or --engine and --host.',
      );
    }
    const { body: report } = await cli.api().send<TestReport>({
      method: 'POST',
      path: name === undefined ? '/connection-tests' : `/sources${path(name)}/test`,
      body: definition,
      signal: cli.io.signal,
    });
    cli.print(report, () => describeReport(cli, report));
    if (!report.ok) cli.exitCode = ExitCode.connection;
  });
}
