import { hasCrossed, startEProcess, stepEProcess } from '../../../guards/e-process';
import { rateDesigns } from '../../../guards/rate';
import { poisson } from '../numbers/poisson';
import type { Uniform } from '../numbers/random';
import { errorsPlanOf } from '../plan';
import { usual } from './section';

/** One arm's labels: how many predictions ever get one, and the mean of their exponential delay in minutes. */
export interface Labels {
  readonly share: number;
  readonly delay: number;
}

/** Wrong predictions whose labels come late. */
export interface DelayedCell {
  readonly ticks: number;
  readonly requestsPerTick: number;
  readonly share: number;
  readonly candidate: { readonly rate: number; readonly labels: Labels };
  readonly incumbent: { readonly rate: number; readonly labels: Labels };
  /**
   * `maturity`: the predictions of a minute are judged once, after this many minutes; later labels are dropped.
   * `pendingIsWrong`: the trap; predictions without a label by then count as wrong.
   */
  readonly closing: { readonly kind: 'maturity' | 'pendingIsWrong'; readonly minutes: number };
}

export interface DelayedRun {
  /** Tick of the rollback, the number of ticks when there was none. */
  readonly stop: number;
  readonly exposed: number;
}

/** Plays one window: cohorts are closed in order, at their fixed age. */
export function playDelayed(cell: DelayedCell, uniform: Uniform): DelayedRun {
  const design = rateDesigns(errorsPlanOf(usual.alpha, cell.ticks)).harm;
  let state = startEProcess(design);
  const cohorts: { readonly candidate: Cohort; readonly incumbent: Cohort }[] = [];
  let exposed = 0;
  for (let t = 0; t < cell.ticks; t++) {
    const drawn = {
      candidate: drawCohort(cell, 'candidate', uniform),
      incumbent: drawCohort(cell, 'incumbent', uniform),
    };
    cohorts.push(drawn);
    exposed += drawn.candidate.all;
    const closed = cohorts[t - cell.closing.minutes];
    if (closed === undefined) continue;
    const { candidate, incumbent } = closed;
    const family = {
      kind: 'hypergeometric',
      drawn: candidate.n,
      others: incumbent.n,
      events: candidate.bad + incumbent.bad,
    } as const;
    state = stepEProcess({ design, state, family, count: candidate.bad });
    if (hasCrossed(design, state)) return { stop: t, exposed };
  }
  return { stop: cell.ticks, exposed };
}

/** One arm's predictions of one minute: all, and those that count with the wrong ones among them. */
interface Cohort {
  readonly all: number;
  readonly n: number;
  readonly bad: number;
}

function drawCohort(cell: DelayedCell, arm: 'candidate' | 'incumbent', uniform: Uniform): Cohort {
  const { rate, labels } = cell[arm];
  const mean = cell.requestsPerTick * (arm === 'candidate' ? cell.share : 1 - cell.share);
  const inTime = labels.share * (labels.delay === 0 ? 1 : 1 - Math.exp(-cell.closing.minutes / labels.delay));
  const wrong = poisson(uniform, mean * inTime * rate);
  const right = poisson(uniform, mean * inTime * (1 - rate));
  const unlabelled = poisson(uniform, mean * (1 - inTime));
  const all = wrong + right + unlabelled;
  return cell.closing.kind === 'maturity'
    ? { all, n: wrong + right, bad: wrong }
    : { all, n: all, bad: wrong + unlabelled };
}
