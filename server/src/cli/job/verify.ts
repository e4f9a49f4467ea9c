import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { checkManifest, type Manifest, manifestName } from '../../domain/jobs/manifest.ts';
import type { Cli } from '../cli.ts';
import { CliError, ExitCode } from '../exit.ts';
import { fileText } from '../options.ts';

/** `headgate job verify` */
export function verifyCommand(cli: Cli): Command {
  return new Command('verify')
    .description('check downloaded files of an extraction against their signed manifest')
    .argument('<folder>', 'where the files and manifest.json lie')
    .option(
      '--public-key <file>',
      "the installation's public key, PEM, as `headgate audit checkpoint` shows it; asked of the server when left out",
    )
    .action(async (folder: string, options: { publicKey?: string }) => {
      const manifestPath = join(folder, manifestName);
      const text = await readFile(manifestPath, 'utf8').catch(() => {
        throw new CliError(ExitCode.notFound, `There is no ${manifestPath}.`, 'Download all outputs of the job first.');
      });
      const keyId = keyIdOf(text);
      const key =
        options.publicKey === undefined ? await serverKey(cli) : { keyId, publicKeyPem: fileText(options.publicKey) };
      const checked = checkManifest(text, { [key.keyId]: key.publicKeyPem });
      if (!checked.ok) throw new CliError(ExitCode.failure, `The manifest cannot be trusted: ${checked.because}.`);
      const files = await Promise.all(checked.manifest.outputs.map((output) => checkFile(folder, output)));
      cli.print({ job: checked.manifest.job, files }, () =>
        cli.table(files, [
          { title: 'file', value: (file) => file.name },
          { title: 'rows', align: 'right', value: (file) => file.rows },
          { title: 'state', value: (file) => file.state },
        ]),
      );
      if (files.some((file) => file.state !== 'ok')) cli.exitCode = ExitCode.failure;
    });
}

async function serverKey(cli: Cli): Promise<{ keyId: string; publicKeyPem: string }> {
  return cli.api().get<{ keyId: string; publicKeyPem: string }>('/audit/checkpoint');
}

/** The key that the manifest names: with a key given by hand there is no other name to go by. */
function keyIdOf(text: string): string {
  return /"keyId": "([^"]+)"/.exec(text)?.[1] ?? '';
}

async function checkFile(folder: string, output: Manifest['outputs'][number]) {
  const { name, rows, sha256 } = output;
  const hash = createHash('sha256');
  try {
    // A manifest names files beside it; nothing else is looked at.
    for await (const chunk of createReadStream(join(folder, basename(name)))) hash.update(chunk);
  } catch {
    return { name, rows, state: 'missing' };
  }
  return { name, rows, state: hash.digest('hex') === sha256 ? 'ok' : 'changed' };
}
