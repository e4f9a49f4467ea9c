/**
 * Builds the console into console/dist. With `--if-needed` only when nothing is there, or what is there was made from
 * other sources; that never fails: the server works without its console, and says so at /console/.
 */
import { buildConsole, consoleIsFresh } from './console-build.ts';

const ifNeeded = process.argv.includes('--if-needed');

try {
  if (!ifNeeded || !(await consoleIsFresh())) await buildConsole();
} catch (error) {
  console.error(`The console was not built: ${error instanceof Error ? error.message : String(error)}`);
  if (!ifNeeded) process.exitCode = 1;
}
