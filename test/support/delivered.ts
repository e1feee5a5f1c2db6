import { expect } from '@jest/globals';
import type { RolloutState } from '../../rollout';
import { binomialPValue } from './binomial';
import type { Answered } from './live-traffic';

/** A share that was held is judged by its requests; fewer say nothing. */
const LEAST = 50;
/** A call may have been under way when its share changed, and gateways follow an assignment within their refresh. */
const SETTLING_MS = 1_000;

/** One stretch of time in which the shares did not move, and what was delivered in it. */
export interface Stretch {
  readonly requests: number;
  readonly sharesPct: Readonly<Record<string, number>>;
  readonly got: Readonly<Record<string, number>>;
}

/** Every stretch in which shares were held for some time, from the rollout's own log of shares. */
export function stretchesOf({ shares, incumbent }: RolloutState, answered: readonly Answered[]): readonly Stretch[] {
  return shares.flatMap(({ sinceMs, sharesPct }, i) => {
    const untilMs = shares[i + 1]?.sinceMs ?? Infinity;
    if (sharesPct === null || incumbent === null || untilMs === Infinity) return [];
    const rest = Object.values(sharesPct).reduce((left, pct) => left - pct, 100);
    const own = answered.filter(({ sentMs }) => sentMs > sinceMs + SETTLING_MS && sentMs < untilMs - SETTLING_MS);
    const all = { ...sharesPct, [incumbent.variant]: rest };
    const got = Object.fromEntries(
      Object.keys(all).map((name) => [name, own.filter(({ variant }) => variant === name).length])
    );
    return own.length < LEAST ? [] : [{ requests: own.length, sharesPct: all, got }];
  });
}

/** A file of tests has some two dozen shares to judge, so that an honest split fails it less than once in a million runs. */
const HONEST_ABOVE = 1e-8;

/** The splits that were set and held for some time are those that were delivered; whether any was held, the caller knows. */
export function expectDelivered(stretches: readonly Stretch[]): void {
  const off = stretches.filter(({ requests, sharesPct, got }) =>
    Object.entries(sharesPct).some(([name, pct]) => binomialPValue(got[name] ?? 0, requests, pct / 100) < HONEST_ABOVE)
  );
  expect(off).toEqual([]);
}
