/** A window of evidence, `[startMs, endMs)`; its end is its key. */
export interface Tick {
  readonly startMs: number;
  readonly endMs: number;
}

/** Ticks one look takes in at most; after a long outage the rest follows with the next looks. */
const TICKS_PER_LOOK = 1_440;

/** The ticks that end after `throughMs` and not after `closedMs`, oldest first. `throughMs` must be a tick's end. */
export function ticksBetween(throughMs: number, closedMs: number, tickMs: number): readonly Tick[] {
  const count = Math.min(TICKS_PER_LOOK, Math.max(0, Math.floor((closedMs - throughMs) / tickMs)));
  return Array.from({ length: count }, (_, i) => ({
    startMs: throughMs + i * tickMs,
    endMs: throughMs + (i + 1) * tickMs,
  }));
}

export function tickKey(tick: Tick): string {
  return new Date(tick.endMs).toISOString();
}
