import { createHash } from 'node:crypto';
import { latencyBoundsMs } from '../../gateway/latency-buckets';
import { guardNames, measureDispersion } from '../../guards';
import type { ArmCounts, Dispersion } from '../../guards';
import { seededUniform } from '../../guards/random';
import { needsLabels } from '../../guards/thresholds/facet-metrics';
import type { InputFeature } from '../../guards/thresholds/types';
import { ticksBetween } from '../../activities/evidence/ticks';
import { EVENT_LAG_MS } from '../../spec/ripening';
import type { BanditStage, GuardSpec, RolloutSpec } from '../../spec/types';
import { draw, evidenceOf, failures, missesOf, wrongOf } from './scenario-evidence';
import type { Drawn } from './scenario-evidence';
import { incumbentOf, quantileMs } from './truth';
import type { Scenario, Truth } from './truth';
import { rewardGuard } from './world';
import type { SharesAt, World } from './world';

/** Requests and labels of the incumbent that stand for its past. */
const PAST = 20_000;
/** Of one A/A phase that the scenario imagines before the rollout. */
const CALIBRATION_TICKS = 240;
const CLOUDWATCH_LAG_MS = 120_000;
const START_MS = Date.parse('2026-01-05T08:00:00Z');

/** A made-up world: counts are drawn, from a seed, so that the same question always has the same answer. */
export function scenarioWorld(
  spec: RolloutSpec,
  p: {
    /** By candidate; one that is not named is as good as the incumbent. */
    readonly scenarios: Readonly<Record<string, Scenario>>;
    readonly requestsPerSecond: number;
    readonly seed: number;
  }
): World {
  const { scenarios, requestsPerSecond, seed } = p;
  const own = incumbentOf(Object.values(scenarios));
  const { tickMs } = spec;
  const incumbent = 'incumbent';
  const names = guardNames(spec.guards);
  const truthOf = (variant: string, atMs: number): Truth =>
    variant === incumbent ? own : (scenarios[variant]?.candidate(atMs - START_MS) ?? own);
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

  const drawnOf = (p: {
    readonly name: string;
    readonly variant: string;
    readonly startMs: number;
    readonly n: number;
  }): Drawn => ({ n: p.n, truth: truthOf(p.variant, p.startMs), uniform: uniformsOf(p.name, p.variant, p.startMs) });

  const before = pastOf(spec, { truth: own, uniformsOf });
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
        const of = (variant: string): Drawn => drawnOf({ name, variant, startMs, n: requests[variant] ?? 0 });
        const key = new Date(endMs).toISOString();
        const at = { key, sharePct, copyPct, sampling: Math.max(0.01, spec.capture.samplingPct / 100) };
        return { endMs, evidence: evidenceOf(plan, { candidate: of(arm), incumbent: of(incumbent) }, at) };
      });
    },
    rewards({ reward, throughMs, nowMs, sharesAt }) {
      // Drawn as the guard that counts the same draws them: one request has one outcome.
      const name = names[rewardGuard(spec, reward)] ?? 'reward';
      const outcomes = reward.kind === 'quality' ? wrongOf : missesOf;
      return ticksBetween(throughMs, nowMs - outcomeLag(spec, reward), tickMs).map(({ startMs, endMs }) => {
        const served = Object.entries(requestsIn(startMs, sharesAt));
        const arms = served.map(([variant, n]) => [variant, outcomes(drawnOf({ name, variant, startMs, n }))] as const);
        return { endMs, arms: Object.fromEntries(arms) };
      });
    },
    requests: ({ startMs, sharesAt }) => requestsIn(startMs, sharesAt),
  };
}

/** How long after a tick it is known what its requests came to: labels are ripe, or no event is awaited any more. */
function outcomeLag(spec: RolloutSpec, reward: BanditStage['reward']): number {
  return reward.kind === 'quality'
    ? (spec.groundTruth?.maturityMs ?? 0)
    : (spec.events?.[reward.event]?.windowMs ?? 0) + EVENT_LAG_MS;
}

/** How long after a tick its evidence is closed. */
function lagOf(spec: RolloutSpec, guard: GuardSpec): number {
  const counts = spec.counts.from === 'cloudwatch' ? CLOUDWATCH_LAG_MS : 0;
  const capture = spec.capture.lagMs ?? 0;
  switch (guard.kind) {
    case 'quality':
    case 'labelLoss':
    case 'shadow':
      return outcomeLag(spec, { kind: 'quality' });
    case 'business':
    case 'goal':
      return outcomeLag(spec, { kind: 'event', event: guard.event ?? '' });
    case 'captureLoss':
      return Math.max(counts, capture);
    case 'mean':
    case 'shadowScore':
    case 'outputDrift':
    case 'inputDrift':
    case 'attribution':
      return capture;
    case 'bias':
      return needsLabels(guard.metric) ? outcomeLag(spec, { kind: 'quality' }) : capture;
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

/** What the incumbent's past and an A/A phase of it would have shown. */
function pastOf(
  spec: RolloutSpec,
  { truth, uniformsOf }: { readonly truth: Truth; readonly uniformsOf: (...parts: readonly string[]) => () => number }
): World['before'] {
  const incumbent: Record<string, ArmCounts> = {};
  const latencyMs: Record<string, readonly number[]> = {};
  const dispersion: Record<string, Dispersion> = {};
  const inputs: Record<string, readonly InputFeature[]> = {};
  for (const [i, name] of guardNames(spec.guards).entries()) {
    const guard = spec.guards[i];
    const rate = guard === undefined ? undefined : rateOf(guard, truth);
    if (rate !== undefined) incumbent[name] = { n: PAST, bad: Math.round(PAST * rate) };
    if (guard?.kind === 'inputDrift')
      inputs[name] = [{ kind: 'word', place: 'a simulated feature', words: ['a'], counts: [PAST / 2, PAST / 2] }];
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
  return { incumbent, dispersion, latencyMs, inputs, ...bounds };
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
