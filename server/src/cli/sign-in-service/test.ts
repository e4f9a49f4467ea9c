import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { ExitCode } from '../exit.ts';
import { describeReport, type TestReport } from '../source/report.ts';

interface ServiceReport extends TestReport {
  readonly person: Readonly<Record<string, unknown>> | null;
}

/** `headgate sign-in-service test` */
export function testCommand(cli: Cli): Command {
  return new Command('test')
    .description('test a service stage by stage')
    .argument('<service>', 'the service')
    .option('--login <name>', 'somebody to look up: who it is, its groups and roles (LDAP with --bind-dn)')
    .action(async (name: string, options: { login?: string }) => {
      const { body: report } = await cli.api().send<ServiceReport>({
        method: 'POST',
        path: `/sign-in-services${path(name)}/test`,
        body: options,
        signal: cli.io.signal,
      });
      const { person } = report;
      const found = (): string => (person === null ? '' : cli.fields(Object.entries(person)));
      cli.print(report, () => found() + describeReport(cli, report));
      if (!report.ok) cli.exitCode = ExitCode.connection;
    });
}
