import { startBets, stepBets } from '../betting/bets';
import type { Payoff } from '../betting/bets';
import { addToMean, noMean } from '../betting/interval';
import type {
  BettingState,
  BoundedMeanPlan,
  DifferencesEvidence,
  HistogramEvidence,
  Moments,
  ScoreShiftPlan,
} from './types';

export const noMoments: Moments = { n: 0, sum: 0, squares: 0 };

export function startBetting(): BettingState {
  return {
    kind: 'betting',
    version: 1,
    lastKey: null,
    ticks: 0,
    candidate: noMoments,
    incumbent: noMoments,
    harm: startBets,
    promote: startBets,
    sequence: noMean,
  };
}

/** One tick as a game: outcomes whose mean is the harm of the candidate, between `low` < 0 and `high` > 0, in units of `scale`. */
interface Game {
  readonly outcomes: readonly Payoff[];
  readonly low: number;
  readonly high: number;
  readonly scale: number;
}

/** Null of the harm test: the mean is at most 0. Null of the promotion test: it is at least the margin. */
function play(plan: BoundedMeanPlan | ScoreShiftPlan, state: BettingState, game: Game) {
  const { outcomes, low, high, scale } = game;
  const margin = plan.promoteDifference / scale;
  return {
    harm: stepBets({ state: state.harm, payoffs: outcomes, worst: low, logCap: -Math.log(plan.rollbackAlpha) }),
    promote: stepBets({
      state: state.promote,
      payoffs: outcomes.map(({ value, count }) => ({ value: margin - value, count })),
      // A margin beyond every possible outcome cannot be lost against; the least stake keeps the arithmetic finite.
      worst: Math.min(margin - high, -1e-9),
      logCap: -Math.log(plan.promoteAlpha),
    }),
    sequence: addToMean({ state: state.sequence, values: outcomes, low, high, alpha: plan.promoteAlpha }),
  };
}

/**
 * Counts one tick of two arms. A request's outcome is (y − c)(A/w − (1 − A)/(1 − w)) with its harm y in 0–1, its arm A, the
 * configured share w and a centre c known before the tick: its mean is the difference of the arms whatever c and w are,
 * because the arm was drawn at random. A tick without a split says nothing.
 */
export function countHistogram(plan: BoundedMeanPlan, state: BettingState, evidence: HistogramEvidence): BettingState {
  const share = evidence.sharePct / 100;
  const counted = {
    ...state,
    lastKey: evidence.key,
    ticks: state.ticks + 1,
    candidate: addMoments(state.candidate, plan.points, evidence.candidate),
    incumbent: addMoments(state.incumbent, plan.points, evidence.incumbent),
  };
  if (!(share > 0 && share < 1)) return counted;
  const [low, high] = boundsOf(plan.points);
  const harmOf = (value: number) => (plan.higherIs === 'better' ? high - value : value - low) / (high - low);
  const seen = state.candidate.n + state.incumbent.n;
  const mean = seen === 0 ? (low + high) / 2 : (state.candidate.sum + state.incumbent.sum) / seen;
  const centre = Math.min(1, Math.max(0, harmOf(mean)));
  const outcomes = plan.points.flatMap((point, i) => [
    { value: (harmOf(point) - centre) / share, count: evidence.candidate[i] ?? 0 },
    { value: -(harmOf(point) - centre) / (1 - share), count: evidence.incumbent[i] ?? 0 },
  ]);
  const game = {
    outcomes,
    low: -Math.max(centre / share, (1 - centre) / (1 - share)),
    high: Math.max((1 - centre) / share, centre / (1 - share)),
    scale: high - low,
  };
  return { ...counted, ...play(plan, state, game) };
}

/** Counts one tick of pairs. */
export function countDifferences(
  plan: ScoreShiftPlan,
  state: BettingState,
  evidence: DifferencesEvidence
): BettingState {
  const [low, high] = boundsOf(plan.points);
  const scale = Math.max(-low, high);
  const sign = plan.higherIs === 'better' ? -1 : 1;
  const outcomes = plan.points.map((point, i) => ({ value: (sign * point) / scale, count: evidence.counts[i] ?? 0 }));
  return {
    ...state,
    lastKey: evidence.key,
    ticks: state.ticks + 1,
    candidate: addMoments(state.candidate, plan.points, evidence.counts),
    ...play(plan, state, { outcomes, low: -1, high: 1, scale }),
  };
}

function addMoments(sum: Moments, points: readonly number[], counts: readonly number[]): Moments {
  return points.reduce((total, point, i) => {
    const count = counts[i] ?? 0;
    return { n: total.n + count, sum: total.sum + count * point, squares: total.squares + count * point * point };
  }, sum);
}

/** Least and largest of the points. */
export function boundsOf(points: readonly number[]): readonly [number, number] {
  return [points[0] ?? 0, points.at(-1) ?? 1];
}

/**
 * Puts a value on one of the two points around it, at random (`uniform` in 0–1) so that the mean stays: this keeps the bets fair.
 * Values beyond the ends are put on them. Returns the point's position.
 */
export function roundToPoint(points: readonly number[], value: number, uniform: number): number {
  const above = points.findIndex((point) => point >= value);
  if (above <= 0) return above === 0 ? 0 : points.length - 1;
  const [left, right] = [points[above - 1] ?? value, points[above] ?? value];
  return (value - left) / (right - left) > uniform ? above : above - 1;
}
