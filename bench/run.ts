/**
 * `npm run bench [-- --quick] [--only bulk,small,fairness,cancel,control,decision,extract,jobs,hdp,sign-in,discovery,console]`
 *
 * Starts its own servers, measures in interleaved rounds, prints one table and writes it with machine and date to
 * `bench/results/`. A missed target is printed as missed; the exit code tells only whether everything could run.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Bench } from './lib/bench.ts';
import { machine } from './lib/process.ts';
import { type Line, met } from './lib/statistics.ts';
import { bulk } from './scenarios/bulk.ts';
import { cancel } from './scenarios/cancel.ts';
import { consoleScenario } from './scenarios/console.ts';
import { control } from './scenarios/control.ts';
import { decision } from './scenarios/decision.ts';
import { discovery } from './scenarios/discovery.ts';
import { extract } from './scenarios/extract.ts';
import { fairness } from './scenarios/fairness.ts';
import { hdp } from './scenarios/hdp.ts';
import { jobs } from './scenarios/jobs.ts';
import { signIn } from './scenarios/sign-in.ts';
import { small } from './scenarios/small.ts';

const scenarios = {
  bulk,
  small,
  fairness,
  cancel,
  control,
  decision,
  extract,
  jobs,
  hdp,
  'sign-in': signIn,
  discovery,
  console: consoleScenario,
};
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(scenarios);

const bench = await Bench.start(
  values.quick ? { rows: 100_000, rounds: 3, seconds: 1 } : { rows: 1_000_000, rounds: 5, seconds: 3 },
);
const lines: Line[] = [];
try {
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (!wanted.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    const measured = await scenario(bench);
    for (const line of measured) process.stdout.write(`${format(line)}\n`);
    lines.push(...measured);
  }
} finally {
  await bench.stop();
}

if (!values.quick) {
  const date = new Date().toISOString();
  const folder = new URL('./results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const name = values.only === undefined ? date.slice(0, 10) : `${date.slice(0, 10)}-${wanted.join('-')}`;
  const facts = machine();
  await writeFile(
    new URL(`${name}.json`, folder),
    `${JSON.stringify({ date, machine: facts, settings: bench.settings, lines }, null, 2)}\n`,
  );
  await writeFile(new URL(`${name}.md`, folder), markdown(date, facts, lines));
}

function digits(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function verdict(line: Line): string {
  const answer = met(line);
  if (answer === undefined || line.target === undefined) return '';
  return `${answer ? 'met' : 'MISSED'} (${line.target.kind} ${line.target.value})`;
}

function format(line: Line): string {
  const ratio = line.ratio === undefined ? '' : `, ratio ${line.ratio.toFixed(2)}`;
  const reference = line.reference === undefined ? '' : ` (reference ${digits(line.reference)})`;
  return `${line.name}: ${digits(line.value)} ${line.unit}${reference}${ratio} ${verdict(line)}${line.note === undefined ? '' : `; ${line.note}`}`;
}

function markdown(date: string, facts: ReturnType<typeof machine>, measured: readonly Line[]): string {
  const rows = measured.map((line) =>
    [
      line.name,
      `${digits(line.value)} ${line.unit}`,
      line.reference === undefined ? '' : digits(line.reference),
      line.ratio === undefined
        ? ''
        : `${line.ratio.toFixed(2)}${line.spread === undefined ? '' : ` [${line.spread.map((value) => value.toFixed(2)).join('–')}]`}`,
      verdict(line),
      line.note ?? '',
    ].join(' | '),
  );
  return [
    `# Measured ${date}`,
    '',
    `${Object.entries(facts)
      .map(([name, value]) => `${name}: ${value}`)
      .join(' · ')}. Client, Headgate and databases share these cores: trust ratios.`,
    '',
    '| what | measured | reference | ratio [spread] | target | notes |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n');
}
