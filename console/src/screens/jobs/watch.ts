/** A job as it changes: server-sent events until it is over. */
import type { JobEvent } from '@headgate/client';
import { useEffect, useState } from 'react';
import { headgate } from '../../api/client.ts';

export interface Watched {
  readonly event: JobEvent | undefined;
  /** Why it is not watched any more. */
  readonly error: unknown;
}

/** `restart` begins anew: after an error, or when the job was changed from here. */
export function useJob(id: string): Watched & { readonly restart: () => void } {
  const [watched, setWatched] = useState<Watched>({ event: undefined, error: undefined });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round watches anew.
  useEffect(() => {
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      try {
        for await (const event of headgate.watchJob(id, { signal: stop.signal }))
          setWatched({ event, error: undefined });
      } catch (error) {
        if (!stop.signal.aborted) setWatched((before) => ({ ...before, error }));
      }
    };
    void follow();
    return () => stop.abort();
  }, [id, round]);
  return { ...watched, restart: () => setRound((before) => before + 1) };
}
