import { hasCrossed, startEProcess, stepEProcess } from '../e-process';
import type { GuardJudge } from '../guard-judge';
import { addScore, noScore, scoreInterval, stratumScore } from '../noise/score';
import type { ScoreSum } from '../noise/score';
import { noTrials, numbersOf } from '../numbers';
import { countProblem, unusable } from '../sanity';
import { unitProblem } from '../rate-judge';
import type { EProcessState, PlanBase, Unit, Verdict } from '../types';
import { formatCount, formatInterval, formatLogE, formatRate } from '../wording';
import { twoSidedDesign } from './two-sided';

/**
 * Guards the guards: is the traffic split as configured? Retries, sticky clients and lost metrics show up here first, and make
 * every comparison doubtful. It never fails a candidate: it holds the rollout for a person.
 */
export interface SplitPlan extends PlanBase {
  readonly kind: 'split';
  /** Probability of ever holding a rollout whose split is right. */
  readonly alpha: number;
  /** Trials that the candidate should have got before the split can be called right. */
  readonly leastExpected: number;
  /** What is drawn; by default a request. A user counts once in the rollout, because he is drawn once. */
  readonly unit?: Unit;
}

/** Trials by arm in one tick, and the candidate's share of the traffic as it was configured. */
export interface SplitEvidence {
  readonly kind: 'split';
  readonly key: string;
  readonly candidate: number;
  readonly incumbent: number;
  readonly sharePct: number;
  /** By default a request; it must be what the plan says. */
  readonly unit?: Unit;
}

export interface SplitState {
  readonly kind: 'split';
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly candidate: number;
  readonly incumbent: number;
  /** Trials that the candidate should have got. */
  readonly expected: number;
  readonly test: EProcessState;
  readonly score: ScoreSum;
}

/** Shares that are 5 % to 170 % off, in odds; smaller deviations harm nobody and are not looked for. */
const LOG_STEPS = [0.05, 0.1, 0.2, 0.5, 1];

const designOf = (plan: SplitPlan) => twoSidedDesign(plan.alpha, LOG_STEPS);

export const splitJudge: GuardJudge<SplitPlan, SplitState, SplitEvidence> = {
  isState: (state): state is SplitState => state.kind === 'split',
  isEvidence: (evidence): evidence is SplitEvidence => evidence.kind === 'split',
  start: (plan) => ({
    kind: 'split',
    version: 1,
    lastKey: null,
    ticks: 0,
    candidate: 0,
    incumbent: 0,
    expected: 0,
    test: startEProcess(designOf(plan)),
    score: noScore,
  }),
  problem: (plan, evidence) => {
    const { key, candidate, incumbent, sharePct } = evidence;
    const outside = sharePct >= 0 && sharePct <= 100 ? null : `the configured share is ${sharePct}, not 0–100 %`;
    const problem = countProblem('candidate', candidate) ?? countProblem('incumbent', incumbent) ?? outside;
    return unitProblem(plan, evidence) ?? (problem === null ? null : unusable(key, problem));
  },
  count: countSplit,
  verdict: splitVerdict,
};

/** A share of 0 or 100 % leaves nothing to test: such a tick is counted, and changes no e-value. */
function countSplit(plan: SplitPlan, state: SplitState, evidence: SplitEvidence): SplitState {
  const { candidate, incumbent, sharePct, key } = evidence;
  const trials = sharePct > 0 && sharePct < 100 ? candidate + incumbent : 0;
  const family = { kind: 'binomial', trials, odds: trials === 0 ? 1 : sharePct / (100 - sharePct) } as const;
  const count = trials === 0 ? 0 : candidate;
  return {
    ...state,
    lastKey: key,
    ticks: state.ticks + 1,
    candidate: state.candidate + count,
    incumbent: state.incumbent + trials - count,
    expected: state.expected + (trials * sharePct) / 100,
    test: stepEProcess({ design: designOf(plan), state: state.test, family, count }),
    score: addScore(state.score, stratumScore({ family, theta: 1, count })),
  };
}

function splitVerdict(plan: SplitPlan, state: SplitState): Verdict {
  const { candidate, incumbent, expected, test } = state;
  const design = designOf(plan);
  const total = candidate + incumbent;
  const trials = plan.unit === 'user' ? 'users' : 'requests';
  const wrong = hasCrossed(design, test);
  const enough = expected >= plan.leastExpected;
  const { score, information } = state.score;
  const interval = scoreInterval(state.score, plan.alpha);
  const numbers = numbersOf({
    ticks: state.ticks,
    candidate: { ...noTrials, n: candidate },
    incumbent: { ...noTrials, n: incumbent },
    estimate: {
      what: 'odds of the delivered split over the configured',
      value: information > 0 ? Math.exp(score / information) : null,
      interval,
    },
    harm: { logE: test.logE, needs: design.logCap },
    promote: { logE: Math.min(expected, plan.leastExpected), needs: plan.leastExpected, counts: 'trials' },
    moreTrials: wrong || enough ? 0 : Math.ceil(plan.leastExpected - expected),
  });
  const shares =
    total === 0
      ? `no ${trials} while a split was configured`
      : `${formatRate(candidate / total)} of ${formatCount(total)} ${trials} reached the candidate where ${formatRate(expected / total)} were to` +
        ` (odds ratio ${formatInterval(interval) ?? 'open'})`;
  const say = (text: string) => `${plan.name}: ${shares}; ${text}`;
  const e = `e = ${formatLogE(test.logE)}`;
  if (wrong) {
    const reason = say(`not split as configured with ${e} ≥ ${formatLogE(design.logCap)}, so the comparison is held`);
    return { kind: 'inconclusive', reason, numbers, holds: true };
  }
  if (enough) return { kind: 'pass', reason: say(`nothing speaks against the split (${e})`), numbers };
  const more = formatCount(plan.leastExpected - expected);
  return { kind: 'inconclusive', reason: say(`${more} more ${trials} due to the candidate are needed`), numbers };
}
