import type { SettableClock } from '../../engine/clock';

/** The clock may be set and its speed changed meanwhile, so it is looked at again and again, but not more often than this. */
const MIN_WAIT_MS = 5;

/** Resolves when the clock shows `atMs`: schedules are timestamps, which pass as they do for clients and not with the speed. */
export async function waitUntil(clock: SettableClock, atMs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = atMs - clock.now(); leftMs > 0; leftMs = atMs - clock.now())
    await clock.wait(Math.max(leftMs, MIN_WAIT_MS * clock.speed), signal);
}
