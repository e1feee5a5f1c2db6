import type { JobFailure } from './failure';

/** Runs all hosts of a job; the first that fails ends the others. Rejects, once all have ended, where one has. */
export async function runTogether<H, E extends { readonly failure?: JobFailure }>(
  hosts: readonly H[],
  signal: AbortSignal,
  run: (host: H, index: number, signal: AbortSignal) => Promise<E>
): Promise<readonly E[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const ends = await Promise.allSettled(
    hosts.map(async (host, index) => {
      try {
        const end = await run(host, index, either);
        if (end.failure) failed.abort();
        return end;
      } catch (error) {
        failed.abort();
        throw error;
      }
    })
  );
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
