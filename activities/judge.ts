import { decide, judgeTick } from '../guards';
import type { ArmCounts, GuardPlan, TickEvidence } from '../guards/types';
import type { GuardTrack, LookResult } from '../rollout';
import { describeEndpoint, sharePctOf } from '../sagemaker/endpoint';
import { FailureError } from '../sagemaker/faults';
import type { GuardSpec } from '../spec/types';
import type { ActivityDeps } from './deps';
import { errorCounts, readCounts } from './evidence/counts';
import type { CountsReading } from './evidence/counts';
import { readQuality } from './evidence/quality';
import type { QualityReading } from './evidence/quality';
import { tickKey, ticksBetween } from './evidence/ticks';
import type { Tick } from './evidence/ticks';
import type { LookRequest } from './types';

/** Shares are read back as floats of weights. */
const SHARE_TOLERANCE_PCT = 0.01;

/** One look: checks that the endpoint is as we left it, then feeds every guard the ticks that have closed since its last one. */
export async function judge(deps: ActivityDeps, input: LookRequest): Promise<LookResult> {
  await expectUntouched(deps, input);
  const { spec, traffic } = input;
  // An approval may be awaited before the first shift: there is nothing to judge until evidence is open.
  if (traffic.throughMs === 0) return noEvidenceYet(input);
  const arms = { candidate: spec.candidates[0].name, incumbent: input.incumbent?.variant ?? '' };
  const variants = [arms.candidate, arms.incumbent];
  const nowMs = deps.now();
  const cursor = (kind: GuardSpec['kind']): number =>
    Math.min(...input.guards.filter((_, i) => spec.guards[i]?.kind === kind).map((track) => track.throughMs));

  const counts = await readCounts(
    { objects: deps.objects, cloudwatch: deps.aws.cloudwatch },
    { spec, variants, fromMs: Math.min(cursor('errors'), traffic.throughMs), nowMs }
  );
  const quality = spec.guards.some((guard) => guard.kind === 'quality')
    ? await readQuality(deps.objects, { spec, variants, fromMs: cursor('quality'), nowMs })
    : null;

  const guards = input.guards.map((track, i): GuardTrack => {
    const guard = spec.guards[i];
    const plan = input.plan.guards[i];
    if (guard === undefined || plan === undefined) throw new FailureError('Internal', `Guard ${i} has no plan.`);
    const armCounts = (tick: Tick, variant: string): ArmCounts => countsOf({ guard, tick, variant, counts, quality });
    const closedMs = guard.kind === 'quality' ? (quality?.closedMs ?? 0) : counts.closedMs;
    const ticks = ticksBetween(track.throughMs, closedMs, spec.tickMs).map((tick) => ({
      endMs: tick.endMs,
      evidence: {
        key: tickKey(tick),
        candidate: armCounts(tick, arms.candidate),
        incumbent: armCounts(tick, arms.incumbent),
      },
    }));
    return feed(track, plan, ticks);
  });
  return {
    guards,
    decision: decide(
      input.plan.guards,
      guards.map((track) => track.state)
    ),
    traffic: addTraffic(input, counts, arms),
  };
}

function noEvidenceYet({ plan, guards, traffic }: LookRequest): LookResult {
  const states = guards.map((track) => track.state);
  return { guards, decision: decide(plan.guards, states), traffic };
}

function feed(
  track: GuardTrack,
  plan: GuardPlan,
  ticks: readonly { readonly endMs: number; readonly evidence: TickEvidence }[]
): GuardTrack {
  return ticks.reduce(
    (sofar, { endMs, evidence }) => ({ ...judgeTick({ plan, state: sofar.state, evidence }), throughMs: endMs }),
    track
  );
}

function countsOf(input: {
  readonly guard: GuardSpec;
  readonly tick: Tick;
  readonly variant: string;
  readonly counts: CountsReading;
  readonly quality: QualityReading | null;
}): ArmCounts {
  const { guard, tick, variant, counts, quality } = input;
  switch (guard.kind) {
    case 'errors':
      return errorCounts(guard, counts.totals(tick).get(variant));
    case 'quality':
      return quality?.counts(tick, variant) ?? { n: 0, bad: 0 };
  }
}

function addTraffic(
  input: LookRequest,
  counts: CountsReading,
  arms: { readonly candidate: string; readonly incumbent: string }
): LookResult['traffic'] {
  const ticks = ticksBetween(input.traffic.throughMs, counts.closedMs, input.spec.tickMs);
  const sum = (variant: string): number =>
    ticks.reduce((total, tick) => total + (counts.totals(tick).get(variant)?.requests ?? 0), 0);
  const candidate = sum(arms.candidate);
  const incumbent = sum(arms.incumbent);
  return {
    candidate: input.traffic.candidate + candidate,
    incumbent: input.traffic.incumbent + incumbent,
    actualSharePct:
      candidate + incumbent > 0 ? (100 * candidate) / (candidate + incumbent) : input.traffic.actualSharePct,
    throughMs: ticks.at(-1)?.endMs ?? input.traffic.throughMs,
  };
}

/** A provider that went back by itself, or somebody who changed the endpoint, makes all further evidence meaningless. */
async function expectUntouched(deps: ActivityDeps, input: LookRequest): Promise<void> {
  const { endpoint, candidates } = input.spec;
  const description = await describeEndpoint(deps.aws.sagemaker, endpoint);
  if (description === null) throw new FailureError('OutsideChange', `Endpoint ${endpoint} is gone.`);
  const configName = description.EndpointConfigName ?? '';
  // Before the first shift the approval of a dark candidate may be awaited: its config is the pair's, too.
  if (configName !== input.plan.names.pairConfig) {
    const silent = configName === input.incumbent?.configName;
    const what = `Endpoint ${endpoint} is on config ${configName}, not on ${input.plan.names.pairConfig}${silent ? `: SageMaker went back by itself (${description.FailureReason ?? 'no reason given'})` : ': somebody changed it'}.`;
    throw new FailureError(silent ? 'SilentRollback' : 'OutsideChange', what);
  }
  const sharePct = sharePctOf(description, candidates[0].name);
  if (description.EndpointStatus === 'InService' && Math.abs(sharePct - input.sharePct) > SHARE_TOLERANCE_PCT) {
    throw new FailureError(
      'OutsideChange',
      `${candidates[0].name} has ${sharePct.toFixed(2)} % of the weight on ${endpoint}, not ${input.sharePct} %: somebody changed it.`
    );
  }
}
