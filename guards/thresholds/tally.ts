import type { PlanBase, Progress, Verdict, VerdictKind } from '../types';
import { formatCount } from '../wording';

/** How one tick went: within the limit, beyond it, without data, or without a usable answer. */
export type Outcome = 'good' | 'bad' | 'missing' | 'broken';

/**
 * A rule of thumb instead of a test: it fails when *more than* `allowedFailures` of the last `windowTicks` ticks were bad. With
 * 0 allowed the first bad tick fails; with 2 of 5 the third does. Ticks without data are neither good nor bad.
 */
export interface TallyPlan extends PlanBase {
  readonly class: 'threshold';
  /** Bad ticks that are still allowed, 0 or more. */
  readonly allowedFailures: number;
  /** Length of the sliding window; null counts all ticks since the start. At most 240. */
  readonly windowTicks: number | null;
  /** Ticks with data, within the window, before it can pass. At least 1. */
  readonly leastTicks: number;
  /** What a failure means. `hold`: nobody is promoted while it lasts. `alert`: it is only said. */
  readonly then: 'rollBack' | 'hold' | 'alert';
}

/** What a tally remembers. `recent` holds one letter a tick: g, b, m or x. */
export interface Tally {
  readonly recent: string;
  readonly measured: number;
  readonly bad: number;
  readonly last: Outcome | null;
  /** It failed once; a rollback is for ever. */
  readonly failed: boolean;
}

export const startTally: Tally = { recent: '', measured: 0, bad: 0, last: null, failed: false };

const LETTERS: Readonly<Record<Outcome, string>> = { good: 'g', bad: 'b', missing: 'm', broken: 'x' };

/** Counts one tick. */
export function addOutcome(plan: TallyPlan, tally: Tally, outcome: Outcome): Tally {
  const recent = plan.windowTicks === null ? '' : (tally.recent + LETTERS[outcome]).slice(-plan.windowTicks);
  const count = (letters: string) => [...recent].filter((letter) => letters.includes(letter)).length;
  const isMeasured = outcome === 'good' || outcome === 'bad';
  const measured = plan.windowTicks === null ? tally.measured + Number(isMeasured) : count('gb');
  const bad = plan.windowTicks === null ? tally.bad + Number(outcome === 'bad') : count('b');
  return { recent, measured, bad, last: outcome, failed: tally.failed || bad > plan.allowedFailures };
}

/** What a tally says. No data is never a pass, and neither is an answer that could not be had. */
export function tallyKind(plan: TallyPlan, tally: Tally): Pick<Verdict, 'kind' | 'holds'> {
  const beyond = tally.bad > plan.allowedFailures;
  if (plan.then === 'rollBack' && tally.failed) return { kind: 'fail' };
  if (tally.last === 'broken') return { kind: 'error' };
  if (plan.then === 'hold' && beyond) return { kind: 'inconclusive', holds: true };
  const enough = tally.measured >= Math.max(1, plan.leastTicks) && tally.last !== 'missing';
  return { kind: enough && !beyond ? 'pass' : 'inconclusive' };
}

/** How far a tally is from failing and from passing. */
export function tallyProgress(plan: TallyPlan, tally: Tally): { readonly harm: Progress; readonly promote: Progress } {
  const least = Math.max(1, plan.leastTicks);
  return {
    harm: { logE: Math.min(tally.bad, plan.allowedFailures + 1), needs: plan.allowedFailures + 1, counts: 'breaches' },
    promote: { logE: Math.min(tally.measured, least), needs: least, counts: 'ticks' },
  };
}

/** The rule and where it stands, in words: `3 of the last 5 looks beyond it, 2 allowed`. */
export function describeTally(plan: TallyPlan, tally: Tally, kind: VerdictKind): string {
  if (tally.last === null) return 'nothing looked at yet';
  const beyond = tally.bad > plan.allowedFailures;
  const over = plan.windowTicks === null ? `${formatCount(tally.measured)}` : `the last ${tally.recent.length}`;
  const counted = `${tally.bad} of ${over} looks beyond it, ${plan.allowedFailures} allowed`;
  if (kind === 'fail') return beyond ? counted : `${counted}; it failed before`;
  if (tally.last === 'missing') return `${counted}; the last look says nothing, which is no pass`;
  if (beyond) return `${counted}; ${plan.then === 'hold' ? 'held' : 'an alert only'}`;
  const missing = Math.max(1, plan.leastTicks) - tally.measured;
  return missing > 0 ? `${counted}; ${missing} more looks with data are needed` : counted;
}
