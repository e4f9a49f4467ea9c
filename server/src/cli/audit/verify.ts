import { createPublicKey } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import type { AuditCheckpoint, AuditEntry, AuditVerification } from '../../domain/audit/index.ts';
import type { Cli } from '../cli.ts';
import { CliError, ExitCode, usageError } from '../exit.ts';
import { fileText } from '../options.ts';
import { counted, time } from '../text.ts';

interface VerifyOptions {
  file?: string;
  checkpoints?: string;
  publicKey?: string;
  dataDir?: string;
}

/** `headgate audit verify` */
export function verifyCommand(cli: Cli): Command {
  return new Command('verify')
    .description('check the audit chain offline: in the store itself, or in an exported file')
    .option('--file <file>', 'an export (`headgate audit export`) in place of the store')
    .option('--checkpoints <file>', 'checkpoints kept outside the store: they show that the end was cut off')
    .option('--public-key <file>', 'the key that signs checkpoints (PEM), for --file')
    .option('--data-dir <folder>', 'data folder of the stopped server; the configuration says when left out')
    .action(async (options: VerifyOptions) => {
      if (options.file !== undefined && options.dataDir !== undefined) {
        throw usageError('--file and --data-dir exclude each other.');
      }
      const result =
        options.file === undefined ? await verifyStore(cli, options) : await verifyFile(options.file, options);
      cli.print(result, () => describe(cli, result));
      if (!result.ok) cli.exitCode = ExitCode.failure;
    });
}

async function verifyFile(file: string, options: VerifyOptions): Promise<AuditVerification> {
  const { verifyAudit } = await import('../../domain/audit/index.ts');
  const { checkpoints, publicKeys } = readCheckpoints(options);
  return await verifyAudit(readEntries(file), { checkpoints, publicKeys });
}

async function verifyStore(cli: Cli, options: VerifyOptions): Promise<AuditVerification> {
  const { withInstallation } = await import('../installation.ts');
  return await withInstallation(cli, options.dataDir, async ({ auditLog, principal }) =>
    auditLog.verify(principal, options.checkpoints === undefined ? undefined : readCheckpoints(options).checkpoints),
  );
}

async function* readEntries(file: string): AsyncIterable<AuditEntry> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const line of lines) {
      number += 1;
      if (line !== '') yield JSON.parse(line) as AuditEntry; // Every member is checked by its hash.
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw new CliError(ExitCode.failure, `${file}, line ${number}, is not JSON.`);
    throw new CliError(ExitCode.failure, `The file ${file} cannot be read.`);
  }
}

/** Takes one JSON object a line (the checkpoint file), or the document that `audit checkpoint` prints. */
function readCheckpoints(options: VerifyOptions) {
  const publicKeys: Record<string, string> = {};
  const checkpoints: AuditCheckpoint[] = [];
  if (options.checkpoints !== undefined) {
    const text = fileText(options.checkpoints);
    const document = parsed(text);
    if (document !== undefined && Array.isArray(document.checkpoints)) {
      checkpoints.push(...document.checkpoints);
      if (typeof document.keyId === 'string') publicKeys[document.keyId] = String(document.publicKeyPem);
    } else {
      for (const [index, line] of text.split('\n').entries()) {
        if (line.trim() === '') continue;
        const checkpoint = parsed(line);
        if (checkpoint === undefined) {
          throw new CliError(ExitCode.failure, `${options.checkpoints}, line ${index + 1}, is not JSON.`);
        }
        checkpoints.push(checkpoint);
      }
    }
  }
  if (options.publicKey !== undefined) {
    const pem = publicKeyText(options.publicKey);
    for (const { keyId } of checkpoints) publicKeys[keyId] = pem;
  }
  return { checkpoints, publicKeys };
}

function publicKeyText(file: string): string {
  const pem = fileText(file);
  try {
    createPublicKey(pem);
    return pem;
  } catch {
    throw new CliError(ExitCode.failure, `${file} holds no public key (PEM).`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: foreign JSON; the verification checks every member that it uses
function parsed(text: string): any {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function describe(cli: Cli, result: AuditVerification): string {
  const chains = cli.table(
    [...result.chains],
    [
      { title: 'tenant', align: 'right', value: (chain) => chain.tenantId },
      { title: 'events', align: 'right', value: (chain) => chain.events },
      { title: 'last hash', value: (chain) => chain.lastHash.slice(0, 16) },
      {
        title: 'last checkpoint',
        value: (chain) =>
          chain.lastCheckpoint && `${chain.lastCheckpoint.sequence} at ${time(chain.lastCheckpoint.at)}`,
      },
    ],
  );
  const unsealed = result.unsealed === 0 ? '' : ` ${counted(result.unsealed, 'event')} not sealed yet.`;
  const limits = result.limits.map((limit) => `Note: ${limit}\n`).join('');
  const { firstBad } = result;
  const verdict =
    firstBad === null
      ? `The audit chain is whole: ${counted(result.checked, 'event')} checked.${unsealed}\n`
      : `The audit chain is broken: ${firstBad.message}\n${cli.fields([
          ['  problem', firstBad.problem],
          ['  tenant', firstBad.tenantId],
          ['  sequence', firstBad.sequence],
          ['  event', firstBad.eventId],
        ])}`;
  return `${chains}${limits}${verdict}`;
}
