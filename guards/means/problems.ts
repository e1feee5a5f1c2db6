import { unitProblem } from '../rate-judge';
import { countProblem, unusable } from '../sanity';
import type {
  BoundedMeanPlan,
  DifferencesEvidence,
  HistogramEvidence,
  Moments,
  MomentsEvidence,
  ScoredMeanPlan,
  ScoreShiftPlan,
} from './types';

/** Why a tick's histograms cannot be counted; null when they can. */
export function histogramProblem(plan: BoundedMeanPlan, evidence: HistogramEvidence): string | null {
  const { candidate, incumbent, sharePct, key } = evidence;
  const problem =
    countsProblem('candidate', candidate, plan.points.length) ??
    countsProblem('incumbent', incumbent, plan.points.length);
  const outside = sharePct >= 0 && sharePct <= 100 ? null : `the configured share is ${sharePct}, not 0–100 %`;
  return unitProblem(plan, evidence) ?? sentence(key, problem ?? outside);
}

/** Why a tick's differences cannot be counted; null when they can. */
export function differencesProblem(plan: ScoreShiftPlan, evidence: DifferencesEvidence): string | null {
  return (
    unitProblem(plan, evidence) ?? sentence(evidence.key, countsProblem('pairs', evidence.counts, plan.points.length))
  );
}

/** Why a tick's moments cannot be counted; null when they can. */
export function momentsProblem(plan: ScoredMeanPlan, evidence: MomentsEvidence): string | null {
  const problem = moments('candidate', evidence.candidate) ?? moments('incumbent', evidence.incumbent);
  return unitProblem(plan, evidence) ?? sentence(evidence.key, problem);
}

function moments(arm: string, { n, sum, squares }: Moments): string | null {
  const problem = countProblem(`${arm} n`, n);
  if (problem !== null) return problem;
  if (!Number.isFinite(sum) || !Number.isFinite(squares)) return `${arm} has sums that are no numbers`;
  // Cauchy and Schwarz, with room for rounding.
  const impossible =
    n === 0 ? sum !== 0 || squares !== 0 : squares < (sum * sum) / n - 1e-9 * Math.abs(squares) - 1e-12;
  return impossible ? `${arm} has squares of ${squares}, which ${n} values of sum ${sum} cannot have` : null;
}

function countsProblem(name: string, counts: readonly number[], points: number): string | null {
  if (counts.length !== points) return `${name} has ${counts.length} counts, the plan has ${points} points`;
  for (const [i, count] of counts.entries()) {
    const problem = countProblem(`${name}[${i}]`, count);
    if (problem !== null) return problem;
  }
  return null;
}

const sentence = (key: string, problem: string | null): string | null =>
  problem === null ? null : unusable(key, problem);
