/** When the caller goes away, work for it ends. */
import type { ServerResponse } from 'node:http';

/** Fires when the connection closes before the answer was complete. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
