import { guardNames, measureDispersion, noiseOfHistory, noisiest } from '../guards';
import type { Dispersion } from '../guards';
import type { ArmCounts, GuardPlan, NoiseMode, TickEvidence } from '../guards/types';
import type { AlarmPlan, InputFeature } from '../guards/thresholds/types';
import { FailureError } from '../sagemaker/faults';
import type { GuardSpec, RolloutSpec } from '../spec/types';
import type { ActivityDeps } from './deps';
import { alarmTreatment } from './evidence/alarm';
import type { ArmSources } from './evidence/arm-source';
import { measureInputs } from './evidence/inputs';
import { measureQuantiles } from './evidence/latency';
import { openLook } from './evidence/look';
import type { Look } from './evidence/look';
import { OF_RATES, readGuard } from './evidence/read-guard';
import type { Pair, TickRead } from './evidence/reading';
import { allTicks, furtherOf, incumbentCounts, perSecond, sumOf } from './measure-further';
import type { Further } from './measure-further';

/** What is known of the incumbent before the plan is fixed, by guard name. */
export interface Measured {
  /** Trials and bad events of guards on rates. */
  readonly baseline: Readonly<Record<string, ArmCounts>>;
  /** Trials a second, from the first tick that saw any. */
  readonly trialsPerSecond: Readonly<Record<string, number>>;
  /** How guards on rates treat noise, by how much its own wobbled. */
  readonly noise: Readonly<Record<string, NoiseMode>>;
  /** Its quantiles in milliseconds. */
  readonly latencyMs: Readonly<Record<string, readonly number[]>>;
  /** What its requests looked like. */
  readonly inputs: Readonly<Record<string, readonly InputFeature[]>>;
  /** Requests a second, where a guard on latency is to be foretold; else 0. */
  readonly requestsPerSecond: number;
  /** What forecasts of guards on pairs, answers and means rest on. */
  readonly further: Readonly<Record<string, Further>>;
}

/** Opens a look back at the incumbent alone. */
export function lookBack(
  deps: ActivityDeps,
  input: {
    readonly spec: RolloutSpec;
    readonly variants: readonly string[];
    readonly fromMs: number;
    readonly rollout: string;
    readonly sources?: ArmSources;
  }
): Promise<Look> {
  const { spec, variants, fromMs, rollout, sources = {} } = input;
  return openLook(
    { objects: deps.objects, cloudwatch: deps.aws.cloudwatch },
    { spec, variants, nowMs: deps.now(), countsFromMs: fromMs, shares: [], about: { rollout }, sources }
  );
}

/** Reads the incumbent's own rates, their wobble, and its quantiles, from `fromMs` on. */
export async function measure(look: Look, variant: string, fromMs: number): Promise<Measured> {
  const { spec } = look;
  const pair: Pair = { candidate: variant, incumbent: variant };
  const names = guardNames(spec.guards);
  const baseline: Record<string, ArmCounts> = {};
  const trialsPerSecond: Record<string, number> = {};
  const noise: Record<string, NoiseMode> = {};
  const latencyMs: Record<string, readonly number[]> = {};
  const further: Record<string, Further> = {};
  for (const [i, guard] of spec.guards.entries()) {
    const name = names[i] ?? guard.kind;
    if (OF_RATES.has(guard.kind)) {
      const late = { openMs: fromMs, seenMs: look.nowMs };
      const reading = await readGuard(look, { guard, plan: null, pair, sinceMs: fromMs, late });
      const ticks = allTicks(reading, fromMs, pair).flatMap(({ evidence }) => incumbentCounts(evidence));
      baseline[name] = sumOf(ticks);
      trialsPerSecond[name] = perSecond(ticks, spec.tickMs);
      noise[name] = noiseOfHistory({ subject: 'rate', series: [ticks] });
    }
    if (guard.kind === 'latency' && guard.incumbentMs === null) {
      const quantiles = await measureQuantiles(look, { variant, quantiles: guard.quantiles, fromMs });
      if (quantiles !== null) latencyMs[name] = quantiles;
    }
    const more = await furtherOf(look, guard, { pair, fromMs });
    if (more !== null) further[name] = more;
  }
  const countsLatency = spec.guards.some(({ kind }) => kind === 'latency');
  const requestsPerSecond = countsLatency ? requestRate(look, variant, fromMs) : 0;
  return {
    baseline,
    trialsPerSecond,
    noise,
    latencyMs,
    requestsPerSecond,
    further,
    inputs: await measureInputs(look, fromMs),
  };
}

function requestRate({ counts, spec }: Look, variant: string, fromMs: number): number {
  const { tickMs } = spec;
  const ticks = Math.max(0, Math.floor((counts.closedMs - fromMs) / tickMs));
  const calls = Array.from({ length: ticks }, (_, i) => {
    const tick = { startMs: fromMs + i * tickMs, endMs: fromMs + (i + 1) * tickMs };
    return { n: counts.totals(tick).get(variant)?.requests ?? 0, bad: 0 };
  });
  return perSecond(calls, tickMs);
}

/** How a latency guard treats noise, by how much the incumbent's requests above the planned cut-offs wobbled. */
export async function latencyNoise(
  look: Look,
  input: { readonly guard: GuardSpec; readonly plan: GuardPlan; readonly variant: string; readonly fromMs: number }
): Promise<NoiseMode | null> {
  const { guard, plan, variant, fromMs } = input;
  if (plan.kind !== 'latency' || guard.kind !== 'latency') return null;
  const pair: Pair = { candidate: variant, incumbent: variant };
  const late = { openMs: fromMs, seenMs: look.nowMs };
  const reading = await readGuard(look, { guard, plan, pair, sinceMs: fromMs, late });
  const ticks = allTicks(reading, fromMs, pair);
  const series = plan.quantiles.map(({ cutoff }) => ticks.flatMap(slowerThan(cutoff)));
  return noiseOfHistory({ subject: 'latency', series, wanted: guard.mode ?? undefined });
}

/** What an A/A phase shows: two slices of the incumbent stand as candidate and incumbent. For each planned guard that compares rates or latency. */
export async function dispersionOfSlices(
  look: Look,
  input: {
    readonly slices: Pair;
    readonly plans: readonly GuardPlan[];
    readonly fromMs: number;
    readonly toMs: number;
  }
): Promise<Readonly<Record<string, Dispersion>>> {
  const { slices, plans, fromMs, toMs } = input;
  const found: Record<string, Dispersion> = {};
  for (const [i, plan] of plans.entries()) {
    const guard = look.spec.guards[i];
    if (guard === undefined || !(OF_RATES.has(guard.kind) || guard.kind === 'latency')) continue;
    const late = { openMs: fromMs, seenMs: look.nowMs };
    const reading = await readGuard(look, { guard, plan, pair: slices, sinceMs: fromMs, late });
    const ticks = allTicks(reading, fromMs, slices).filter(({ endMs }) => endMs <= toMs);
    const series = plan.kind === 'latency' ? plan.quantiles.map(({ cutoff }) => cutAt(ticks, cutoff)) : [rates(ticks)];
    const measured = series.map((one) => measureDispersion(one)).filter(({ ticks: { count } }) => count > 0);
    const most = noisiest(measured);
    if (most !== undefined) found[plan.name] = most;
  }
  return found;
}

/** How the file's alarms treat missing data. Throws `NotFound` for an alarm that is not there: it could never say anything. */
export async function alarmTreatments(
  { aws }: ActivityDeps,
  spec: RolloutSpec
): Promise<Readonly<Record<string, AlarmPlan['missingData']>>> {
  const names = guardNames(spec.guards);
  const treatments: Record<string, AlarmPlan['missingData']> = {};
  for (const [i, guard] of spec.guards.entries()) {
    if (guard.kind !== 'alarm') continue;
    const own = await alarmTreatment(aws.cloudwatch, guard.name);
    if (own === null) throw new FailureError('NotFound', `There is no alarm ${guard.name}, which ${names[i]} asks.`);
    treatments[names[i] ?? guard.kind] = own;
  }
  return treatments;
}

const slowerThan =
  (cutoff: number) =>
  ({ evidence }: TickRead): readonly ArmCounts[] =>
    evidence.kind === 'latency' ? [{ n: evidence.incumbent.n, bad: evidence.incumbent.above[cutoff] ?? 0 }] : [];

function cutAt(ticks: readonly TickRead[], cutoff: number): readonly TickEvidence[] {
  return ticks.flatMap(({ evidence }) => {
    if (evidence.kind !== 'latency') return [];
    const { key, candidate, incumbent } = evidence;
    const arm = ({ n, above }: typeof candidate): ArmCounts => ({ n, bad: above[cutoff] ?? 0 });
    return [{ key, candidate: arm(candidate), incumbent: arm(incumbent) }];
  });
}

function rates(ticks: readonly TickRead[]): readonly TickEvidence[] {
  return ticks.flatMap(({ evidence }) => (evidence.kind === undefined || evidence.kind === 'counts' ? [evidence] : []));
}
