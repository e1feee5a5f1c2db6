import type { Evidence, GuardState, Verdict, VerdictKind } from './types';

/** What one kind of guard can do. All functions are pure; `judgeTick` sees to keys, order and repetition. */
export interface GuardJudge<P, S extends GuardState, E extends Evidence> {
  readonly isState: (state: GuardState) => state is S;
  readonly isEvidence: (evidence: Evidence) => evidence is E;
  /** State before the first tick. */
  readonly start: (plan: P) => S;
  /** Why the evidence cannot be counted, in words; null when it can. */
  readonly problem: (plan: P, evidence: E) => string | null;
  /** Counts one tick that has no problem and is new. */
  readonly count: (plan: P, state: S, evidence: E) => S;
  /** What all evidence so far says. */
  readonly verdict: (plan: P, state: S) => Verdict;
  /** The verdict's kind alone, where its numbers cost much. */
  readonly verdictKind?: (plan: P, state: S) => VerdictKind;
}
