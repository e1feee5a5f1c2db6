import { GROSS_FACTOR, grossErrorPct, LEAST_CALLS, LEAST_FAILURES } from '../../activities/guardrail-alarms';
import type { ArmCounts, GuardPlan } from '../../guards';
import { guardNames } from '../../guards';
import { IMAGINED, rungsOf } from '../../rollout';
import type { DeploymentReading, RolloutState, SharesChange } from '../../rollout';
import { FailureError } from '../../sagemaker/faults';
import type { BlueGreenByGuardrails, GuardSpec, RolloutSpec } from '../../spec/types';
import type { SharesAt, World } from './world';

/** An alarm looks at a minute of data, and knows it a minute after its end. */
const MINUTE_MS = 60_000;

/** SageMaker's own deployment in simulated time: when it began, and what it does when. */
export interface Deployment {
  readonly stage: BlueGreenByGuardrails;
  /** Each step's moment, and the share that it moves the candidate to. */
  readonly steps: readonly { readonly atMs: number; readonly sharePct: number }[];
  /** The last bake is over: alarms are not looked at any more. */
  readonly bakedMs: number;
  /** The old fleet is gone. */
  readonly throughMs: number;
}

/** The deployment under way, from when it was asked for; null where SageMaker steers nothing. */
export function deploymentOf({ phase, spec }: RolloutState): Deployment | null {
  if (phase.kind !== 'guarded' || phase.deployment === null) return null;
  const rung = rungsOf(spec)[phase.rung];
  const stage = spec.stages[rung?.stage ?? -1];
  if (rung?.kind !== 'guardrails' || stage?.kind !== 'blueGreen' || stage.engine !== 'guardrails') return null;
  const firstMs = phase.sinceMs + IMAGINED.fleetChangeMs;
  const { waitMs } = stage.shift;
  const steps = rung.sharesPct.map((sharePct, i) => ({ atMs: firstMs + i * waitMs, sharePct }));
  const bakedMs = firstMs + rung.sharesPct.length * waitMs;
  return { stage, steps, bakedMs, throughMs: bakedMs + stage.terminationWaitMs };
}

/** What SageMaker does with the shares: changes that no step of the rollout makes. */
export function sharesDuring({ steps }: Deployment, candidate: string): readonly SharesChange[] {
  return steps.map(({ atMs, sharePct }) => ({ sinceMs: atMs, sharesPct: { [candidate]: sharePct } }));
}

/** How far it has come. Throws `SilentRollback` once an alarm has rung during a bake. */
export function readDeployment(
  deployment: Deployment,
  p: {
    readonly spec: RolloutSpec;
    readonly world: World;
    readonly plans: readonly GuardPlan[];
    readonly nowMs: number;
    readonly sharesAt: SharesAt;
  }
): DeploymentReading {
  const { nowMs } = p;
  const { steps, bakedMs, throughMs } = deployment;
  const rung = ringing(deployment, p);
  if (rung !== null) {
    const minutes = Math.round((rung.atMs - (steps[0]?.atMs ?? rung.atMs)) / MINUTE_MS);
    const what = `SageMaker rolled ${p.spec.endpoint} back to the old fleet by itself, ${minutes} minutes after it first moved traffic; in alarm: ${rung.says}.`;
    throw new FailureError('SilentRollback', what);
  }
  if (nowMs >= throughMs) return { isThrough: true, stage: null, stageSinceMs: null };
  if (nowMs >= bakedMs) return { isThrough: false, stage: 'Deleting', stageSinceMs: bakedMs };
  const baking = steps.findLast(({ atMs }) => atMs <= nowMs);
  return baking === undefined
    ? { isThrough: false, stage: 'Creating', stageSinceMs: null }
    : { isThrough: false, stage: 'Baking', stageSinceMs: baking.atMs };
}

interface Ringing {
  readonly atMs: number;
  readonly says: string;
}

/** The first alarm that has rung by now: those that Sluice makes, and those that the file names. */
function ringing(deployment: Deployment, p: Parameters<typeof readDeployment>[1]): Ringing | null {
  const { spec, plans } = p;
  const names = guardNames(spec.guards);
  const firstMs = deployment.steps[0]?.atMs ?? Infinity;
  const rung: Ringing[] = [];
  for (const [i, guard] of spec.guards.entries()) {
    const [plan, name] = [plans[i], names[i]];
    if (plan === undefined || name === undefined) continue;
    const alarm = alarmFor(guard, plan, { p, stage: deployment.stage });
    if (alarm === null) continue;
    const ticks = p.world.ticks({
      name,
      guard,
      plan: alarm.plan,
      arm: spec.candidates[0].name,
      throughMs: Math.floor(firstMs / spec.tickMs) * spec.tickMs,
      nowMs: p.nowMs + LATEST_MS,
      sharesAt: p.sharesAt,
      copyPct: 0,
    });
    const bad = ticks.find(({ endMs, evidence }) => endMs <= deployment.bakedMs && alarm.rings(evidence));
    if (bad !== undefined) rung.push({ atMs: bad.endMs + MINUTE_MS, says: alarm.says });
  }
  const [first] = rung.sort((a, b) => a.atMs - b.atMs);
  return first !== undefined && first.atMs <= Math.min(p.nowMs, deployment.bakedMs) ? first : null;
}

/** Guards see CloudWatch's minutes when they have settled; alarms look at them as they come. */
const LATEST_MS = 5 * MINUTE_MS;

interface SimulatedAlarm {
  readonly says: string;
  /** What the world is to be asked. */
  readonly plan: GuardPlan;
  readonly rings: (evidence: object) => boolean;
}

/** The alarm that looks at what a guard looks at; null where none does. */
function alarmFor(
  guard: GuardSpec,
  plan: GuardPlan,
  { p, stage }: { readonly p: Parameters<typeof readDeployment>[1]; readonly stage: BlueGreenByGuardrails }
): SimulatedAlarm | null {
  const minutes = p.spec.tickMs / MINUTE_MS;
  if (guard.kind === 'errors') {
    const usual = p.world.before.incumbent[plan.name] ?? { n: 1, bad: 0 };
    const limit = grossErrorPct({ usualPct: (100 * usual.bad) / Math.max(1, usual.n), sloPct: 100 * (guard.slo ?? 0) });
    return {
      says: `more than ${Number(limit.toPrecision(3))} % failed calls in a minute`,
      plan,
      rings: (evidence) => {
        const { n, bad } = candidateOf(evidence);
        return bad / minutes >= LEAST_FAILURES && (100 * bad) / n > limit;
      },
    };
  }
  // A recording has counts at its own cut-offs only, of which three times the usual is none.
  const usualMs = p.world.endsMs === null ? p90Of(guard, p.world.before.latencyMs?.[plan.name]) : undefined;
  if (guard.kind === 'latency' && plan.kind === 'latency' && usualMs !== undefined) {
    const limitMs = GROSS_FACTOR * usualMs;
    return {
      says: `a p90 above ${Number(limitMs.toPrecision(3))} ms in a minute`,
      plan: { ...plan, cutoffsMs: [limitMs] },
      rings: (evidence) => {
        const { n, above = [] } = candidateOf(evidence);
        return n / minutes >= LEAST_CALLS && (above[0] ?? 0) > 0.1 * n;
      },
    };
  }
  if (guard.kind !== 'alarm' || !stage.alarms.includes(guard.name)) return null;
  return {
    says: guard.name,
    plan,
    rings: (evidence) => 'state' in evidence && evidence.state === 'ALARM',
  };
}

function candidateOf(evidence: object): ArmCounts & { readonly above?: readonly number[] } {
  return 'candidate' in evidence ? (evidence.candidate as ArmCounts) : { n: 0, bad: 0 };
}

function p90Of(guard: GuardSpec, measuredMs: readonly number[] | undefined): number | undefined {
  if (guard.kind !== 'latency') return undefined;
  const at = guard.quantiles.indexOf(0.9);
  return at === -1 ? undefined : (guard.incumbentMs ?? measuredMs)?.[at];
}
