import { realDelayMs } from '../engine/clock';

/** Containers get this long after SIGTERM when the whole sandbox stops: nobody waits minutes for a test to end. */
const CLOSING_GRACE_MS = 3_000;
/** What any process needs to end, however fast the clock runs. */
const MIN_GRACE_MS = 2_000;

/** Why the work of every job is ended when the sandbox stops. */
export const CLOSING = 'the sandbox is stopping';

/** How long a job's containers get between SIGTERM and SIGKILL, in real time. */
export function graceMs(signal: AbortSignal, of: { readonly providerMs: number; readonly speed: number }): number {
  return signal.reason === CLOSING ? CLOSING_GRACE_MS : realDelayMs({ ...of, floorMs: MIN_GRACE_MS });
}
