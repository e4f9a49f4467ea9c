/**
 * A process for the tests of the embedded store: opens the store in the folder of its first argument, and with
 * `write` commits rows for ever, printing each number once it is acknowledged; with `hold` only says that it is open.
 */
import { silentLogger } from '../../telemetry/index.ts';
import { json, openStore } from '../index.ts';

const [dataDir = '', task] = process.argv.slice(2);
const store = await openStore({ dataDir }, silentLogger()).catch((error: Error) => {
  console.log(`refused ${error.message}`);
  process.exit(3);
});
console.log('open');
if (task === 'write') {
  for (let number = Date.now() * 1_000; ; number += 1) {
    await store.db
      .insertInto('setting')
      .values({ name: `row ${number}`, value: json(number) })
      .execute();
    process.stdout.write(`row ${number}\n`);
  }
}
process.on('message', () => {}); // stays until it is killed
