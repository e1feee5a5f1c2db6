import { decide, judgeTick } from '../guards';
import type { ArmCounts, GuardPlan, TickEvidence } from '../guards/types';
import type { GuardTrack, LookResult } from '../rollout';
import { FailureError } from '../sagemaker/faults';
import type { GuardSpec } from '../spec/types';
import { renewAssignment } from './assignment';
import type { ActivityDeps } from './deps';
import { errorCounts, readCounts } from './evidence/counts';
import type { CountsReading } from './evidence/counts';
import { readQuality } from './evidence/quality';
import type { QualityReading } from './evidence/quality';
import { tickKey, ticksBetween } from './evidence/ticks';
import type { Tick } from './evidence/ticks';
import type { LookRequest } from './types';
import { expectUntouched } from './untouched';

/** One look: checks that the endpoint is as we left it, then feeds every guard the ticks that have closed since its last one. */
export async function judge(deps: ActivityDeps, input: LookRequest): Promise<LookResult> {
  await expectUntouched(deps, input);
  await renewAssignment(deps, input);
  const { spec, traffic } = input;
  // An approval may be awaited before the first shift: there is nothing to judge until evidence is open.
  if (traffic.throughMs === 0) return { ...unchanged(input), decisions: decisionsOf(input, input.guards) };
  const incumbent = input.incumbent?.variant ?? '';
  const variants = [incumbent, ...spec.candidates.map(({ name }) => name)];
  const nowMs = deps.now();
  const cursor = (kind: GuardSpec['kind']): number =>
    Math.min(...input.guards.filter(({ guard }) => spec.guards[guard]?.kind === kind).map((track) => track.throughMs));

  const counts = await readCounts(
    { objects: deps.objects, cloudwatch: deps.aws.cloudwatch },
    { spec, variants, fromMs: Math.min(cursor('errors'), traffic.throughMs), nowMs }
  );
  const quality = spec.guards.some((guard) => guard.kind === 'quality')
    ? await readQuality(deps.objects, { spec, variants, fromMs: cursor('quality'), nowMs })
    : null;

  const guards = input.guards.map((track, i): GuardTrack => {
    const guard = spec.guards[track.guard];
    const plan = input.plan.guards[i];
    if (guard === undefined || plan === undefined) throw new FailureError('Internal', `Guard ${i} has no plan.`);
    const armCounts = (tick: Tick, variant: string): ArmCounts => countsOf({ guard, tick, variant, counts, quality });
    const closedMs = guard.kind === 'quality' ? (quality?.closedMs ?? 0) : counts.closedMs;
    const ticks = ticksBetween(track.throughMs, closedMs, spec.tickMs).map((tick) => ({
      endMs: tick.endMs,
      evidence: {
        key: tickKey(tick),
        candidate: armCounts(tick, track.arm),
        incumbent: armCounts(tick, incumbent),
      },
    }));
    return feed(track, plan, ticks);
  });
  return {
    ...unchanged(input),
    guards,
    decisions: decisionsOf(input, guards),
    traffic: addTraffic(input, counts, variants),
  };
}

function unchanged({ guards, traffic, bandit }: LookRequest): Omit<LookResult, 'decisions'> {
  return { guards, traffic, bandit, proposal: null };
}

/** What the guards of each candidate say together. */
function decisionsOf({ plan, spec }: LookRequest, guards: readonly GuardTrack[]): LookResult['decisions'] {
  return Object.fromEntries(
    spec.candidates.map(({ name }) => {
      const own = plan.guards
        .map((guard, i) => ({ guard, track: guards[i] }))
        .filter(({ track }) => track?.arm === name);
      const states = own.flatMap(({ track }) => (track === undefined ? [] : [track.state]));
      return [
        name,
        decide(
          own.map(({ guard }) => guard),
          states
        ),
      ];
    })
  );
}

function feed(
  track: GuardTrack,
  plan: GuardPlan,
  ticks: readonly { readonly endMs: number; readonly evidence: TickEvidence }[]
): GuardTrack {
  return ticks.reduce<GuardTrack>(
    (sofar, { endMs, evidence }) => ({
      ...sofar,
      ...judgeTick({ plan, state: sofar.state, evidence }),
      throughMs: endMs,
    }),
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

function addTraffic(input: LookRequest, counts: CountsReading, variants: readonly string[]): LookResult['traffic'] {
  const { traffic, spec } = input;
  const ticks = ticksBetween(traffic.throughMs, counts.closedMs, spec.tickMs);
  const sums = variants.map((variant): readonly [string, number] => [
    variant,
    ticks.reduce((total, tick) => total + (counts.totals(tick).get(variant)?.requests ?? 0), 0),
  ]);
  const sawAny = sums.some(([, requests]) => requests > 0);
  return {
    ...traffic,
    requests: Object.fromEntries(sums.map(([variant, n]) => [variant, (traffic.requests[variant] ?? 0) + n])),
    lastLook: sawAny ? Object.fromEntries(sums) : traffic.lastLook,
    throughMs: ticks.at(-1)?.endMs ?? traffic.throughMs,
  };
}
