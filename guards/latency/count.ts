import { AT_CAP, startEProcess, stepEProcess } from '../e-process';
import type { EProcessDesign } from '../e-process';
import type { CountFamily } from '../hypergeometric';
import { followScore } from '../noise/noisy-rate';
import { addScore, noScore, stratumScore } from '../noise/score';
import { addToTest, startScoreTest, testLogE } from '../noise/score-test';
import type { ScoreTest } from '../noise/score-test';
import type { EProcessState } from '../types';
import { latencyDesigns, latencyPrior } from './designs';
import type { QuantileDesign } from './designs';
import type { LatencyEvidence, LatencyPlan, LatencyQuantile, LatencyState, QuantileState } from './types';

export function startLatency(plan: LatencyPlan): LatencyState {
  return {
    kind: 'latency',
    version: 1,
    lastKey: null,
    ticks: 0,
    candidate: 0,
    incumbent: 0,
    quantiles: latencyDesigns(plan).map((design) => {
      const test = startScoreTest(latencyPrior(plan, design));
      return {
        candidate: 0,
        incumbent: 0,
        mantelHaenszel: { above: 0, below: 0 },
        harm: startEProcess(design.harm),
        promote: startEProcess(design.promote),
        harmScore: noScore,
        promoteScore: noScore,
        noise: plan.noise.mode === 'exact' ? null : { harm: test, promote: test },
      };
    }),
    harm: { logE: 0 },
  };
}

/** Whether the weighted sum of the quantiles' e-values has shown that the candidate is slower. */
export function isSlower(plan: LatencyPlan, state: LatencyState): boolean {
  return state.harm.logE >= -Math.log(plan.rollbackAlpha) - AT_CAP;
}

/** Counts one tick whose numbers are sane and whose key is new. */
export function countLatency(plan: LatencyPlan, state: LatencyState, evidence: LatencyEvidence): LatencyState {
  const designs = latencyDesigns(plan);
  const quantiles = state.quantiles.map((before, i) => {
    const [quantile, design] = [plan.quantiles[i], designs[i]];
    return quantile === undefined || design === undefined
      ? before
      : countQuantile({ design, before, quantile, evidence, tick: state.ticks });
  });
  const mean = quantiles.reduce((sum, { harm }, i) => sum + (designs[i]?.part ?? 0) * Math.exp(harm.logE), 0);
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
  readonly design: QuantileDesign;
  readonly before: QuantileState;
  readonly quantile: LatencyQuantile;
  readonly evidence: LatencyEvidence;
  readonly tick: number;
}): QuantileState {
  const { design, before, quantile, tick } = p;
  const { candidate, incumbent } = p.evidence;
  const own = candidate.above[quantile.cutoff] ?? 0;
  const ownBeyondMargin = candidate.above[quantile.margin] ?? 0;
  const other = incumbent.above[quantile.cutoff] ?? 0;
  const total = Math.max(1, candidate.n + incumbent.n);
  const harm = { kind: 'hypergeometric', drawn: candidate.n, others: incumbent.n, events: own + other } as const;
  const promote = { ...harm, drawn: incumbent.n, others: candidate.n, events: ownBeyondMargin + other } as const;
  const harmScore = stratumScore({ family: harm, theta: 1, count: own });
  const promoteScore = stratumScore({ family: promote, theta: 1, count: other });
  const noise =
    before.noise === null
      ? null
      : {
          harm: addToTest(before.noise.harm, harmScore, tick),
          promote: addToTest(before.noise.promote, promoteScore, tick),
        };
  return {
    candidate: before.candidate + own,
    incumbent: before.incumbent + other,
    mantelHaenszel: {
      above: before.mantelHaenszel.above + (own * (incumbent.n - other)) / total,
      below: before.mantelHaenszel.below + (other * (candidate.n - own)) / total,
    },
    harm:
      noise === null
        ? stepped(design.harm, before.harm, { family: harm, count: own })
        : followed(design.harm, before.harm, noise.harm),
    promote:
      noise === null
        ? stepped(design.promote, before.promote, { family: promote, count: other })
        : followed(design.promote, before.promote, noise.promote),
    harmScore: noise === null ? addScore(before.harmScore, harmScore) : noScore,
    promoteScore: noise === null ? addScore(before.promoteScore, promoteScore) : noScore,
    noise,
  };
}

const stepped = (design: EProcessDesign, state: EProcessState, seen: { family: CountFamily; count: number }) =>
  stepEProcess({ design, state, ...seen });

/** The test by scatter in the words of an e-process: `logCash` is the e-value that keeps moving after the cap. */
function followed(design: EProcessDesign, before: EProcessState, test: ScoreTest): EProcessState {
  const { logE } = followScore(design.logCap, before.logE, test);
  return { ticks: before.ticks + 1, logE, logCash: testLogE(test), logBets: [] };
}
