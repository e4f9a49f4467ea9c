/** The tree of commands. Made for one run; the documentation and the completion scripts are generated from it too. */
import { Command } from 'commander';
import { accessKeyCommand } from './access-key/index.ts';
import { accountCommand } from './account/index.ts';
import { auditCommand } from './audit/index.ts';
import { catalogCommand } from './catalog/index.ts';
import type { Cli, GlobalOptions } from './cli.ts';
import { completionCommand } from './completion.ts';
import { configCommand } from './config.ts';
import { datasetCommand } from './dataset/index.ts';
import { discoverCommand } from './discover/index.ts';
import { fetcherCommand } from './fetcher/index.ts';
import { groupCommand } from './group/index.ts';
import { extractCommand } from './job/extract.ts';
import { jobCommand } from './job/index.ts';
import { keyCommand } from './key/index.ts';
import { loginCommand } from './login.ts';
import { logoutCommand } from './logout.ts';
import { policyCommand } from './policy/index.ts';
import { roleCommand } from './role/index.ts';
import { scheduleCommand } from './schedule/index.ts';
import { secretCommand } from './secret/index.ts';
import { serveCommand, workerCommand } from './serve.ts';
import { shareCommand } from './share/index.ts';
import { signInServiceCommand } from './sign-in-service/index.ts';
import { sourceCommand } from './source/index.ts';
import { tenantCommand } from './tenant/index.ts';
import { tokenCommand } from './token/index.ts';
import { userCommand } from './user/index.ts';
import { webhookCommand } from './webhook/index.ts';
import { whoamiCommand } from './whoami.ts';
import { workspaceCommand } from './workspace/index.ts';

export function createProgram(cli: Cli, version: string): Command {
  const program = new Command('headgate')
    .description('Register databases once, share them exactly, query through the gate.')
    .version(version, '-V, --version', 'print the version')
    .option('--server <url>', 'the Headgate server; else HEADGATE_SERVER, the last sign-in, http://127.0.0.1:8080')
    .option('--json', "print the API's own JSON")
    .hook('preAction', (_program, action) => {
      cli.globals = action.optsWithGlobals<GlobalOptions>();
    });
  const commands = [
    serveCommand(cli),
    workerCommand(cli),
    configCommand(cli),
    loginCommand(cli),
    logoutCommand(cli),
    whoamiCommand(cli),
    sourceCommand(cli),
    shareCommand(cli),
    datasetCommand(cli),
    policyCommand(cli),
    tokenCommand(cli),
    accessKeyCommand(cli),
    userCommand(cli),
    roleCommand(cli),
    groupCommand(cli),
    workspaceCommand(cli),
    extractCommand(cli),
    accountCommand(cli),
    secretCommand(cli),
    catalogCommand(cli),
    discoverCommand(cli),
    signInServiceCommand(cli),
    tenantCommand(cli),
    jobCommand(cli),
    scheduleCommand(cli),
    webhookCommand(cli),
    auditCommand(cli),
    keyCommand(cli),
    fetcherCommand(cli),
    completionCommand(cli),
  ];
  for (const command of commands) program.addCommand(command);
  configure(program, cli);
  return program;
}

/** Settings that commander does not hand down to commands added later. */
function configure(command: Command, cli: Cli): void {
  command
    .exitOverride()
    .helpCommand(false)
    .showHelpAfterError('(--help shows what is possible)')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => cli.io.stdout.write(text),
      writeErr: (text) => cli.io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'headgate: ')),
      getOutHelpWidth: () => cli.io.stdout.columns ?? 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const sub of command.commands) configure(sub, cli);
}
