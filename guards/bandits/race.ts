import { AT_CAP, startEProcess, stepEProcess } from '../e-process';
import type { EProcessDesign } from '../e-process';
import { allAtStart } from '../onset';
import { formatLogE } from '../wording';
import { startBoundedPair, stepBoundedPair } from './bounded-pair';
import type { ArmRewards, BanditPlan, BanditState, Cohort, Moments, PairState, Standing } from './types';

/** Multiples of the odds of a success that an arm may be better by; small ones first, as improvements are. */
const ALTERNATIVES: EProcessDesign['alternatives'] = [
  { multiple: 1.05, prior: 0.08 },
  { multiple: 1.1, prior: 0.17 },
  { multiple: 1.2, prior: 0.25 },
  { multiple: 1.35, prior: 0.2 },
  { multiple: 1.6, prior: 0.14 },
  { multiple: 2.2, prior: 0.1 },
  { multiple: 5, prior: 0.06 },
];

/**
 * log of the e-value that one pair needs, K(K − 1)/δ: all ordered pairs together err with probability at most δ, so that the
 * claim also stands among whatever arms the guards leave.
 */
export function logPairCap(plan: Pick<BanditPlan, 'arms' | 'falseWinner'>): number {
  const k = plan.arms.length;
  return Math.log((k * (k - 1)) / plan.falseWinner);
}

/** Null of a binary pair: the odds of a success of `better` are at most those of `worse`, in every cohort. */
function binaryDesign(plan: BanditPlan): EProcessDesign {
  return { nullTheta: 1, alternatives: ALTERNATIVES, logCap: logPairCap(plan), boosted: true, onset: allAtStart };
}

/** A test for each ordered pair of arms. */
export function startPairs(plan: BanditPlan): readonly PairState[] {
  return plan.arms.flatMap((better) =>
    plan.arms
      .filter((worse) => worse !== better)
      .map((worse) => ({
        better,
        worse,
        test:
          plan.reward.kind === 'binary'
            ? { kind: 'binary', process: startEProcess(binaryDesign(plan)) }
            : { kind: 'bounded', process: startBoundedPair },
      }))
  );
}

/**
 * Counts one cohort in every pair. Allocation is fixed within a batch, so given a cohort's totals the law of who had the
 * successes does not depend on how the shares were chosen (docs/statistics.md): exact under adaptive allocation.
 */
export function countInPairs(plan: BanditPlan, pairs: readonly PairState[], cohort: Cohort): readonly PairState[] {
  const none: ArmRewards = { n: 0, sum: 0 };
  return pairs.map((pair) => {
    const [better, worse] = [cohort[pair.better] ?? none, cohort[pair.worse] ?? none];
    if (better.n === 0 || worse.n === 0) return pair;
    switch (pair.test.kind) {
      case 'binary': {
        const design = binaryDesign(plan);
        const family = {
          kind: 'hypergeometric',
          drawn: better.n,
          others: worse.n,
          events: better.sum + worse.sum,
        } as const;
        return {
          ...pair,
          test: {
            kind: 'binary',
            process: stepEProcess({ design, state: pair.test.process, family, count: better.sum }),
          },
        };
      }
      case 'bounded': {
        const process = stepBoundedPair({
          state: pair.test.process,
          better: momentsOf(better),
          worse: momentsOf(worse),
          logCap: logPairCap(plan),
        });
        return { ...pair, test: { kind: 'bounded', process } };
      }
    }
  });
}

const momentsOf = ({ n, sum, sumSquares }: ArmRewards): Moments => ({ n, sum, sumSquares: sumSquares ?? sum });

/**
 * Who has won: the arm that was shown to be better than every other arm that is not benched. P(the arm declared is not
 * strictly the best of those left) ≤ `falseWinner` over all looks, whatever the allocation, drifts common to the arms, and
 * the guards do.
 */
export function standingOf(plan: BanditPlan, state: BanditState): Standing {
  const live = state.arms.filter(({ benched }) => benched === null).map(({ name }) => name);
  const [only] = live;
  if (live.length === 1 && only !== undefined) {
    return { kind: 'lastStanding', arm: only, reason: `${only} is the only arm that no guard benched` };
  }
  const needs = logPairCap(plan);
  const weakest = live.map((name) => {
    const own = state.pairs.filter(({ better, worse }) => better === name && live.includes(worse));
    return own.reduce<{ logE: number; rival: string; arm: string }>(
      (least, { worse, test }) =>
        test.process.logE < least.logE ? { ...least, logE: test.process.logE, rival: worse } : least,
      { arm: name, logE: Infinity, rival: '' }
    );
  });
  const top = weakest.reduce((best, next) => (next.logE > best.logE ? next : best));
  const said = `better than ${top.rival}, its nearest rival, with e = ${formatLogE(top.logE)}`;
  if (top.logE >= needs - AT_CAP) {
    return { kind: 'winner', arm: top.arm, reason: `${top.arm} is ${said} ≥ ${formatLogE(needs)}` };
  }
  const leads = top.logE > 0;
  return {
    kind: 'undecided',
    leader: leads ? top.arm : null,
    reason: leads
      ? `no winner yet: ${top.arm} is ${said} of ${formatLogE(needs)}`
      : `no winner yet: no arm is ahead of all others (a pair needs e = ${formatLogE(needs)})`,
  };
}
