import type { SandboxClock } from '../../sandbox/ports';

export interface SettableClock extends SandboxClock {
  /** Moves the clock; waits are not woken. */
  set(atMs: number): void;
  advance(byMs: number): void;
}

/** A clock that stands still until it is told to move. */
export function settableClock(startMs: number): SettableClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    set: (atMs) => {
      nowMs = atMs;
    },
    advance: (byMs) => {
      nowMs += byMs;
    },
    wait: () => Promise.reject(new Error('This clock does not wait.')),
  };
}
