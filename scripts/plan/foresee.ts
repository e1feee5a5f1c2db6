import { setImmediate } from 'node:timers/promises';
import type { ActivityDeps } from '../../activities/deps';
import { forecasts, worseRate } from '../../activities/forecasts';
import type { KnownTraffic } from '../../activities/forecasts';
import { guardNames } from '../../guards';
import { foretellRate } from '../../guards/foretell';
import { leastRequests } from '../../guards/least-requests';
import type { GuardPlan, RatePlan } from '../../guards/types';
import type { Failing, Foreseen } from '../../report/plan-input';
import { copiedShares, heldShares } from '../../rollout';
import type { GuardForecast } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';

/** A regression that people would still call one, beside the doubled rate that the rollout's own plan foretells. */
const MILD = 1.5;

/**
 * The rollout's own forecasts (`made`, or made here by the same function), each with what a mild regression takes and with what any test
 * would need. The share that a watch holds is foretold too.
 */
export async function foresee(
  deps: ActivityDeps,
  input: {
    readonly spec: RolloutSpec;
    /** Of one candidate, in the file's order. */
    readonly plans: readonly GuardPlan[];
    readonly known: KnownTraffic;
    readonly made: readonly GuardForecast[];
  }
): Promise<readonly Foreseen[]> {
  const { spec, known, made } = input;
  const names = guardNames(spec.guards);
  const guards = input.plans.map((plan, i) => ({ ...plan, name: names[i] ?? plan.name }));
  const { tickMs } = spec;
  const foretold = await forecasts(deps, {
    ...{ tickMs, known, sharesPct: [...heldShares(spec), ...watchedShares(spec)], copiesPct: copiedShares(spec) },
    guards,
    isMade: ({ name }, sharePct) => made.some((one) => one.guard === name && one.sharePct === sharePct),
  });
  const all = [...made, ...foretold];
  const seen: Foreseen[] = [];
  for (const one of all) {
    const plan = guards.find(({ name }) => name === one.guard);
    if (plan === undefined) continue;
    // Of pairs not every wrong answer tells, so they have a worse candidate of their own.
    const isOfBadEvents = 'incumbentRate' in plan && plan.kind !== 'shadow';
    seen.push({
      guard: one.guard,
      required: plan.required,
      sharePct: one.sharePct,
      perSecond: one.requestsPerSecond,
      baseRate: isOfBadEvents ? (plan.incumbentRate?.rate ?? 0) : 0,
      passMs: one.passMs,
      pass90Ms: one.pass90Ms ?? null,
      ...(one.better !== undefined && { better: one.better }),
      failing: isOfBadEvents ? failingOf(plan, one, tickMs) : [otherwiseWorse(one)],
    });
    await setImmediate();
  }
  return seen;
}

/** What a candidate serves while it is watched beside the other model. */
export function watchedShares({ watch }: RolloutSpec): readonly number[] {
  return watch?.keep === 'warm' ? [100 - watch.holdbackPct] : [];
}

/** Of a guard without bad events to multiply, one worse candidate is foretold. Nobody knows how few trials could show it. */
function otherwiseWorse({ worse = 'a worse model', failMs, fail90Ms = null }: GuardForecast): Failing {
  return { what: worse, times: null, rate: 1, failMs, fail90Ms, leastTrials: 0 };
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
    fail90Ms: one.fail90Ms ?? null,
    leastTrials: least(worse),
  };
  if (incumbentRate === 0 || MILD * incumbentRate >= 1) return [doubled];
  const rate = MILD * incumbentRate;
  const requestsPerTick = (one.requestsPerSecond * tickMs) / 1000;
  const { sharePct } = one;
  const found = foretellRate({ plan, incumbentRate, candidateRate: rate, requestsPerTick, sharePct }, 'fail');
  const inMs = (ticks: number | null | undefined): number | null =>
    ticks === null || ticks === undefined ? null : Math.ceil(ticks) * tickMs;
  const times = { failMs: inMs(found?.expectedTicks), fail90Ms: inMs(found?.ticks90) };
  return [doubled, { times: MILD, rate, ...times, leastTrials: least(rate) }];
}
