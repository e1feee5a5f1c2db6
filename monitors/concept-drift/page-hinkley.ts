/**
 * Page–Hinkley test (Page 1954): sums how far values lie above, and below, the mean of all so far, and alarms when that sum has moved
 * away from its own extreme by more than a threshold. Plain JSON of a few numbers.
 */
export interface PageHinkleyState {
  readonly kind: 'pageHinkley';
  readonly version: 1;
  readonly n: number;
  readonly mean: number;
  readonly up: number;
  readonly down: number;
  /** Least that `up` and largest that `down` have been. */
  readonly lowestUp: number | null;
  readonly highestDown: number;
}

export interface PageHinkleySettings {
  /** Values before the first alarm. */
  readonly least: number;
  /** Change of the mean that is tolerated, in the values' own unit. */
  readonly delta: number;
  readonly threshold: number;
  /** How much of the sums is kept from value to value, at most 1. */
  readonly keep: number;
  readonly direction: 'up' | 'down' | 'both';
}

export const pageHinkleyDefaults: PageHinkleySettings = {
  least: 30,
  delta: 0.005,
  threshold: 50,
  keep: 0.9999,
  direction: 'both',
};

export const startPageHinkley: PageHinkleyState = {
  kind: 'pageHinkley',
  version: 1,
  n: 0,
  mean: 0,
  up: 0,
  down: 0,
  lowestUp: null,
  // As in river, whose first extreme of the downward sum is −1 and not its first value.
  highestDown: -1,
};

/** Counts values in order; starts anew after each change. `changes` are the positions among `values` at which it alarmed. */
export function stepPageHinkley(
  state: PageHinkleyState,
  values: readonly number[],
  settings: PageHinkleySettings = pageHinkleyDefaults
): { readonly state: PageHinkleyState; readonly changes: readonly number[] } {
  const { least, delta, threshold, keep, direction } = settings;
  const changes: number[] = [];
  let now = state;
  values.forEach((value, position) => {
    const n = now.n + 1;
    const mean = now.mean + (value - now.mean) / n;
    const up = keep * now.up + (value - mean) - delta;
    const down = keep * now.down + (value - mean) + delta;
    const lowestUp = Math.min(now.lowestUp ?? Infinity, up);
    const highestDown = Math.max(now.highestDown, down);
    const rose = direction !== 'down' && up - lowestUp > threshold;
    const fell = direction !== 'up' && highestDown - down > threshold;
    const changed = n >= least && (rose || fell);
    if (changed) changes.push(position);
    now = changed ? startPageHinkley : { kind: 'pageHinkley', version: 1, n, mean, up, down, lowestUp, highestDown };
  });
  return { state: now, changes };
}
