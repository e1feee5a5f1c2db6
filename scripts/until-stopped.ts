import type { Surroundings } from './environment';
import { EXIT } from './exit-codes';
import type { ExitCode } from './exit-codes';
import { notice } from './verb';

/** Waits for Ctrl-C, which is what was asked for and ends with 0, or for a part that ends by itself, which is not. */
export function untilStopped(surroundings: Surroundings, ended: Promise<string>): Promise<ExitCode> {
  const { stop } = surroundings;
  return new Promise((resolve) => {
    if (stop.aborted) return resolve(EXIT.done);
    stop.addEventListener('abort', () => resolve(EXIT.done), { once: true });
    void ended.then((why) => {
      // Stopping ends the parts, too; the first to resolve wins.
      if (!stop.aborted) notice(surroundings, `${why}; the rest is stopped.`);
      resolve(EXIT.internal);
    });
  });
}
