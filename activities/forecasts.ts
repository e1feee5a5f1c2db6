import { setImmediate } from 'node:timers/promises';
import { forecast } from '../guards';
import type { DecisionForecast } from '../guards';
import type { GuardPlan, RatePlan } from '../guards/types';
import type { GuardForecast } from '../rollout';
import type { ActivityDeps } from './deps';

/** Rate of bad events that is forecast for a failing candidate when the incumbent has none at all. */
const RATE_WITHOUT_BASE = 0.05;

/** When each guard on a rate will decide at each share: for a candidate as good as the incumbent, and for one with twice its bad events. */
export async function forecasts(
  deps: ActivityDeps,
  input: {
    readonly tickMs: number;
    readonly sharesPct: readonly number[];
    readonly guards: readonly GuardPlan[];
    readonly trialsPerSecond: Readonly<Record<string, number>>;
  }
): Promise<readonly GuardForecast[]> {
  const { tickMs, guards, trialsPerSecond } = input;
  const forecasted: GuardForecast[] = [];
  for (const plan of guards.filter(isForeseeable)) {
    const perSecond = trialsPerSecond[plan.name] ?? 0;
    const requestsPerTick = (perSecond * tickMs) / 1000;
    if (requestsPerTick <= 0) continue;
    const incumbentRate = plan.incumbentRate?.rate ?? 0;
    const worse = worseRate(incumbentRate);
    for (const sharePct of new Set(input.sharesPct)) {
      const at = (candidateRate: number): ReturnType<typeof forecast> =>
        forecast({ plan, incumbentRate, candidateRate, requestsPerTick, sharePct });
      const equal = at(incumbentRate);
      // A forecast computes for a second or so; heartbeats and other activities must get their turn.
      deps.heartbeat(`Forecasting ${plan.name} at ${sharePct} %`);
      await setImmediate();
      const bad = at(worse);
      await setImmediate();
      forecasted.push({
        guard: plan.name,
        sharePct,
        requestsPerSecond: perSecond,
        passMs: inMs(equal.ticksToPass, tickMs),
        failMs: inMs(bad.ticksToFail, tickMs),
      });
    }
  }
  return forecasted;
}

/** Rate of bad events of the failing candidate that is forecast. */
export function worseRate(incumbentRate: number): number {
  return Math.min(0.99, incumbentRate > 0 ? 2 * incumbentRate : RATE_WITHOUT_BASE);
}

/** Pairs are not foretold from rates: how often both answers are wrong together matters. */
function isForeseeable(plan: GuardPlan): plan is RatePlan {
  return plan.kind === 'errors' || plan.kind === 'quality' || plan.kind === 'business' || plan.kind === 'goal';
}

function inMs(decision: DecisionForecast | null, tickMs: number): number | null {
  return decision === null ? null : Math.ceil(decision.expectedTicks) * tickMs;
}
