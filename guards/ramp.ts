import { intervalOf } from './rate-interval';
import type { RateState } from './types';
import { oddsRatioUpperBound } from './upper-bound';
import { formatCount, formatNumber, formatRate } from './wording';

/**
 * A harm budget: h bounds the extra bad events of a ramp, in units of the incumbent's own rate. At share w and odds ratio θ
 * the candidate adds at most w(θ − 1) times the incumbent's rate of bad events, so w ≤ h/(θ − 1) adds at most h of it.
 */
export interface HarmBudget {
  readonly h: number;
  /** Largest odds ratio that the starting share alone keeps within the budget; what is worse is the rollback's to find. */
  readonly coveredOddsRatio: number;
  /** What the budget promises, in one sentence of numbers. */
  readonly statement: string;
}

/**
 * Turns "expected extra failures stay within N" into h = N/(p₀ R), for the incumbent's rate p₀ and the R requests of the whole
 * ramp. Shares never fall, so past requests used no more than the present share would have: whenever the rule raises
 * the share, all extra failures from the first request to the R-th are expected to stay within N for every odds ratio up to the
 * bound. Throws `RangeError` for numbers that are no budget.
 */
export function harmBudget(p: {
  readonly extraFailures: number;
  readonly incumbentRate: number;
  /** Requests of both arms over the whole ramp. */
  readonly requests: number;
  readonly startPct: number;
  /** Chance that the bound misses, over all looks: the budget of false promotions. */
  readonly alpha: number;
}): HarmBudget {
  const { extraFailures, incumbentRate, requests, startPct, alpha } = p;
  if (!(extraFailures > 0 && Number.isFinite(extraFailures)))
    throw new RangeError(`${extraFailures} extra failures are no budget`);
  if (!(incumbentRate > 0 && incumbentRate < 1))
    throw new RangeError(`an incumbent's rate of ${incumbentRate} scales no budget`);
  if (!(requests > 0)) throw new RangeError(`a ramp of ${requests} requests has no length`);
  if (!(startPct > 0 && startPct <= 100)) throw new RangeError(`a ramp cannot start at ${startPct} %`);
  const h = extraFailures / (incumbentRate * requests);
  const coveredOddsRatio = 1 + (100 * h) / startPct;
  return {
    h,
    coveredOddsRatio,
    statement:
      `with ${formatRate(1 - alpha)} confidence at most ${formatNumber(extraFailures)} extra failures are expected among ` +
      `${formatCount(requests)} requests (the incumbent alone: ${formatNumber(incumbentRate * requests)}) whenever the share ` +
      `grows; the ${formatNumber(startPct)} % at the start keep this up to an odds ratio of ${formatNumber(coveredOddsRatio)}`,
  };
}

/** What the ramp wants, and why. */
export interface RampStep {
  readonly sharePct: number;
  /** Upper bound of the odds ratio over the guards; null while one of them excludes nothing. */
  readonly upperOddsRatio: number | null;
  readonly reason: string;
}

/**
 * The harm-budget ramp: share = max(current, min(max, h/(U − 1))), with U the largest upper bound of the odds ratio over the
 * guards at 1 − alpha. It grows exactly as fast as the evidence rules harm out and never falls: going back is the
 * rollback's. Without evidence, or without guards, it stays.
 */
export function rampStep(p: {
  readonly guards: readonly { readonly name: string; readonly state: RateState }[];
  readonly currentPct: number;
  readonly maxPct: number;
  readonly h: number;
  readonly alpha: number;
}): RampStep {
  const { guards, currentPct, maxPct, h, alpha } = p;
  const bounds = guards.map(({ name, state }) => ({ name, upper: upperBound(state, alpha) }));
  const open = bounds.find(({ upper }) => upper === null);
  if (open !== undefined || bounds.length === 0) {
    const why = open === undefined ? 'no guard measures harm' : `${open.name} excludes no odds ratio up to 20 yet`;
    return { sharePct: currentPct, upperOddsRatio: null, reason: `stays at ${formatNumber(currentPct)} %: ${why}` };
  }
  const worst = bounds.reduce((top, next) => ((next.upper ?? 0) > (top.upper ?? 0) ? next : top));
  const upperOddsRatio = worst.upper ?? 0;
  const allowedPct = upperOddsRatio > 1 ? (100 * h) / (upperOddsRatio - 1) : maxPct;
  const sharePct = Math.max(currentPct, Math.min(maxPct, allowedPct));
  const bound = `${worst.name} bounds the odds ratio by ${formatNumber(upperOddsRatio)}`;
  const verb = sharePct > currentPct ? 'grows to' : 'stays at';
  const allowed = upperOddsRatio > 1 ? `, which allows ${formatNumber(allowedPct)} %` : ', no worse than the incumbent';
  return { sharePct, upperOddsRatio, reason: `${verb} ${formatNumber(sharePct)} %: ${bound}${allowed}` };
}

function upperBound(state: RateState, alpha: number): number | null {
  return state.noise === undefined ? oddsRatioUpperBound(state.curve, alpha) : intervalOf(state, alpha)[1];
}
