import { latencyBoundsMs } from '../gateway/latency-buckets';
import { guardNames, GuardPlanError, planEveryGuard, withDispersion, withNoise } from '../guards';
import type { GuardPlan } from '../guards/types';
import { copiedShares, heldShares, horizonMs } from '../rollout';
import type { Incumbent } from '../rollout';
import { FailureError } from '../sagemaker/faults';
import { contentHash, twinOf } from '../sagemaker/names';
import { formatDuration } from '../spec/duration';
import type { RolloutSpec } from '../spec/types';
import { banditOf, startTrack } from './allocation/bandit';
import { rampsOf } from './allocation/ramp';
import type { ActivityDeps } from './deps';
import { incumbentSource } from './evidence/arm-source';
import type { Look } from './evidence/look';
import { segmentNames } from './evidence/segments';
import { LONGEST_MS } from './evidence/user-trials';
import { forEachArm } from './each-arm';
import { forecasts } from './forecasts';
import { alarmTreatments, dispersionOfSlices, latencyNoise, lookBack, measure } from './measure';
import type { Measured } from './measure';
import type { FixedPlan, NamedContext } from './types';

/** An A/A phase that is over; its ticks lie within. */
type Calibrated = { readonly fromMs: number; readonly toMs: number } | null;

/** Fixes everything before the candidate's first request; the digest on every report is that of these numbers. */
export async function fixPlan(
  deps: ActivityDeps,
  input: NamedContext & {
    readonly calibrated: Calibrated;
    /** Shares beside those that are held, at which the guards are foretold, too. */
    readonly alsoPct?: readonly number[];
  }
): Promise<FixedPlan> {
  const { spec, incumbent, names } = input;
  if (incumbent === null) {
    const plan = {
      guards: [],
      baseline: {},
      forecasts: [],
      ramps: [],
      bandit: null,
      digest: contentHash({ names, spec }),
    };
    return { plan, guards: [], bandit: null };
  }
  const missingData = await alarmTreatments(deps, spec);
  const { look, fromMs, measured } = await measureIncumbent(deps, { ...input, incumbent });
  const { baseline, trialsPerSecond } = measured;
  const exact = plansFor(spec, { ...measured, missingData });
  const byHistory = await withHistory(look, { plans: exact, measured, variant: incumbent.variant, fromMs });
  const calibrated = await withCalibration(deps, { plans: byHistory, input, variant: incumbent.variant });
  const own = calibrated.map((plan) => asDrawn(spec, plan));
  const { guards, tracks } = forEachArm(
    spec,
    own.map((plan) => inStrata(spec, plan))
  );
  const bandit = banditOf(spec, incumbent.variant);
  const requestsPerSecond = Math.max(0, ...Object.values(trialsPerSecond));
  const ramps = rampsOf(spec, { baseline, requestsPerSecond });
  const fixed = { guards, baseline, bandit, ramps };
  const sharesPct = [...heldShares(spec), ...(input.alsoPct ?? [])];
  return {
    plan: {
      ...fixed,
      forecasts: await forecasts(deps, {
        tickMs: spec.tickMs,
        sharesPct,
        copiesPct: copiedShares(spec),
        guards: own,
        known: measured,
      }),
      digest: contentHash({ ...fixed, names, spec }),
    },
    guards: tracks,
    bandit: startTrack(bandit, spec),
  };
}

/** The guards' plans from the incumbent's rates and quantiles, before it is known how it wobbles: also what a plan on paper goes by. */
export function plansFor(
  spec: RolloutSpec,
  known: Pick<Measured, 'baseline' | 'latencyMs'> & {
    readonly inputs?: Measured['inputs'];
    readonly missingData: NonNullable<Parameters<typeof planEveryGuard>[0]['missingData']>;
  }
): readonly GuardPlan[] {
  return planned(() =>
    planEveryGuard({
      guards: spec.guards,
      budget: { ...spec.budget, falseRollback: spec.budget.falseRollback / spec.candidates.length },
      horizonTicks: Math.ceil(horizonMs(spec) / spec.tickMs),
      incumbent: known.baseline,
      dispersion: {},
      latencyMs: known.latencyMs,
      ...(spec.counts.from === 'gateway' && { latencyBoundsMs }),
      missingData: known.missingData,
      endsAlone: spec.watch?.keep === 'cold',
      ...(known.inputs !== undefined && { inputs: known.inputs }),
    })
  );
}

/**
 * The promise of an exact test rests on requests that are drawn one by one. A gateway draws users, and the requests of one user stay together:
 * what counts requests is no more than an approximation then; what counts users keeps its promise.
 */
function asDrawn(spec: RolloutSpec, plan: GuardPlan): GuardPlan {
  const countsUsers = 'unit' in plan && plan.unit === 'user';
  // Whom a long rollout has drawn before is forgotten in the end, and counted again.
  const forgets = plan.kind === 'split' && horizonMs(spec) + (spec.watch?.forMs ?? 0) > LONGEST_MS;
  if (spec.routing.by === 'weights' || plan.class !== 'guaranteed' || (countsUsers && !forgets)) return plan;
  return { ...plan, class: 'approximate' };
}

/** Where segments are compared apart, each of them is a stratum of every tick. */
function inStrata(spec: RolloutSpec, plan: GuardPlan): GuardPlan {
  const strata = Math.max(1, segmentNames(spec).length);
  return 'horizonTicks' in plan ? { ...plan, horizonTicks: plan.horizonTicks * strata } : plan;
}

/** Reads the incumbent's own rates over the lookback, and waits for more while there are too few. */
async function measureIncumbent(
  deps: ActivityDeps,
  input: Pick<NamedContext, 'id' | 'spec'> & { readonly incumbent: Incumbent }
): Promise<{ readonly look: Look; readonly fromMs: number; readonly measured: Measured }> {
  const { spec, id, incumbent } = input;
  const { variant } = incumbent;
  const sources = incumbentSource(input);
  const { lookbackMs, atLeast, atMostMs } = spec.baseline;
  const giveUpMs = deps.now() + atMostMs;
  for (;;) {
    const nowMs = deps.now();
    const fromMs = Math.floor((nowMs - lookbackMs) / spec.tickMs) * spec.tickMs;
    const look = await lookBack(deps, { spec, variants: [variant], fromMs, rollout: id, sources });
    const measured = await measure(look, variant, fromMs);
    const short = tooFew(measured, spec);
    if (short.length === 0) return { look, fromMs, measured };
    const found = short.join(', ');
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

/** What there is too little of, with its number. */
function tooFew({ baseline, latencyMs }: Measured, spec: RolloutSpec): readonly string[] {
  const names = guardNames(spec.guards);
  const unmeasured = spec.guards.flatMap((guard, i) => {
    const name = names[i] ?? guard.kind;
    return guard.kind === 'latency' && guard.incumbentMs === null && latencyMs[name] === undefined ? [name] : [];
  });
  const short = Object.entries(baseline).filter(([, { n }]) => n < spec.baseline.atLeast);
  const unitOf = (name: string): string => {
    const guard = spec.guards[names.indexOf(name)];
    const windowMs = guard?.kind === 'errors' || guard?.kind === 'quality' ? guard.users?.windowMs : undefined;
    return windowMs === undefined ? '' : ` users, each counted once in ${formatDuration(windowMs)}`;
  };
  return [...short.map(([name, { n }]) => `${name}: ${n}${unitOf(name)}`), ...unmeasured.map((name) => `${name}: 0`)];
}

/** How each guard treats noise, by the incumbent's past. Latency is read a second time, at the cut-offs that the plan has fixed. */
async function withHistory(
  look: Look,
  input: {
    readonly plans: readonly GuardPlan[];
    readonly measured: Measured;
    readonly variant: string;
    readonly fromMs: number;
  }
): Promise<readonly GuardPlan[]> {
  const { plans, measured, variant, fromMs } = input;
  const judged: GuardPlan[] = [];
  for (const [i, plan] of plans.entries()) {
    const guard = look.spec.guards[i];
    const noise =
      guard?.kind === 'latency'
        ? await latencyNoise(look, { guard, plan, variant, fromMs })
        : (measured.noise[plan.name] ?? null);
    judged.push(noise === null ? plan : withNoise(plan, noise));
  }
  return judged;
}

/** What an A/A phase showed counts before the past: two slices served at once. */
async function withCalibration(
  deps: ActivityDeps,
  {
    plans,
    input,
    variant,
  }: {
    readonly plans: readonly GuardPlan[];
    readonly input: NamedContext & { readonly calibrated: Calibrated };
    readonly variant: string;
  }
): Promise<readonly GuardPlan[]> {
  const { spec, calibrated, id } = input;
  if (calibrated === null) return plans;
  const slices = { candidate: twinOf(variant), incumbent: variant };
  // The first whole tick of the phase, so that none of it has other shares.
  const fromMs = Math.ceil(calibrated.fromMs / spec.tickMs) * spec.tickMs;
  const look = await lookBack(deps, { spec, variants: [variant, slices.candidate], fromMs, rollout: id });
  const measured = await dispersionOfSlices(look, { slices, plans, fromMs, toMs: calibrated.toMs });
  return plans.map((plan, i) => {
    const found = measured[plan.name];
    const guard = spec.guards[i];
    const wanted = guard?.kind === 'latency' ? (guard.mode ?? undefined) : undefined;
    return found === undefined ? plan : withDispersion(plan, found, wanted);
  });
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
