/** A connection test's report for people. */
import type { Cli } from '../cli.ts';

export interface TestStage {
  readonly stage: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly code?: string;
  readonly field?: string;
  readonly message?: string;
  readonly remedy?: string;
  readonly warning?: string;
}

export interface TestReport {
  readonly ok: boolean;
  readonly stages: readonly TestStage[];
  readonly server?: { readonly version?: string; readonly encrypted?: boolean } | null;
}

/** One line a stage; what to do under the stage that failed. */
export function describeReport(cli: Cli, report: TestReport): string {
  const lines = report.stages.map((stage) => describeStage(cli, stage)).join('');
  const server = report.server;
  const version = server?.version
    ? `Server ${server.version}, ${server.encrypted ? 'encrypted' : 'not encrypted'}.\n`
    : '';
  return `${lines}${version}${report.ok ? 'The connection works.' : 'The connection does not work.'}\n`;
}

function describeStage(cli: Cli, stage: TestStage): string {
  const mark = stage.ok ? (stage.warning ? '!' : '✓') : '✗';
  const duration = `${stage.ms < 10 ? stage.ms.toFixed(1) : Math.round(stage.ms)} ms`;
  const heading = `${mark} ${stage.stage.padEnd(10)} ${duration.padStart(9)}\n`;
  const details = cli.fields([
    ['    what', stage.message],
    ['    code', stage.code],
    ['    field', stage.field],
    ['    warning', stage.warning],
    ['    remedy', stage.remedy],
  ]);
  return heading + details;
}
