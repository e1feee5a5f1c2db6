import { chernoffRange } from '../budget';

/**
 * What a stream is compared with: a finite baseline, frozen, and how far it may lie from the truth. `ranks`: any number, by its place
 * among the baseline's. `rate`: 0 or 1, such as whether a prediction was wrong. Plain JSON of bounded size.
 */
export type Reference = RankReference | RateReference;

export interface RankReference {
  readonly kind: 'ranks';
  readonly n: number;
  readonly lowest: number;
  /** Largest value of each bin, ascending, and the baseline's count in it. */
  readonly upTo: readonly number[];
  readonly counts: readonly number[];
  /** Half the share of the largest bin that holds different values: what binning can move a rank by. */
  readonly coarseness: number;
}

export interface RateReference {
  readonly kind: 'rate';
  readonly n: number;
  readonly hits: number;
}

const BINS = 1_000;

/**
 * Builds a reference of values that come one after another, ascending and distinct, with their counts; memory does not grow with them. Throws
 * `RangeError` without values. @param n all values, known beforehand
 */
export function buildReference(n: number) {
  const [upTo, counts]: [number[], number[]] = [[], []];
  let [open, distinct, coarsest] = [0, 0, 0];
  let lowest: number | null = null;
  let last = 0;
  let hits: number | null = 0;
  const close = () => {
    upTo.push(last);
    counts.push(open);
    if (distinct > 1) coarsest = Math.max(coarsest, open);
    [open, distinct] = [0, 0];
  };
  return {
    add(value: number, count: number): void {
      // A value that is a bin by itself stays one, so that ties are exact.
      if (distinct > 0 && open + count > n / BINS) close();
      lowest ??= value;
      last = value;
      open += count;
      distinct += 1;
      if (hits !== null) hits = value === 1 ? count : value === 0 ? hits : null;
      if (open >= n / BINS) close();
    },
    finish(): Reference {
      if (lowest === null || n === 0) throw new RangeError('a baseline needs at least one value');
      if (distinct > 0) close();
      if (hits !== null) return { kind: 'rate', n, hits };
      return { kind: 'ranks', n, lowest, upTo, counts, coarseness: coarsest / (2 * n) };
    },
  };
}

/**
 * How a value pays somebody who bets one unit on "values have risen", or on "values have fallen": at least −1, and with a mean of at
 * most 0 while the stream is what the baseline was drawn from, unless the baseline itself is a freak (probability `delta`).
 */
export interface Game {
  up(value: number): number;
  down(value: number): number;
  /** Distance that is given away because the baseline is finite, on the scale of ranks or of the rate. */
  readonly slack: number;
}

/**
 * A rank is the share of the baseline below a value, ties counted by half; its mean over the truth is one half but for the mean of n
 * uniforms, whose deviations are sub-Gaussian with variance 1/12n: two-sided √(ln(2/δ)/6n), which is 1/√3 of the Dvoretzky–Kiefer–
 * Wolfowitz band and is all that bets linear in the rank need. A rate's own uncertainty is Chernoff's range. Null when the baseline is too small to say
 * anything at `delta`.
 */
export function gameOf(reference: Reference, delta: number): Game | null {
  if (reference.kind === 'rate') {
    const { n, hits } = reference;
    const [low, high] = chernoffRange(hits, n, delta);
    if (high >= 1 && low <= 0) return null;
    return {
      up: (value) => (high >= 1 ? 0 : (value - high) / high),
      down: (value) => (low <= 0 ? 0 : (low - value) / (1 - low)),
      slack: Math.max(high - hits / n, hits / n - low),
    };
  }
  const slack = Math.sqrt(Math.log(2 / delta) / (6 * reference.n)) + reference.coarseness;
  if (slack >= 0.25) return null;
  const rank = rankIn(reference);
  const worst = 0.5 + slack;
  return {
    up: (value) => (rank(value) - 0.5 - slack) / worst,
    down: (value) => (0.5 - slack - rank(value)) / worst,
    slack,
  };
}

/** Mid-rank of a value in the baseline, 0–1. */
function rankIn({ n, lowest, upTo, counts }: RankReference): (value: number) => number {
  let below = 0;
  const middles = counts.map((count) => {
    const middle = (below + count / 2) / n;
    below += count;
    return middle;
  });
  return (value) => {
    if (value < lowest) return 0;
    let [low, high] = [0, upTo.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? Infinity) >= value) high = middle;
      else low = middle + 1;
    }
    return middles[low] ?? 1;
  };
}
