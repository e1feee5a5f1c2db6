import { setImmediate } from 'node:timers/promises';
import { currentVerdict, forecast, guardNames, GuardPlanError, planGuards, startGuard } from '../guards';
import type { DecisionForecast } from '../guards/forecast';
import type { ArmCounts, RatePlan } from '../guards/types';
import { rungsOf } from '../rollout';
import type { GuardForecast } from '../rollout';
import { FailureError } from '../sagemaker/faults';
import { contentHash } from '../sagemaker/names';
import type { GuardSpec, RolloutSpec } from '../spec/types';
import type { ActivityDeps } from './deps';
import { errorCounts, readCounts } from './evidence/counts';
import { readQuality } from './evidence/quality';
import { ticksBetween } from './evidence/ticks';
import type { FixedPlan, NamedContext } from './types';

/** Rate of bad events that is forecast for a failing candidate when the incumbent has none at all. */
const RATE_WITHOUT_BASE = 0.05;

/** Fixes everything before the candidate's first request; the digest on every report is that of these numbers. */
export async function fixPlan(
  deps: ActivityDeps,
  input: NamedContext & { readonly calibrated: { readonly fromMs: number; readonly toMs: number } | null }
): Promise<FixedPlan> {
  const { spec, incumbent, names } = input;
  if (incumbent === null) {
    const plan = { guards: [], baseline: {}, forecasts: [], bandit: null, digest: contentHash({ names, spec }) };
    return { plan, guards: [], bandit: null };
  }
  const { baseline, requestsPerSecond } = await measureIncumbent(deps, spec, incumbent.variant);
  const rungs = rungsOf(spec);
  const horizonMs = rungs.reduce((sum, rung) => sum + (rung.kind === 'hold' ? rung.until.atMostMs : 0), 0);
  const budget = { ...spec.budget, falseRollback: spec.budget.falseRollback / spec.candidates.length };
  const own = planned(() =>
    planGuards({ guards: spec.guards, budget, horizonTicks: Math.ceil(horizonMs / spec.tickMs), incumbent: baseline })
  );
  const guards = spec.candidates.flatMap(({ name }) =>
    own.map((plan) => ({ ...plan, name: nameOf(spec, name, plan.name) }))
  );
  const fixed = { guards, baseline, bandit: null };
  return {
    plan: {
      ...fixed,
      forecasts: await forecasts(deps, { spec, guards: own, requestsPerSecond }),
      digest: contentHash({ ...fixed, names, spec }),
    },
    guards: spec.candidates.flatMap(({ name: arm }) =>
      own.map((plan, guard) => {
        const state = startGuard(plan);
        return { arm, guard, state, verdict: currentVerdict(plan, state), throughMs: 0 };
      })
    ),
    bandit: null,
  };
}

/** Guards of several candidates are told apart by the candidate's name. */
function nameOf({ candidates }: RolloutSpec, arm: string, guard: string): string {
  return candidates.length === 1 ? guard : `${arm} ${guard}`;
}

/** Reads the incumbent's own rates over the lookback, and waits for more while there are too few. */
async function measureIncumbent(
  deps: ActivityDeps,
  spec: RolloutSpec,
  variant: string
): Promise<{ readonly baseline: Readonly<Record<string, ArmCounts>>; readonly requestsPerSecond: number }> {
  const { lookbackMs, atLeast, atMostMs } = spec.baseline;
  const giveUpMs = deps.now() + atMostMs;
  for (;;) {
    const nowMs = deps.now();
    const fromMs = Math.floor((nowMs - lookbackMs) / spec.tickMs) * spec.tickMs;
    const reading = await readIncumbent(deps, { spec, variant, fromMs, nowMs });
    const short = Object.entries(reading.baseline).filter(([, counts]) => counts.n < atLeast);
    if (short.length === 0) return reading;
    const found = short.map(([name, { n }]) => `${name}: ${n}`).join(', ');
    if (nowMs >= giveUpMs) {
      throw new FailureError(
        'NoEvidence',
        `The incumbent ${variant} has too little evidence to plan with (${found}; ${atLeast} needed within ${lookbackMs / 1000} s).`
      );
    }
    deps.heartbeat(found);
    await deps.sleep(Math.min(spec.tickMs, 30_000));
  }
}

async function readIncumbent(
  deps: ActivityDeps,
  input: { readonly spec: RolloutSpec; readonly variant: string; readonly fromMs: number; readonly nowMs: number }
): Promise<{ readonly baseline: Readonly<Record<string, ArmCounts>>; readonly requestsPerSecond: number }> {
  const { spec, variant, fromMs, nowMs } = input;
  const variants = [variant];
  const counts = await readCounts(
    { objects: deps.objects, cloudwatch: deps.aws.cloudwatch },
    { spec, variants, fromMs, nowMs }
  );
  const quality = spec.guards.some((guard) => guard.kind === 'quality')
    ? await readQuality(deps.objects, { spec, variants, fromMs, nowMs })
    : null;
  const countsTicks = ticksBetween(fromMs, counts.closedMs, spec.tickMs);
  const qualityTicks = ticksBetween(fromMs, quality?.closedMs ?? 0, spec.tickMs);

  const countsOf = (guard: GuardSpec | undefined): ArmCounts => {
    switch (guard?.kind) {
      case 'errors':
        return sum(countsTicks.map((tick) => errorCounts(guard, counts.totals(tick).get(variant))));
      case 'quality':
        return sum(qualityTicks.map((tick) => quality?.counts(tick, variant) ?? { n: 0, bad: 0 }));
      case undefined:
        return { n: 0, bad: 0 };
    }
  };
  const perTick = countsTicks.map((tick) => counts.totals(tick).get(variant)?.requests ?? 0);
  // Traffic may have begun within the lookback: the rate counts from the first tick that saw any.
  const active = perTick.slice(
    Math.max(
      0,
      perTick.findIndex((requests) => requests > 0)
    )
  );
  const requestsPerSecond =
    active.length === 0 ? 0 : active.reduce((a, b) => a + b, 0) / ((active.length * spec.tickMs) / 1000);
  return {
    baseline: Object.fromEntries(guardNames(spec.guards).map((name, i) => [name, countsOf(spec.guards[i])])),
    requestsPerSecond,
  };
}

function planned<T>(plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof GuardPlanError)) throw error;
    throw new FailureError(error.kind === 'noIncumbentEvidence' ? 'NoEvidence' : 'InvalidRequest', error.message, {
      cause: error,
    });
  }
}

/** When each guard will decide at each share: for a candidate as good as the incumbent, and for one with twice its bad events. */
async function forecasts(
  deps: ActivityDeps,
  input: {
    readonly spec: RolloutSpec;
    readonly guards: readonly RatePlan[];
    readonly requestsPerSecond: number;
  }
): Promise<readonly GuardForecast[]> {
  const { spec, guards, requestsPerSecond } = input;
  const requestsPerTick = (requestsPerSecond * spec.tickMs) / 1000;
  if (requestsPerTick <= 0) return [];
  const shares = [
    ...new Set(rungsOf(spec).flatMap((rung) => (rung.kind === 'hold' && rung.sharePct > 0 ? [rung.sharePct] : []))),
  ];
  const forecasted: GuardForecast[] = [];
  for (const plan of guards) {
    const incumbentRate = plan.incumbentRate?.rate ?? 0;
    const worse = Math.min(0.99, incumbentRate > 0 ? 2 * incumbentRate : RATE_WITHOUT_BASE);
    for (const sharePct of shares) {
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
        requestsPerSecond,
        passMs: inMs(equal.ticksToPass, spec.tickMs),
        failMs: inMs(bad.ticksToFail, spec.tickMs),
      });
    }
  }
  return forecasted;
}

function inMs(decision: DecisionForecast | null, tickMs: number): number | null {
  return decision === null ? null : Math.ceil(decision.expectedTicks) * tickMs;
}

function sum(counts: readonly ArmCounts[]): ArmCounts {
  return counts.reduce((total, { n, bad }) => ({ n: total.n + n, bad: total.bad + bad }), { n: 0, bad: 0 });
}
