/**
 * Shell completion: a static script made from the commands themselves, so that it is never behind them. It completes
 * verbs and options; names of sources would need a sign-in at every press of a key.
 */
import { Argument, Command } from 'commander';
import type { Cli } from './cli.ts';

type Shell = 'bash' | 'zsh' | 'fish';

/** `headgate completion` */
export function completionCommand(cli: Cli): Command {
  return new Command('completion')
    .description('print a completion script: `source <(headgate completion bash)`')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .action((shell: Shell, _options: unknown, command: Command) => {
      const levels = levelsOf(command.parent ?? command);
      cli.out({ bash, zsh, fish }[shell](levels));
    });
}

/** One place in the tree of commands: the verbs that led there, and what may come next. */
interface Level {
  readonly path: string;
  readonly verbs: readonly Word[];
  readonly options: readonly Word[];
}
interface Word {
  readonly word: string;
  readonly meaning: string;
}

function levelsOf(root: Command): Level[] {
  const shared = optionWords(root);
  const walk = (command: Command, path: string): Level[] => [
    {
      path,
      verbs: command.commands.map((sub) => ({ word: sub.name(), meaning: sub.description() })),
      options: command === root ? shared : [...optionWords(command), ...shared],
    },
    ...command.commands.flatMap((sub) => walk(sub, `${path} ${sub.name()}`.trim())),
  ];
  return walk(root, '');
}

function optionWords(command: Command): Word[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap((option) => (option.long ? [{ word: option.long, meaning: option.description }] : []));
}

/** Quotes for a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The loop that both bash and zsh use to find the level: verbs extend the path as long as they are known. */
function pathLoop(words: string, levels: readonly Level[]): string {
  return `  local path='' word
  for word in ${words}; do
    case "\${path:+$path }$word" in
      ${knownPaths(levels)}) path="\${path:+$path }$word" ;;
    esac
  done
`;
}

function knownPaths(levels: readonly Level[]): string {
  return levels
    .filter((level) => level.path !== '')
    .map((level) => quote(level.path))
    .join(' | ');
}

function bash(levels: readonly Level[]): string {
  const cases = levels.map((level) => {
    const words = [...level.verbs, ...level.options].map(({ word }) => word).join(' ');
    return `    ${quote(level.path)}) words=${quote(words)} ;;`;
  });
  return `# bash completion for headgate
_headgate() {
${pathLoop(`"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`, levels)}  local words=''
  case "$path" in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _headgate headgate
`;
}

function zsh(levels: readonly Level[]): string {
  const cases = levels.map((level) => {
    const entries = [...level.verbs, ...level.options].map(({ word, meaning }) =>
      quote(`${word.replaceAll(':', '\\:')}:${meaning}`),
    );
    return `    ${quote(level.path)}) entries=(${entries.join(' ')}) ;;`;
  });
  return `#compdef headgate
_headgate() {
${pathLoop(`"\${(@)words[2,CURRENT-1]}"`, levels)}  local -a entries
  case "$path" in
${cases.join('\n')}
  esac
  _describe 'headgate' entries || _files
}
compdef _headgate headgate
`;
}

function fish(levels: readonly Level[]): string {
  const lines = levels.flatMap((level) => {
    const at = `-n ${quote(`__headgate_at ${quote(level.path)}`)}`;
    return [
      ...level.verbs.map(({ word, meaning }) => `complete -c headgate -f ${at} -a ${quote(word)} -d ${quote(meaning)}`),
      ...level.options.map(
        ({ word, meaning }) => `complete -c headgate ${at} -l ${word.slice(2)} -d ${quote(meaning)}`,
      ),
    ];
  });
  const known = levels.filter((level) => level.path !== '').map((level) => quote(level.path));
  return `# fish completion for headgate
function __headgate_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    if contains -- $next ${known.join(' ')}
      set path $next
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}
