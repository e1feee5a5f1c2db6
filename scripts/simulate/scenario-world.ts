import { createHash } from 'node:crypto';
import { latencyBoundsMs } from '../../gateway/latency-buckets';
import { guardNames, measureDispersion } from '../../guards';
import type { ArmCounts, Dispersion, Evidence, GuardPlan } from '../../guards';
import { seededUniform } from '../../guards/random';
import { binomialSampler } from '../../guards/sampler';
import { ticksBetween } from '../../activities/evidence/ticks';
import type { GuardSpec, RolloutSpec } from '../../spec/types';
import { quantileMs, slowerThan } from './truth';
import type { Scenario, Truth } from './truth';
import type { SharesAt, World } from './world';

/** Requests and labels of the incumbent that stand for its past. */
const PAST = 20_000;
/** Of one A/A phase that the scenario imagines before the rollout. */
const CALIBRATION_TICKS = 240;
const CLOUDWATCH_LAG_MS = 120_000;
const EVENT_LAG_MS = 60_000;
const START_MS = Date.parse('2026-01-05T08:00:00Z');

/** A made-up world: counts are drawn, from a seed, so that the same question always has the same answer. */
export function scenarioWorld(
  spec: RolloutSpec,
  p: { readonly scenario: Scenario; readonly requestsPerSecond: number; readonly seed: number }
): World {
  const { scenario, requestsPerSecond, seed } = p;
  const { tickMs } = spec;
  const incumbent = 'incumbent';
  const truthOf = (variant: string, atMs: number): Truth =>
    variant === incumbent ? scenario.incumbent : scenario.candidate(atMs - START_MS);
  const uniformsOf = (...parts: readonly (string | number)[]): (() => number) =>
    seededUniform(
      createHash('sha256')
        .update([seed, ...parts].join('/'))
        .digest()
        .readUInt32BE(0)
    );

  /** Requests by variant in the tick that begins then, split by chance as a load balancer does. */
  const requestsIn = (startMs: number, sharesAt: SharesAt): Readonly<Record<string, number>> => {
    const total = Math.round((requestsPerSecond * tickMs) / 1_000);
    const shares = sharesAt(startMs);
    let [left, restPct] = [total, 100];
    const counts: Record<string, number> = {};
    for (const { name } of spec.candidates) {
      const share = Math.min(restPct, shares[name] ?? 0);
      const n = draw(left, restPct > 0 ? share / restPct : 0, uniformsOf('requests', name, startMs));
      counts[name] = n;
      [left, restPct] = [left - n, restPct - share];
    }
    return { ...counts, [incumbent]: left };
  };

  const before = pastOf(spec, { scenario, uniformsOf });
  return {
    incumbent,
    startMs: START_MS,
    endsMs: null,
    requestsPerSecond,
    before,
    ticks({ name, guard, plan, arm, throughMs, nowMs, sharesAt, copyPct }) {
      return ticksBetween(throughMs, nowMs - lagOf(spec, guard), tickMs).map(({ startMs, endMs }) => {
        const requests = requestsIn(startMs, sharesAt);
        const share = sharesAt(startMs)[arm] ?? 0;
        const incumbentShare = 100 - Object.values(sharesAt(startMs)).reduce((sum, pct) => sum + pct, 0);
        const sharePct = share + incumbentShare > 0 ? (100 * share) / (share + incumbentShare) : 0;
        const of = (variant: string): Drawn => ({
          n: requests[variant] ?? 0,
          truth: truthOf(variant, startMs),
          uniform: uniformsOf(name, variant, startMs),
        });
        const key = new Date(endMs).toISOString();
        const at = { key, sharePct, copyPct, sampling: Math.max(0.01, spec.capture.samplingPct / 100) };
        return { endMs, evidence: evidenceOf(plan, { candidate: of(arm), incumbent: of(incumbent) }, at) };
      });
    },
    requests: ({ startMs, sharesAt }) => requestsIn(startMs, sharesAt),
  };
}

/** How long after a tick its evidence is closed. */
function lagOf(spec: RolloutSpec, guard: GuardSpec): number {
  const counts = spec.counts.from === 'cloudwatch' ? CLOUDWATCH_LAG_MS : 0;
  const capture = spec.capture.lagMs ?? 0;
  switch (guard.kind) {
    case 'quality':
    case 'labelLoss':
    case 'shadow':
      return spec.groundTruth?.maturityMs ?? 0;
    case 'business':
    case 'goal':
      return (spec.events?.[guard.event ?? '']?.windowMs ?? 0) + EVENT_LAG_MS;
    case 'captureLoss':
      return Math.max(counts, capture);
    case 'mean':
    case 'shadowScore':
    case 'outputDrift':
      return capture;
    case 'threshold':
      return CLOUDWATCH_LAG_MS;
    case 'errors':
    case 'split':
    case 'latency':
      return counts;
    case 'alarm':
    case 'webhook':
      return 0;
  }
}

interface Drawn {
  readonly n: number;
  readonly truth: Truth;
  readonly uniform: () => number;
}

function evidenceOf(
  plan: GuardPlan,
  arms: { readonly candidate: Drawn; readonly incumbent: Drawn },
  at: { readonly key: string; readonly sharePct: number; readonly copyPct: number; readonly sampling: number }
): Evidence {
  const { key, sharePct, copyPct, sampling } = at;
  const each = <T>(of: (arm: Drawn) => T) => ({ candidate: of(arms.candidate), incumbent: of(arms.incumbent) });
  switch (plan.kind) {
    case 'errors':
      return { key, ...each(failures) };
    case 'quality':
      return { key, ...each((arm) => wrongOf({ ...arm, n: draw(arm.n, arm.truth.labelled, arm.uniform) })) };
    case 'business':
    case 'goal': {
      const misses = ({ n, truth, uniform }: Drawn) => ({ n, bad: draw(n, 1 - truth.converted, uniform) });
      return { key, unit: plan.unit ?? 'request', ...each(misses) };
    }
    case 'shadow': {
      const { uniform } = arms.incumbent;
      const n = draw(arms.incumbent.n, copyPct / 100, uniform);
      const [own, other] = [arms.candidate.truth.wrong, arms.incumbent.truth.wrong];
      const worse = draw(n, own * (1 - other), uniform);
      const better = draw(n - worse, (other * (1 - own)) / (1 - own * (1 - other)), uniform);
      return { key, candidate: { n, bad: worse }, incumbent: { n, bad: better } };
    }
    case 'latency':
      return { kind: 'latency', key, ...each((arm) => ({ n: arm.n, above: slower(arm, plan.cutoffsMs) })) };
    case 'mean':
      if (plan.method === 'score') return { kind: 'moments', key, unit: plan.unit ?? 'request', ...each(moments) };
      return {
        kind: 'histogram',
        key,
        unit: plan.unit ?? 'request',
        sharePct,
        ...each((arm) => ends(arm, plan.points.length)),
      };
    case 'shadowScore': {
      const { uniform } = arms.incumbent;
      const n = draw(arms.incumbent.n, copyPct / 100, uniform);
      const shift = arms.candidate.truth.value - arms.incumbent.truth.value;
      const moved = draw(n, Math.min(1, Math.abs(shift)), uniform);
      const zero = Math.max(
        0,
        plan.points.findIndex((point) => point >= 0)
      );
      const counts = plan.points.map((_, i) => (i === zero ? n - moved : 0));
      const end = shift < 0 ? 0 : plan.points.length - 1;
      return { kind: 'differences', key, counts: counts.map((count, i) => (i === end ? count + moved : count)) };
    }
    case 'split':
      return { kind: 'split', key, sharePct, candidate: arms.candidate.n, incumbent: arms.incumbent.n };
    case 'captureLoss': {
      const got = ({ n, truth, uniform }: Drawn) => ({ due: n, got: draw(n, truth.captured * sampling, uniform) });
      return { kind: 'coverage', key, sampling, ...each(got) };
    }
    case 'labelLoss': {
      const got = ({ n, truth, uniform }: Drawn) => ({ due: n, got: draw(n, truth.labelled, uniform) });
      return { kind: 'coverage', key, sampling: 1, ...each(got) };
    }
    case 'outputDrift':
      return { kind: 'labels', key, ...each((arm) => labels(arm, plan.distance === 'kolmogorovSmirnov')) };
    case 'threshold': {
      const limit = 'above' in plan.limit ? plan.limit.above : plan.limit.below;
      const beyond = ('above' in plan.limit ? 1 : -1) * (Math.abs(limit) + 1);
      return { kind: 'value', key, value: arms.candidate.truth.isWell ? limit : limit + beyond };
    }
    case 'alarm':
      return { kind: 'alarm', key, state: arms.candidate.truth.isWell ? 'OK' : 'ALARM', dataPoints: 1 };
    case 'webhook':
      return { kind: 'webhook', key, answer: arms.candidate.truth.isWell ? 'pass' : 'fail', said: 'simulated' };
  }
}

function failures({ n, truth, uniform }: Drawn): ArmCounts {
  const odds = (truth.failed / (1 - truth.failed)) * Math.exp(truth.wobble * gauss(uniform));
  return { n, bad: draw(n, odds / (1 + odds), uniform) };
}

const wrongOf = ({ n, truth, uniform }: Drawn): ArmCounts => ({ n, bad: draw(n, truth.wrong, uniform) });

/** Counts above rising cut-offs, each drawn among those above the last. */
function slower({ n, truth, uniform }: Drawn, cutoffsMs: readonly number[]): readonly number[] {
  let [left, chance] = [n, 1];
  return cutoffsMs.map((ms) => {
    const next = slowerThan(truth, ms);
    left = draw(left, chance > 0 ? Math.min(1, next / chance) : 0, uniform);
    chance = next;
    return left;
  });
}

function moments({ n, truth, uniform }: Drawn) {
  const mean = 20 * truth.value + (n > 0 ? gauss(uniform) / Math.sqrt(n) : 0);
  return { n, sum: n * mean, squares: n * (mean * mean + 1) };
}

/** A value as a coin between the first and the last point. */
function ends({ n, truth, uniform }: Drawn, points: number): readonly number[] {
  const high = draw(n, truth.value, uniform);
  return Array.from({ length: points }, (_, i) => (i === 0 ? n - high : i === points - 1 ? high : 0));
}

function labels({ n, truth, uniform }: Drawn, asNumbers: boolean): Readonly<Record<string, number>> {
  const positive = draw(n, truth.positive, uniform);
  return asNumbers ? { '1': positive, '0': n - positive } : { positive, negative: n - positive };
}

function draw(n: number, rate: number, uniform: () => number): number {
  if (n <= 0 || !(rate > 0)) return 0;
  return rate >= 1 ? n : binomialSampler(n, rate)(uniform());
}

/** A standard normal number (Box and Muller). */
function gauss(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** What the incumbent's past and an A/A phase of it would have shown. */
function pastOf(
  spec: RolloutSpec,
  {
    scenario,
    uniformsOf,
  }: { readonly scenario: Scenario; readonly uniformsOf: (...parts: readonly string[]) => () => number }
): World['before'] {
  const truth = scenario.incumbent;
  const incumbent: Record<string, ArmCounts> = {};
  const latencyMs: Record<string, readonly number[]> = {};
  const dispersion: Record<string, Dispersion> = {};
  for (const [i, name] of guardNames(spec.guards).entries()) {
    const guard = spec.guards[i];
    const rate = guard === undefined ? undefined : rateOf(guard, truth);
    if (rate !== undefined) incumbent[name] = { n: PAST, bad: Math.round(PAST * rate) };
    if (guard?.kind === 'latency') latencyMs[name] = guard.quantiles.map((quantile) => quantileMs(truth, quantile));
    if (guard?.kind === 'errors' && truth.wobble > 0) {
      const uniform = uniformsOf('calibrate', name);
      const slice = (): ArmCounts => failures({ n: 300, truth, uniform });
      const ticks = Array.from({ length: CALIBRATION_TICKS }, (_, tick) => ({
        key: new Date(START_MS - (CALIBRATION_TICKS - tick) * spec.tickMs).toISOString(),
        candidate: slice(),
        incumbent: slice(),
      }));
      dispersion[name] = measureDispersion(ticks);
    }
  }
  const bounds = spec.counts.from === 'gateway' ? { latencyBoundsMs } : {};
  return { incumbent, dispersion, latencyMs, ...bounds };
}

function rateOf({ kind }: GuardSpec, truth: Truth): number | undefined {
  switch (kind) {
    case 'errors':
      return truth.failed;
    case 'quality':
      return truth.wrong;
    case 'business':
    case 'goal':
      return 1 - truth.converted;
    default:
      return undefined;
  }
}
