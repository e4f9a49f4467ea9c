/** Process entry: everything is a verb of the `headgate` command; `npm start` is `headgate serve`. */
import { run } from './cli/index.ts';

// Not process.exit(): what was written to a pipe must reach it.
process.exitCode = await run(process.argv.slice(2));
