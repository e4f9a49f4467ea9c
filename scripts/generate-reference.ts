/**
 * Writes docs/reference/settings.md from the table of settings in server/src/config.ts.
 *
 *   node scripts/generate-reference.ts           writes the page
 *   node scripts/generate-reference.ts --check   fails when the page is not what the table says
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describeSettings, type SettingDescription } from '../server/src/config.ts';

const target = new URL('../docs/reference/settings.md', import.meta.url);

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function row(setting: SettingDescription): string {
  const flag = setting.flag === null ? 'environment only' : `\`${setting.flag}\``;
  const fallback = setting.default === '' ? '' : `\`${cell(setting.default)}\``;
  return `| \`${setting.name}\` | ${flag} | ${cell(setting.type)} | ${fallback} | ${cell(setting.meaning)} |`;
}

const page = `# Settings

Made from \`server/src/config.ts\` by \`node scripts/generate-reference.ts\`: do not edit.

Every setting is an environment variable and, unless it is a secret, a flag of \`headgate serve\` (\`npm start -- --port 8080\`).
Flags win over the environment. An empty variable counts as not set. \`headgate config\` prints what is in force and where
it comes from.

| Variable | Flag | Type | Default | Meaning |
| --- | --- | --- | --- | --- |
${describeSettings().map(row).join('\n')}
`;

if (process.argv.includes('--check')) {
  if ((await readFile(target, 'utf8').catch(() => '')) !== page) {
    console.error(
      'docs/reference/settings.md is not what server/src/config.ts says. Run: node scripts/generate-reference.ts',
    );
    process.exit(1);
  }
} else {
  await mkdir(new URL('.', target), { recursive: true });
  await writeFile(target, page);
}
