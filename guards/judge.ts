import type { GuardJudge } from './guard-judge';
import { latencyJudge } from './latency/latency';
import { boundedMeanJudge, scoredMeanJudge, scoreShiftJudge } from './means/mean';
import { rateJudge } from './rate-judge';
import { isNewTick, isTime } from './sanity';
import { attributionJudge } from './thresholds/attribution';
import { biasJudge } from './thresholds/bias';
import { driftJudge } from './thresholds/drift';
import { inputDriftJudge } from './thresholds/inputs';
import { alarmJudge, thresholdJudge, webhookJudge } from './thresholds/simple';
import { coverageJudge } from './traffic/coverage';
import { splitJudge } from './traffic/split';
import type { Evidence, GuardPlan, GuardState, RatePlan, RateState, TickEvidence, Verdict, VerdictKind } from './types';

/** A guard's functions, bound to its plan. */
interface Bound {
  readonly start: () => GuardState;
  readonly problem: (evidence: Evidence) => string | null;
  readonly count: (state: GuardState, evidence: Evidence) => GuardState;
  readonly verdict: (state: GuardState) => Verdict;
  readonly verdictKind: (state: GuardState) => VerdictKind;
}

function bound(plan: GuardPlan): Bound {
  switch (plan.kind) {
    case 'errors':
    case 'quality':
    case 'business':
    case 'goal':
    case 'shadow':
      return bind(plan, rateJudge);
    case 'latency':
      return bind(plan, latencyJudge);
    case 'mean':
      return plan.method === 'betting' ? bind(plan, boundedMeanJudge) : bind(plan, scoredMeanJudge);
    case 'shadowScore':
      return bind(plan, scoreShiftJudge);
    case 'split':
      return bind(plan, splitJudge);
    case 'threshold':
      return bind(plan, thresholdJudge);
    case 'alarm':
      return bind(plan, alarmJudge);
    case 'webhook':
      return bind(plan, webhookJudge);
    case 'outputDrift':
      return bind(plan, driftJudge);
    case 'inputDrift':
      return bind(plan, inputDriftJudge);
    case 'bias':
      return bind(plan, biasJudge);
    case 'attribution':
      return bind(plan, attributionJudge);
    case 'captureLoss':
    case 'labelLoss':
      return bind(plan, coverageJudge);
  }
}

/** States and evidence of another kind of guard are mistakes of the caller. */
function bind<P extends GuardPlan, S extends GuardState, E extends Evidence>(
  plan: P,
  judge: GuardJudge<P, S, E>
): Bound {
  const own = (state: GuardState): S => {
    if (judge.isState(state)) return state;
    throw new RangeError(`${plan.name} was given the state of another kind of guard`);
  };
  const suited = (evidence: Evidence): E => {
    if (judge.isEvidence(evidence)) return evidence;
    throw new RangeError(`${plan.name} was given evidence of kind ${evidence.kind ?? 'counts'}`);
  };
  return {
    start: () => judge.start(plan),
    problem: (evidence) => judge.problem(plan, suited(evidence)),
    count: (state, evidence) => judge.count(plan, own(state), suited(evidence)),
    verdict: (state) => judge.verdict(plan, own(state)),
    verdictKind: (state) => (judge.verdictKind ?? ((p: P, s: S) => judge.verdict(p, s).kind))(plan, own(state)),
  };
}

interface Tick<P, S, E> {
  readonly plan: P;
  readonly state: S;
  readonly evidence: E;
}

interface Judged<S> {
  readonly state: S;
  readonly verdict: Verdict;
}

/** The state of a guard before its first tick. */
export function startGuard(plan: RatePlan): RateState;
export function startGuard(plan: GuardPlan): GuardState;
export function startGuard(plan: GuardPlan): GuardState {
  return bound(plan).start();
}

/**
 * Counts one closed tick and judges. Pure. A tick whose key is not after the last counted one changes nothing and gives
 * the standing verdict. Evidence that cannot be true (negative, fractional, NaN, more bad than trials, another unit) gives an
 * `error` verdict and leaves the state as it was, so that the same tick may be delivered again with better numbers. Throws
 * `RangeError` when state or evidence belong to another kind of guard.
 */
export function judgeTick(p: Tick<RatePlan, RateState, TickEvidence>): Judged<RateState>;
export function judgeTick(p: Tick<GuardPlan, GuardState, Evidence>): Judged<GuardState>;
export function judgeTick(p: Tick<GuardPlan, GuardState, Evidence>): Judged<GuardState> {
  const { plan, state, evidence } = p;
  const judge = bound(plan);
  const problem = isTime(evidence.key)
    ? judge.problem(evidence)
    : `the tick's key "${evidence.key}" is not an ISO-8601 time`;
  if (problem !== null) {
    const standing = judge.verdict(state);
    return { state, verdict: { ...standing, kind: 'error', reason: `${plan.name}: ${problem}; nothing was counted` } };
  }
  if (!isNewTick(evidence.key, state.lastKey)) return { state, verdict: judge.verdict(state) };
  const next = judge.count(state, evidence);
  return { state: next, verdict: judge.verdict(next) };
}

/** Counts one closed tick whose numbers are known to be true, without a verdict: for simulations. */
export function countTick(p: Tick<GuardPlan, GuardState, Evidence>): GuardState {
  return bound(p.plan).count(p.state, p.evidence);
}

/** What the evidence so far says: `fail` beats `pass`, and anything undecided is `inconclusive`. */
export function currentVerdict(plan: GuardPlan, state: GuardState): Verdict {
  return bound(plan).verdict(state);
}

/** The verdict's kind alone, without the cost of its numbers. */
export function verdictKind(plan: GuardPlan, state: GuardState): VerdictKind {
  return bound(plan).verdictKind(state);
}
