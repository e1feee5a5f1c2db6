import { AT_CAP } from './e-process';
import { currentVerdict, verdictKind } from './judge';
import type { Decision, GuardPlan, GuardState } from './types';
import { formatLogE } from './wording';

/**
 * What all guards together say; `states[i]` belongs to `plans[i]`. A guard that fails, by its own part of the budget or by its
 * own rule, rolls back and is named. So does the sum of the guaranteed guards' e-values, each weighted by its part of the
 * budget (Vovk & Wang 2021), which may reach the level when no single one does; then nobody is named. A guard that doubts the
 * evidence holds the rollout, required or not. Promotion needs `pass` from every required guard, and at least one of those.
 * Rollback wins over holding, holding over promotion. The order of guards is irrelevant.
 */
export function decide(plans: readonly GuardPlan[], states: readonly GuardState[]): Decision {
  if (plans.length !== states.length) throw new RangeError(`${plans.length} guard plans but ${states.length} states`);
  const pairs = plans.map((plan, i) => ({ plan, state: stateAt(states, i) }));

  const failed = pairs
    .filter(({ plan, state }) => verdictKind(plan, state) === 'fail')
    .sort((a, b) => byName(a.plan, b.plan));
  const [guilty] = failed;
  if (guilty !== undefined) {
    const others = failed.slice(1).map(({ plan }) => plan.name);
    const also = others.length === 0 ? '' : `; also failed: ${others.join(', ')}`;
    return {
      kind: 'rollBack',
      guilty: guilty.plan.name,
      reason: currentVerdict(guilty.plan, guilty.state).reason + also,
    };
  }
  const combined = combinedEvidence(pairs);
  if (combined !== null && combined.logE >= combined.needs - AT_CAP) {
    return {
      kind: 'rollBack',
      guilty: null,
      reason:
        `no guard fails alone, but together they show harm with e = ${formatLogE(combined.logE)} ≥ ` +
        `${formatLogE(combined.needs)} (${combined.parts.join(', ')})`,
    };
  }
  return held(pairs) ?? promotion(pairs);
}

/** Undecided for as long as some guard doubts the evidence; null when none does. */
function held(pairs: readonly Pair[]): Decision | null {
  const holding = pairs
    .map(({ plan, state }) => ({ name: plan.name, verdict: canHold(plan) ? currentVerdict(plan, state) : null }))
    .filter(({ verdict }) => verdict?.holds === true)
    .sort((a, b) => byName(a, b));
  if (holding.length === 0) return null;
  return {
    kind: 'undecided',
    guilty: null,
    reason: holding.map(({ verdict }) => verdict?.reason ?? '').join(' | '),
    holding: holding.map(({ name }) => name),
  };
}

/** Verdicts of rates cost a little, and never hold. */
function canHold(plan: GuardPlan): boolean {
  return !('rollbackOddsRatio' in plan);
}

interface Pair {
  readonly plan: GuardPlan;
  readonly state: GuardState;
}

function promotion(pairs: readonly Pair[]): Decision {
  const required = pairs.filter(({ plan }) => plan.required).sort((a, b) => byName(a.plan, b.plan));
  if (required.length === 0) {
    return { kind: 'undecided', guilty: null, reason: 'no guard is required, so none can show that promotion is safe' };
  }
  const waiting = required.filter(({ plan, state }) => verdictKind(plan, state) !== 'pass');
  if (waiting.length === 0) {
    const names = required.map(({ plan }) => plan.name).join(', ');
    return { kind: 'promote', guilty: null, reason: `every required guard passes: ${names}` };
  }
  return {
    kind: 'undecided',
    guilty: null,
    reason: waiting.map(({ plan, state }) => currentVerdict(plan, state).reason).join(' | '),
  };
}

/** Σ g E ≥ 1/α with g = own alpha / α, over the guards whose e-values are exact. */
function combinedEvidence(pairs: readonly Pair[]) {
  const exact = pairs.flatMap(harmOf).sort((a, b) => b.logE - a.logE || byName(a, b));
  if (exact.length < 2) return null;
  const alpha = exact.reduce((sum, guard) => sum + guard.alpha, 0);
  const e = exact.reduce((sum, guard) => sum + (guard.alpha / alpha) * Math.exp(guard.logE), 0);
  const parts = exact.map(({ name, logE }) => `${name} e = ${formatLogE(logE)}`);
  return { logE: Math.log(e), needs: -Math.log(alpha), parts };
}

/** The harm e-value of a guaranteed guard and its part of the budget; none for guards that spend none of it. */
function harmOf({ plan, state }: Pair) {
  if (plan.class !== 'guaranteed' || !('rollbackAlpha' in plan) || !('harm' in state)) return [];
  return [{ name: plan.name, alpha: plan.rollbackAlpha, logE: state.harm.logE }];
}

const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

function stateAt(states: readonly GuardState[], i: number): GuardState {
  const state = states[i];
  if (state === undefined) throw new RangeError(`no state for guard ${i}`);
  return state;
}
