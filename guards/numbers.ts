import type { ArmCounts, Estimate, Progress, VerdictNumbers } from './types';

/** The numbers of a guard that estimates no odds ratio. */
export function numbersOf(p: {
  readonly ticks: number;
  readonly candidate: ArmCounts;
  readonly incumbent: ArmCounts;
  readonly estimate: Estimate;
  readonly harm: Progress;
  readonly promote: Progress;
  readonly moreTrials?: number | null;
}): VerdictNumbers {
  const { ticks, candidate, incumbent, estimate, harm, promote } = p;
  return {
    ticks,
    candidate,
    incumbent,
    oddsRatio: null,
    interval: [null, null],
    estimate,
    harm,
    promote: { ...promote, route: 'comparison' },
    moreTrials: p.moreTrials ?? null,
  };
}

export const noTrials: ArmCounts = { n: 0, bad: 0 };

/** Adds the counts of one tick. */
export const addCounts = (sum: ArmCounts, more: ArmCounts): ArmCounts => ({
  n: sum.n + more.n,
  bad: sum.bad + more.bad,
});
