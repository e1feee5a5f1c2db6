import type { LoggedCell } from './propensity';

/** Share that the policy under test would give an arm, for a segment; shares of a segment sum to 1. */
export type TargetPolicy = (segment: string, arm: string) => number;

/** Value of a policy: expected reward of a request, on the scale of 0 to 1. */
export interface PolicyValue {
  readonly estimate: number;
  /** Standard error over requests. */
  readonly standardError: number;
  readonly interval: readonly [number, number];
  /** (Σw)²/Σw²: how many requests of the policy itself would tell as much. */
  readonly effectiveRequests: number;
}

export interface OffPolicyValues {
  readonly requests: number;
  /** Inverse propensity scores: unbiased. Normal interval. */
  readonly ips: PolicyValue;
  /** Self-normalised: a little biased, often much less variable. Normal interval. */
  readonly snips: PolicyValue;
  /** Doubly robust: unbiased, because its model of a batch was learnt from earlier batches only. Normal interval. */
  readonly doublyRobust: PolicyValue;
}

/**
 * Off-policy evaluation from logged batches (Horvitz & Thompson 1952; Swaminathan & Joachims 2015; Dudík, Langford & Li 2011).
 * Valid where the log was adaptive: every batch's propensities were fixed before its requests. `z` is the normal quantile of
 * the intervals, which are approximate; `anytimeValue` has a guaranteed one. Throws `RangeError` when the policy uses an
 * arm that the log gave no chance.
 */
export function evaluatePolicy(cells: readonly LoggedCell[], policy: TargetPolicy, z = 1.96): OffPolicyValues {
  const requests = cells.reduce((sum, { n }) => sum + n, 0);
  if (requests === 0) throw new RangeError('the log has no requests');
  const sums = { w: 0, w2: 0, reward: 0, squares: 0, crossed: 0, robust: 0, robustSquares: 0 };
  let model: RewardModel = emptyModel;
  for (const batch of byBatch(cells)) {
    for (const cell of batch) {
      const { n, sum, sumSquares, segment, arm } = cell;
      const w = weightOf(cell, policy);
      sums.w += w * n;
      sums.w2 += w * w * n;
      sums.reward += w * sum;
      sums.squares += w * w * sumSquares;
      sums.crossed += w * w * sum;
      const guess = guessFor(model, segment, arm);
      const expected = cell.arms.reduce(
        (total, name) => total + policy(segment, name) * guessFor(model, segment, name),
        0
      );
      const surprise = sum - n * guess;
      sums.robust += n * expected + w * surprise;
      sums.robustSquares +=
        n * expected * expected +
        2 * expected * w * surprise +
        w * w * (sumSquares - 2 * guess * sum + n * guess * guess);
    }
    model = learn(model, batch);
  }
  const effectiveRequests = sums.w2 > 0 ? (sums.w * sums.w) / sums.w2 : 0;
  const value = (estimate: number, variance: number): PolicyValue => {
    const standardError = Math.sqrt(Math.max(0, variance) / requests);
    return {
      estimate,
      standardError,
      interval: [estimate - z * standardError, estimate + z * standardError],
      effectiveRequests,
    };
  };
  const ips = sums.reward / requests;
  const snips = sums.w > 0 ? sums.reward / sums.w : 0;
  const robust = sums.robust / requests;
  const meanWeight = sums.w / requests;
  return {
    requests,
    ips: value(ips, sums.squares / requests - ips * ips),
    snips: value(
      snips,
      (sums.squares - 2 * snips * sums.crossed + snips * snips * sums.w2) / requests / Math.max(1e-300, meanWeight ** 2)
    ),
    doublyRobust: value(robust, sums.robustSquares / requests - robust * robust),
  };
}

/** π/p of the arm that served. */
export function weightOf(cell: LoggedCell, policy: TargetPolicy): number {
  const unlogged = cell.arms.find((arm) => policy(cell.segment, arm) > 0 && !((cell.propensities[arm] ?? 0) > 0));
  if (unlogged !== undefined)
    throw new RangeError(`the policy gives ${unlogged} traffic in batch ${cell.batch}, where the log gave it none`);
  return policy(cell.segment, cell.arm) / (cell.propensities[cell.arm] ?? 0);
}

/** Cells in batches, in their order. */
export function byBatch(cells: readonly LoggedCell[]): readonly (readonly LoggedCell[])[] {
  const batches = new Map<number, LoggedCell[]>();
  for (const cell of cells) batches.set(cell.batch, [...(batches.get(cell.batch) ?? []), cell]);
  return [...batches.entries()].sort(([a], [b]) => a - b).map(([, batch]) => batch);
}

/** Mean rewards seen in earlier batches: by segment and arm, by arm where that is new, ½ where nothing is known. */
type RewardModel = ReadonlyMap<string, { readonly n: number; readonly sum: number }>;

const emptyModel: RewardModel = new Map();
const keysOf = (segment: string, arm: string) => [JSON.stringify([segment, arm]), JSON.stringify([arm])];

function guessFor(model: RewardModel, segment: string, arm: string): number {
  const known = keysOf(segment, arm)
    .map((key) => model.get(key))
    .find((sums) => sums !== undefined && sums.n > 0);
  return known === undefined ? 0.5 : known.sum / known.n;
}

function learn(model: RewardModel, batch: readonly LoggedCell[]): RewardModel {
  const next = new Map(model);
  for (const { segment, arm, n, sum } of batch) {
    for (const key of keysOf(segment, arm)) {
      const known = next.get(key) ?? { n: 0, sum: 0 };
      next.set(key, { n: known.n + n, sum: known.sum + sum });
    }
  }
  return next;
}
