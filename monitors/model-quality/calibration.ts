import { seededUniform } from '../../guards/random';
import { ratio } from './numbers';

/** Outcomes of equal scores; groups come in ascending order of score. */
export interface Outcomes {
  readonly score: number;
  readonly hits: number;
  readonly n: number;
}

/** A rising function from score to probability, linear between its knots and level beyond them. Plain JSON. */
export interface Calibration {
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
  /** Outcomes in the pool that each knot belongs to: how much its probability rests on. */
  readonly support: readonly number[];
}

/**
 * Isotonic regression by pooling adjacent violators (Barlow et al. 1972), with a knot at either end of each pool: the same function as
 * scikit-learn's `IsotonicRegression(out_of_bounds='clip')`. Null without outcomes.
 */
export function fitIsotonic(groups: readonly Outcomes[]): Calibration | null {
  const pools: { from: number; to: number; hits: number; n: number }[] = [];
  for (const { score, hits, n } of groups) {
    if (!(n > 0)) continue;
    pools.push({ from: score, to: score, hits, n });
    for (;;) {
      const [last, before] = [pools.at(-1), pools.at(-2)];
      if (last === undefined || before === undefined || before.hits * last.n < last.hits * before.n) break;
      pools.splice(-2, 2, {
        from: before.from,
        to: last.to,
        hits: before.hits + last.hits,
        n: before.n + last.n,
      });
    }
  }
  if (pools.length === 0) return null;
  const knots = pools.flatMap(({ from, to, hits, n }) =>
    (from === to ? [from] : [from, to]).map((score) => ({ score, probability: hits / n, n }))
  );
  return {
    scores: knots.map(({ score }) => score),
    probabilities: knots.map(({ probability }) => probability),
    support: knots.map(({ n }) => n),
  };
}

/** Place of the first knot at or above a score; the number of knots when there is none. */
function placeOf(scores: readonly number[], score: number): number {
  let [low, high] = [0, scores.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((scores[middle] ?? Infinity) >= score) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Null calibrates nothing: scores are taken as probabilities, kept within 0–1. */
export function calibrate(calibration: Calibration | null, score: number): number {
  if (calibration === null) return Math.min(1, Math.max(0, score));
  const { scores, probabilities } = calibration;
  const low = placeOf(scores, score);
  const right = probabilities[low];
  if (low === 0 || right === undefined) return right ?? probabilities.at(-1) ?? score;
  const [x0 = score, x1 = score] = [scores[low - 1], scores[low]];
  const left = probabilities[low - 1] ?? right;
  return x1 === x0 ? right : left + ((right - left) * (score - x0)) / (x1 - x0);
}

/** The knot that a score's probability mostly rests on, and how far the pool's own outcomes leave that open. */
export function restsOn(
  { scores, probabilities, support }: Calibration,
  score: number
): { readonly knot: number; readonly error: number } {
  const place = placeOf(scores, score);
  const [left, right] = [scores[place - 1], scores[place]];
  const isLeft = right === undefined || (left !== undefined && score - left < right - score);
  let knot = isLeft ? place - 1 : place;
  // Both ends of a pool are one pool.
  if (probabilities[knot - 1] === probabilities[knot]) knot -= 1;
  const n = support[knot] ?? 0;
  // One hit and one miss more than were seen: a pool of one outcome is not certain.
  const probability = ((probabilities[knot] ?? 0.5) * n + 1) / (n + 2);
  return { knot, error: Math.sqrt((probability * (1 - probability)) / (n + 2)) };
}

const BINS = 10;

/** Expected calibration error over ten bins of about equally many outcomes. */
export function calibrationError(groups: readonly Outcomes[], toProbability: (score: number) => number): number {
  const total = groups.reduce((sum, { n }) => sum + n, 0);
  const perBin = total / BINS;
  let [error, said, hits, seen] = [0, 0, 0, 0];
  groups.forEach((group, i) => {
    said += group.n * toProbability(group.score);
    hits += group.hits;
    seen += group.n;
    if (seen < perBin * (Math.floor((seen - group.n) / perBin) + 1) && i < groups.length - 1) return;
    error += Math.abs(ratio(said - hits, total));
    [said, hits] = [0, 0];
  });
  return error;
}

/**
 * The calibration of a baseline, or null where it would not help: outcomes are split in two at random, and each half is calibrated by
 * the other; what does not lower the expected calibration error that way is left alone.
 */
export function usefulCalibration(
  groups: readonly Outcomes[],
  seed: number
): { readonly calibration: Calibration | null; readonly errorBefore: number; readonly errorAfter: number } {
  const uniform = seededUniform(seed);
  const halves: readonly [Outcomes[], Outcomes[]] = [[], []];
  for (const { score, hits, n } of groups) {
    const [hitsFirst, missesFirst] = [coins(hits, uniform), coins(n - hits, uniform)];
    halves[0].push({ score, hits: hitsFirst, n: hitsFirst + missesFirst });
    halves[1].push({ score, hits: hits - hitsFirst, n: n - hitsFirst - missesFirst });
  }
  const errors = ([from, to]: readonly [readonly Outcomes[], readonly Outcomes[]]) => {
    const fitted = fitIsotonic(from);
    return {
      before: calibrationError(to, (score) => calibrate(null, score)),
      after: calibrationError(to, (score) => calibrate(fitted, score)),
    };
  };
  const [a, b] = [errors(halves), errors([halves[1], halves[0]])];
  const [errorBefore, errorAfter] = [(a.before + b.before) / 2, (a.after + b.after) / 2];
  const isProbability = groups.every(({ score }) => score >= 0 && score <= 1);
  return {
    calibration: errorAfter < errorBefore || !isProbability ? fitIsotonic(groups) : null,
    errorBefore,
    errorAfter,
  };
}

function coins(n: number, uniform: () => number): number {
  let heads = 0;
  for (let i = 0; i < n; i++) if (uniform() < 0.5) heads += 1;
  return heads;
}
