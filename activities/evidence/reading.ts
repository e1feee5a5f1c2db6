import type { Evidence } from '../../guards/types';
import { tickKey, ticksBetween } from './ticks';
import type { Tick } from './ticks';

/** The two variants that a guard compares. */
export interface Pair {
  readonly candidate: string;
  readonly incumbent: string;
}

/** One closed tick as a guard gets it. */
export interface TickRead {
  readonly endMs: number;
  readonly evidence: Evidence;
}

/** What the source of one guard has, as of one look, for any pair of its variants. */
export interface GuardReading {
  /** Ticks after `throughMs` that are closed, oldest first. */
  ticks(throughMs: number, pair: Pair): readonly TickRead[];
  /** Labels that came after their cohort was closed, since the last look; absent where nothing can be late. */
  late?(pair: Pair): { readonly candidate: number; readonly incumbent: number };
}

/** A reading that has something to say about every tick that ends at `closedMs` or earlier. */
export function everyTick(
  closed: { readonly closedMs: number; readonly tickMs: number },
  of: (tick: Tick & { readonly key: string }, pair: Pair) => Evidence
): GuardReading {
  const { closedMs, tickMs } = closed;
  return {
    // A guard's own tick may be longer than the file's: it begins at its next whole one.
    ticks: (throughMs, pair) =>
      ticksBetween(Math.ceil(throughMs / tickMs) * tickMs, closedMs, tickMs).map((tick) => ({
        endMs: tick.endMs,
        evidence: of({ ...tick, key: tickKey(tick) }, pair),
      })),
  };
}

/** A reading of what is only known as of now: it counts for the last tick that is over. */
export function latestTick(
  now: { readonly nowMs: number; readonly tickMs: number },
  of: (key: string) => Evidence
): GuardReading {
  const endMs = Math.floor(now.nowMs / now.tickMs) * now.tickMs;
  return {
    ticks: (throughMs) => (endMs <= throughMs ? [] : [{ endMs, evidence: of(new Date(endMs).toISOString()) }]),
  };
}

/** The end of the tick that an instant lies in; ticks include their start and not their end. */
export function tickEnd(atMs: number, tickMs: number): number {
  return (Math.floor(atMs / tickMs) + 1) * tickMs;
}

/** Values by the end of their tick. */
export function byTick<T>(
  values: readonly T[],
  tickMs: number,
  at: (value: T) => number
): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const value of values) {
    const endMs = tickEnd(at(value), tickMs);
    const group = groups.get(endMs);
    if (group === undefined) groups.set(endMs, [value]);
    else group.push(value);
  }
  return groups;
}
