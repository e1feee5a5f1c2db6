import { setImmediate } from 'node:timers/promises';
import type { ActivityDeps } from '../../activities/deps';
import { forecasts, worseRate } from '../../activities/forecasts';
import { forecast, guardNames } from '../../guards';
import { leastRequests } from '../../guards/least-requests';
import type { GuardPlan, RatePlan } from '../../guards/types';
import type { Failing, Foreseen } from '../../report/plan-input';
import { heldShares } from '../../rollout';
import type { GuardForecast } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';

/** A regression that people would still call one, beside the doubled rate that the rollout's own plan foretells. */
const MILD = 1.5;

/**
 * The rollout's own forecasts (`known`, or made here by the same function), each with what a mild regression takes and with what any test
 * would need. The share that a watch holds is foretold too.
 */
export async function foresee(
  deps: ActivityDeps,
  input: {
    readonly spec: RolloutSpec;
    /** Of one candidate, in the file's order. */
    readonly plans: readonly GuardPlan[];
    readonly trialsPerSecond: Readonly<Record<string, number>>;
    readonly known: readonly GuardForecast[];
  }
): Promise<readonly Foreseen[]> {
  const { spec, trialsPerSecond, known } = input;
  const names = guardNames(spec.guards);
  const guards = input.plans.map((plan, i) => ({ ...plan, name: names[i] ?? plan.name }));
  const { tickMs, watch } = spec;
  const watched = watch?.keep === 'warm' ? [100 - watch.holdbackPct] : [];
  const sharesPct = [...heldShares(spec), ...watched];
  const missing = sharesPct.filter((share) => !known.some(({ sharePct }) => sharePct === share));
  const all = [...known, ...(await forecasts(deps, { tickMs, guards, trialsPerSecond, sharesPct: missing }))];
  const seen: Foreseen[] = [];
  for (const one of all) {
    const plan = guards.find(({ name }) => name === one.guard);
    if (plan === undefined || !('incumbentRate' in plan)) continue;
    seen.push({
      guard: one.guard,
      required: plan.required,
      sharePct: one.sharePct,
      perSecond: one.requestsPerSecond,
      baseRate: plan.incumbentRate?.rate ?? 0,
      passMs: one.passMs,
      failing: failingOf(plan, one, tickMs),
    });
    await setImmediate();
  }
  return seen;
}

function failingOf(plan: RatePlan, one: GuardForecast, tickMs: number): readonly Failing[] {
  const incumbentRate = plan.incumbentRate?.rate ?? 0;
  const least = (candidateRate: number): number =>
    leastRequests({ alpha: plan.rollbackAlpha, incumbentRate: Math.max(incumbentRate, 1e-9), candidateRate });
  const worse = worseRate(incumbentRate);
  const doubled: Failing = {
    times: incumbentRate === 0 ? null : Number((worse / incumbentRate).toPrecision(2)),
    rate: worse,
    failMs: one.failMs,
    leastTrials: least(worse),
  };
  if (incumbentRate === 0 || MILD * incumbentRate >= 1) return [doubled];
  const rate = MILD * incumbentRate;
  const { ticksToFail } = forecast({
    plan,
    incumbentRate,
    candidateRate: rate,
    requestsPerTick: (one.requestsPerSecond * tickMs) / 1000,
    sharePct: one.sharePct,
  });
  const failMs = ticksToFail === null ? null : Math.ceil(ticksToFail.expectedTicks) * tickMs;
  return [doubled, { times: MILD, rate, failMs, leastTrials: least(rate) }];
}
