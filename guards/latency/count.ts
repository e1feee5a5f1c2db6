import { AT_CAP, startEProcess, stepEProcess } from '../e-process';
import type { EProcessDesign } from '../e-process';
import type { CountFamily } from '../hypergeometric';
import { addDispersion, noDispersion, runningPhi } from '../noise/dispersion';
import { frozenPhi } from '../noise/mode';
import { followScore } from '../noise/noisy-rate';
import { addScore, noScore, stratumScore } from '../noise/score';
import { favourDesign, harmDesign } from '../rate';
import type { EProcessState } from '../types';
import type { LatencyEvidence, LatencyPlan, LatencyQuantile, LatencyState, QuantileState } from './types';

/** The tests of every quantile. For harm each has an equal part of the budget, and the sum of all decides. */
export function latencyDesigns(plan: LatencyPlan): { readonly harm: EProcessDesign; readonly promote: EProcessDesign } {
  const alpha = plan.rollbackAlpha / plan.quantiles.length;
  return {
    harm: harmDesign({ nullTheta: 1, alpha, horizonTicks: plan.horizonTicks }),
    promote: favourDesign({ nullTheta: 1, alpha: plan.promoteAlpha, mixture: 'promote' }),
  };
}

export function startLatency(plan: LatencyPlan): LatencyState {
  const designs = latencyDesigns(plan);
  return {
    kind: 'latency',
    version: 1,
    lastKey: null,
    ticks: 0,
    candidate: 0,
    incumbent: 0,
    quantiles: plan.quantiles.map(() => ({
      candidate: 0,
      incumbent: 0,
      mantelHaenszel: { above: 0, below: 0 },
      harm: startEProcess(designs.harm),
      promote: startEProcess(designs.promote),
      harmScore: noScore,
      promoteScore: noScore,
      running: noDispersion,
    })),
    harm: { logE: 0 },
  };
}

/** Whether the average of the quantiles' e-values has shown that the candidate is slower. */
export function isSlower(plan: LatencyPlan, state: LatencyState): boolean {
  return state.harm.logE >= -Math.log(plan.rollbackAlpha) - AT_CAP;
}

/** Counts one tick whose numbers are sane and whose key is new. */
export function countLatency(plan: LatencyPlan, state: LatencyState, evidence: LatencyEvidence): LatencyState {
  const quantiles = state.quantiles.map((before, i) => {
    const quantile = plan.quantiles[i];
    return quantile === undefined ? before : countQuantile({ plan, before, quantile, evidence, tick: state.ticks });
  });
  const mean = quantiles.reduce((sum, { harm }) => sum + Math.exp(harm.logE) / quantiles.length, 0);
  const cap = -Math.log(plan.rollbackAlpha);
  return {
    ...state,
    lastKey: evidence.key,
    ticks: state.ticks + 1,
    candidate: state.candidate + evidence.candidate.n,
    incumbent: state.incumbent + evidence.incumbent.n,
    quantiles,
    harm: isSlower(plan, state) ? state.harm : { logE: Math.min(Math.log(mean), cap) },
  };
}

function countQuantile(p: {
  readonly plan: LatencyPlan;
  readonly before: QuantileState;
  readonly quantile: LatencyQuantile;
  readonly evidence: LatencyEvidence;
  readonly tick: number;
}): QuantileState {
  const { plan, before, quantile, tick } = p;
  const { candidate, incumbent } = p.evidence;
  const own = candidate.above[quantile.cutoff] ?? 0;
  const ownBeyondMargin = candidate.above[quantile.margin] ?? 0;
  const other = incumbent.above[quantile.cutoff] ?? 0;
  const total = Math.max(1, candidate.n + incumbent.n);
  const harm = { kind: 'hypergeometric', drawn: candidate.n, others: incumbent.n, events: own + other } as const;
  const promote = { ...harm, drawn: incumbent.n, others: candidate.n, events: ownBeyondMargin + other } as const;
  const noisy = plan.noise.mode === 'fleetNoise';
  const phi = noisy ? runningPhi(frozenPhi(plan.noise, 'latency'), before.running) : 1;
  const score = stratumScore({ family: harm, theta: 1, count: own });
  const harmScore = addScore(before.harmScore, score, phi);
  const promoteScore = addScore(before.promoteScore, stratumScore({ family: promote, theta: 1, count: other }), phi);
  const designs = latencyDesigns(plan);
  const step = (design: EProcessDesign, state: EProcessState, seen: { family: CountFamily; count: number }) =>
    stepEProcess({ design, state, ...seen });
  return {
    candidate: before.candidate + own,
    incumbent: before.incumbent + other,
    mantelHaenszel: {
      above: before.mantelHaenszel.above + (own * (incumbent.n - other)) / total,
      below: before.mantelHaenszel.below + (other * (candidate.n - own)) / total,
    },
    harm: noisy
      ? followScore(designs.harm, before.harm, harmScore)
      : step(designs.harm, before.harm, { family: harm, count: own }),
    promote: noisy
      ? followScore(designs.promote, before.promote, promoteScore)
      : step(designs.promote, before.promote, { family: promote, count: other }),
    harmScore,
    promoteScore,
    running: noisy ? addDispersion(before.running, score, tick) : before.running,
  };
}
