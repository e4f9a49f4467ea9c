/** The channel that wakes deliverers: NOTIFY inside the transaction that makes a delivery due. */
import { type Executor, notify } from '../../platform/database/index.ts';

export const eventsChannel = 'headgate_events';

export function announceDue(trx: Executor): Promise<void> {
  return notify(trx, eventsChannel, 'due');
}
