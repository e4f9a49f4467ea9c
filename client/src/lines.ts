/** Lines of a streamed body. */
import { brokenOff } from './transport.ts';

/**
 * The whole lines of each chunk as it comes, without their ends; an unfinished last line at the end. Leaving the loop
 * ends the request. Rejects with ConnectionError when the body breaks off.
 */
export async function* linesOf(response: Response, signal: AbortSignal | undefined): AsyncGenerator<string[]> {
  const { body } = response;
  if (body === null) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let whole = false;
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error: unknown) => {
        throw brokenOff(error, signal);
      });
      if (done) break;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
    whole = true;
    rest += decoder.decode();
    if (rest !== '') yield [rest];
  } finally {
    if (!whole) await reader.cancel().catch(() => {});
  }
}
