/** The completion scripts: they parse, and bash completes what they say. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

/** What bash offers after these words. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const script = (await runCli(['completion', 'bash'])).stdout;
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const probe = `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _headgate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const bash = spawnSync('bash', ['-c', probe], { encoding: 'utf8' });
  expect(bash.stderr).toBe('');
  return bash.stdout.split('\n').filter(Boolean);
}

describe('bash', () => {
  it('parses', async () => {
    const { code, stdout } = await runCli(['completion', 'bash']);
    expect(code).toBe(0);
    expect(spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('offers verbs, then the verbs below them, then options', async () => {
    expect(await bashOffers('headgate', 'so')).toEqual(['source']);
    expect(await bashOffers('headgate', 'source', '')).toEqual(expect.arrayContaining(['add', 'query', '--json']));
    expect(await bashOffers('headgate', 'source', 'query', 'sales', '--f')).toEqual(['--file', '--format']);
  });

  it('never offers the refused --password', async () => {
    expect(await bashOffers('headgate', 'login', '--pass')).toEqual(['--password-stdin']);
  });
});

describe('zsh and fish', () => {
  it.each(['zsh', 'fish'])('a script for %s names every verb', async (shell) => {
    const { code, stdout } = await runCli(['completion', shell]);
    expect(code).toBe(0);
    for (const verb of ['source', 'undelete', 'rotate', 'completion']) expect(stdout).toContain(verb);
    // Quotes are balanced: no description breaks out of its word.
    expect(stdout.replaceAll("'\\''", '').split("'").length % 2).toBe(1);
  });

  it('refuses a shell that it does not know', async () => {
    expect((await runCli(['completion', 'tcsh'])).code).toBe(2);
  });
});
