import { support } from './hypergeometric';
import type { CountFamily } from './hypergeometric';
import { onsetMass } from './onset';
import type { OnsetSchedule } from './onset';
import { expectedOvershoot } from './overshoot';
import { boostFactor, logLikelihoodRatios, tickModel } from './tick-model';
import type { TickModel } from './tick-model';
import type { EProcessState } from './types';

/** An alternative of the mixture: a multiple of the null bound, and its share of the bets. */
export interface Alternative {
  readonly multiple: number;
  readonly prior: number;
  /** Its share of the bets on later onsets, where that differs: a late break leaves less time to find a small effect. */
  readonly latePrior?: number;
}

/** A sequential test of "theta is at most `nullTheta` in every tick", fixed before the first tick. */
export interface EProcessDesign {
  readonly nullTheta: number;
  readonly alternatives: readonly Alternative[];
  /** log(1/alpha): the log e-value at which the test rejects. */
  readonly logCap: number;
  /** Sequential boosting: uses alpha exactly instead of overshooting it. Once at the cap the e-value stays there. */
  readonly boosted: boolean;
  /**
   * Part of the overshoot to come that a boosted test spends beforehand, as an exponent between 0 (none, the published rule)
   * and 1 (all that is expected). Absent: 0.
   */
  readonly anticipation?: number;
  readonly onset: OnsetSchedule;
}

/** Stands for log 0. */
export const NO_WEALTH = -1e300;

/** Log e-values closer to the cap than this have reached it. */
export const AT_CAP = 1e-9;

export function startEProcess(design: EProcessDesign): EProcessState {
  return { ticks: 0, logE: 0, logCash: 0, logBets: design.alternatives.map(() => NO_WEALTH) };
}

/** Whether the test has rejected its null. */
export function hasCrossed(design: EProcessDesign, state: EProcessState): boolean {
  return state.logE >= design.logCap - AT_CAP;
}

/** Log e-value without boosting: it keeps moving after the cap was reached. */
export function plainLogE(state: EProcessState): number {
  return logSum([state.logCash, ...state.logBets]);
}

/**
 * Counts one tick: `count` events of the family's total fell on the arm under test. P(logE ever reaches logCap) ≤ alpha
 * while the null holds, at every look, whatever the totals do (Ville's inequality; docs/statistics.md). Totals that leave
 * one possible count change nothing.
 */
export function stepEProcess(p: {
  readonly design: EProcessDesign;
  readonly state: EProcessState;
  readonly family: CountFamily;
  readonly count: number;
}): EProcessState {
  const { design, state, family, count } = p;
  const [low, high] = support(family);
  if (low >= high) return placeBets(design, state, 1);
  const multiples = design.alternatives.map((alternative) => alternative.multiple);
  // A test that has rejected stays at its cap, and only its plain e-value moves on.
  const isBoosting = design.boosted && !hasCrossed(design, state);
  const logCap = isBoosting ? design.logCap - state.logE : null;
  const model = tickModel({ family, nullTheta: design.nullTheta, multiples, logCap });
  return stepWithModel({ design, state, model, count });
}

/**
 * `stepEProcess` for a tick whose laws are known already, as in a simulation that meets the same totals often. `span` is
 * the number of ticks that the counts stand for.
 */
export function stepWithModel(p: {
  readonly design: EProcessDesign;
  readonly state: EProcessState;
  readonly model: TickModel;
  readonly count: number;
  readonly span?: number;
}): EProcessState {
  const { design, state, model, count } = p;
  const placed = placeBets(design, state, p.span ?? 1);
  if (!model.informative) return placed;
  const ratios = logLikelihoodRatios(model, count);
  const logBets = placed.logBets.map((bet, j) => Math.max(NO_WEALTH, bet + (ratios[j] ?? 0)));
  if (hasCrossed(design, state)) return { ...placed, logBets };
  const after = logSum([placed.logCash, ...logBets]);
  if (!design.boosted) return { ...placed, logBets, logE: after };

  const before = plainLogE(placed);
  const logRoom = design.logCap - state.logE;
  const { factor, jumpFrom } = boostFactor({
    model,
    cashShare: Math.exp(placed.logCash - before),
    shares: placed.logBets.map((bet) => Math.exp(bet - before)),
    reach: reachOf(design, model),
    logCap: logRoom,
  });
  const gain = count >= jumpFrom ? logRoom : Math.min(Math.log(factor) + after - before, logRoom);
  return { ...placed, logBets, logE: Math.max(NO_WEALTH, state.logE + gain) };
}

function reachOf(design: EProcessDesign, model: TickModel): readonly number[] | null {
  const { anticipation = 0, alternatives } = design;
  if (anticipation === 0) return null;
  return alternatives.map(({ multiple }) => expectedOvershoot(model.variance, multiple) ** -anticipation);
}

/** Moves cash into bets for the onsets of the next `span` ticks, and counts these ticks. */
function placeBets(design: EProcessDesign, state: EProcessState, span: number): EProcessState {
  const ticks = state.ticks + span;
  if (state.logCash <= NO_WEALTH) return { ...state, ticks };
  let due = 0;
  for (let tick = state.ticks; tick < ticks; tick++) due += onsetMass(design.onset, tick);
  const cash = Math.exp(state.logCash);
  const mass = Math.min(due, cash);
  if (mass <= 0) return { ...state, ticks };
  const logBets = state.logBets.map((bet, j) => {
    const { prior, latePrior = prior } = design.alternatives[j] ?? { prior: 0 };
    return logSum([bet, Math.log(mass * (state.ticks === 0 ? prior : latePrior))]);
  });
  return { ...state, ticks, logBets, logCash: cash - mass > 1e-12 ? Math.log(cash - mass) : NO_WEALTH };
}

function logSum(logs: readonly number[]): number {
  let largest = NO_WEALTH;
  for (const log of logs) if (log > largest) largest = log;
  if (largest <= NO_WEALTH) return NO_WEALTH;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum);
}
