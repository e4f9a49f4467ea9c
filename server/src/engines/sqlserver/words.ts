/**
 * Reserved words that begin a statement. None of them can be a name without quotes, so that one which stands where its
 * statement has no use for it begins a second statement, semicolon or not.
 */
import type { Token } from '../sql/tokens.ts';

const STARTERS = new Set(
  (
    'ADD ALTER BACKUP BEGIN BREAK BULK CHECKPOINT CLOSE COMMIT CONTINUE CREATE DBCC DEALLOCATE DECLARE DELETE DENY ' +
    'DISK DROP DUMP ERRLVL EXEC EXECUTE EXIT FETCH GOTO GRANT IF INSERT KILL LINENO LOAD MERGE OPEN PRINT PROC PROCEDURE ' +
    'RAISERROR READTEXT RECONFIGURE RESTORE RETURN REVERT REVOKE ROLLBACK SAVE SET SETUSER SHUTDOWN TRIGGER TRUNCATE ' +
    // These are not reserved, but no honest statement has them bare: THROW and the words of the service broker.
    'UPDATE UPDATETEXT USE WAITFOR WHILE WRITETEXT THROW RECEIVE'
  ).split(' '),
);

type Problem = { readonly code: 'several_statements' | 'forbidden'; readonly message: string };

/** The first word that cannot belong to the one statement that the first words announce; undefined when all do. */
export function misplacedWord(tokens: readonly Token[]): Problem | undefined {
  const command = commandAt(tokens);
  let sets = 0;
  let cases = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.upper === 'CASE') cases += 1;
    // An END of its own ends a block, and for the parser it ends the text: what follows would go unread.
    if (token.upper === 'END' && --cases < 0) {
      return { code: 'forbidden', message: 'END without CASE is not allowed.' };
    }
    if (token.kind !== 'word' || !STARTERS.has(token.upper) || at === command.at) continue;
    if (token.upper === 'SET' && command.word === 'UPDATE' && depthAt(tokens, at) === 0) {
      sets += 1;
      if (sets === 1) continue;
    } else if (belongs(tokens, at, command.word)) continue;
    return at === 0
      ? { code: 'forbidden', message: `${token.upper} statements are not allowed.` }
      : {
          code: 'several_statements',
          message: `${token.upper} begins a second statement; only one can run at a time.`,
        };
  }
  return undefined;
}

/** Where the word stands that says what the statement does; behind `WITH …` it is the first one outside of parentheses. */
function commandAt(tokens: readonly Token[]): { word: string; at: number } {
  const first = tokens[0]?.upper ?? '';
  if (/^(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP)$/.test(first)) return { word: first, at: 0 };
  if (first !== 'WITH') return { word: first, at: -1 };
  const at = tokens.findIndex(
    (token, index) => /^(SELECT|INSERT|UPDATE|DELETE|MERGE)$/.test(token.upper) && depthAt(tokens, index) === 0,
  );
  const word = tokens[at]?.upper ?? 'SELECT';
  return { word, at: word === 'SELECT' ? -1 : at };
}

function depthAt(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let index = 0; index < at; index += 1) {
    if (tokens[index]!.text === '(') depth += 1;
    else if (tokens[index]!.text === ')') depth -= 1;
  }
  return depth;
}

/** Places where such a word is part of another clause. */
function belongs(tokens: readonly Token[], at: number, command: string): boolean {
  const word = tokens[at]!.upper;
  const previous = tokens[at - 1]?.upper ?? '';
  const next = tokens[at + 1]?.upper ?? '';
  switch (word) {
    case 'FETCH': // OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY
      return /^(ROW|ROWS)$/.test(previous) && /^(NEXT|FIRST)$/.test(next);
    case 'MERGE': // a INNER MERGE JOIN b; OPTION (MERGE JOIN)
      return next === 'JOIN' && (/^(INNER|LEFT|RIGHT|FULL|OUTER|,)$/.test(previous) || previous === '(');
    case 'OPEN':
    case 'CLOSE':
    case 'TRIGGER':
    case 'PROC':
    case 'PROCEDURE':
      return false;
    case 'IF': // DROP TABLE IF EXISTS a
      return (
        (command === 'DROP' && /^(TABLE|VIEW|INDEX|SCHEMA|SEQUENCE)$/.test(previous) && next === 'EXISTS') ||
        (command === 'ALTER' && /^(COLUMN|CONSTRAINT)$/.test(previous) && next === 'EXISTS')
      );
    case 'ADD':
      return command === 'ALTER' && tokens[1]?.upper === 'TABLE' && depthAt(tokens, at) === 0;
    case 'ALTER': // ALTER TABLE a ALTER COLUMN b; CREATE OR ALTER VIEW
      return (command === 'ALTER' && next === 'COLUMN') || (command === 'CREATE' && at === 2 && previous === 'OR');
    case 'DROP':
      return command === 'ALTER' && /^(COLUMN|CONSTRAINT)$/.test(next);
    case 'UPDATE':
    case 'DELETE': // ON DELETE CASCADE; WHEN MATCHED THEN DELETE
      return (
        (command === 'MERGE' && previous === 'THEN') ||
        (/^(CREATE|ALTER)$/.test(command) && previous === 'ON' && /^(NO|CASCADE|SET)$/.test(next))
      );
    case 'INSERT':
      return command === 'MERGE' && previous === 'THEN';
    case 'SET':
      return (
        (command === 'MERGE' && previous === 'UPDATE') ||
        (/^(CREATE|ALTER)$/.test(command) && /^(DELETE|UPDATE)$/.test(previous) && /^(NULL|DEFAULT)$/.test(next))
      );
    default:
      return false;
  }
}
