import type { FixedPlan, LookRequest, NamedContext, RolloutActivities } from '../../activities/types';
import { toApplicationFailure } from '../../activities/failures';
import { currentVerdict, decide, judgeTick, planEveryGuard, startGuard } from '../../guards';
import type { ArmCounts, Evidence, GuardPlan } from '../../guards/types';
import { layoutText, sharesText } from '../../rollout';
import type { DeploymentReading, LayoutKind, LiveEndpoint, LookResult, RolloutNames, SideHealth } from '../../rollout';
import { failure } from '../../sagemaker/faults';
import type { FailureType } from '../../spec/failures';
import type { RolloutSpec } from '../../spec/types';

/** The incumbent's 0.9 quantile of the time to answer. */
export const LATENCY_MS = 200;

/** What a look of the fake finds: counts of one tick by guard, for the candidate and the incumbent. */
export interface FakeTick extends Readonly<
  Record<'errors' | 'quality', readonly [candidate: ArmCounts, incumbent: ArmCounts]>
> {
  /** How much longer the candidate takes to answer; as long as the incumbent unless told otherwise. */
  readonly slowdown?: number;
  /** The alarm that a guard reads; nothing is known of it unless told otherwise. */
  readonly alarm?: 'OK' | 'ALARM';
}

export interface Scenario {
  /** Variant that serves at the start; null for a first deployment. */
  readonly serving?: string | null;
  /** Evidence of the n-th look about a candidate, counted from 1. */
  readonly tick?: (look: number, arm: string) => FakeTick;
  /** What the n-th look says beside the guards: pairs, or what the evidence wants of the shares. */
  readonly also?: (
    look: number,
    request: LookRequest
  ) => Partial<Pick<LookResult, 'proposal'>> & { readonly pairs?: number };
  /** How far the n-th reading finds SageMaker's own deployment; through at once unless told otherwise. */
  readonly deployment?: (reading: number) => DeploymentReading;
  /** How both sides of a rollback are found; healthy unless told otherwise. */
  readonly sides?: (assessment: number) => readonly [incumbent: boolean, candidate: boolean];
  /** Thrown by an activity instead of its work, in order; `null` lets one call through. */
  readonly failures?: Partial<Record<keyof RolloutActivities, readonly (FailureType | null)[]>>;
  /** Called when an activity starts its work. */
  readonly on?: Partial<Record<keyof RolloutActivities, (call: number) => void | Promise<void>>>;
}

/** Equal arms, one in a hundred candidate requests labelled: decides neither way for long. */
export const dullTick: FakeTick = {
  errors: [
    { n: 0, bad: 0 },
    { n: 0, bad: 0 },
  ],
  quality: [
    { n: 0, bad: 0 },
    { n: 0, bad: 0 },
  ],
};
export const goodTick: FakeTick = {
  errors: [
    { n: 300, bad: 0 },
    { n: 5_700, bad: 0 },
  ],
  quality: [
    { n: 250, bad: 30 },
    { n: 5_000, bad: 1_400 },
  ],
  alarm: 'OK',
};
/** Right, but in twice the time. */
export const slowTick: FakeTick = { ...goodTick, slowdown: 2 };
export const alarmingTick: FakeTick = { ...goodTick, alarm: 'ALARM' };
export const wrongTick: FakeTick = {
  errors: [
    { n: 300, bad: 0 },
    { n: 5_700, bad: 0 },
  ],
  quality: [
    { n: 250, bad: 120 },
    { n: 5_000, bad: 1_400 },
  ],
};
export const brokenTick: FakeTick = {
  errors: [
    { n: 300, bad: 40 },
    { n: 5_700, bad: 0 },
  ],
  quality: [
    { n: 250, bad: 30 },
    { n: 5_000, bad: 1_400 },
  ],
};

/** An endpoint in memory behind the activities' names, with the real guards. `calls` lists what was done, in order. */
export function fakeActivities(scenario: Scenario = {}): {
  readonly activities: RolloutActivities;
  readonly calls: string[];
  readonly live: () => LiveEndpoint | null;
} {
  const calls: string[] = [];
  const counted = new Map<string, number>();
  let live = scenario.serving === null ? null : serving(scenario.serving ?? 'v1', 'config-before');

  const enter = async (name: keyof RolloutActivities, text: string = name): Promise<number> => {
    const call = (counted.get(name) ?? 0) + 1;
    counted.set(name, call);
    await scenario.on?.[name]?.(call);
    // What AWS does takes effect some time after a person has spoken, never at the same instant.
    if (scenario.on?.[name] !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    const type = scenario.failures?.[name]?.[call - 1];
    if (type !== undefined && type !== null)
      throw toApplicationFailure(failure(type, `${name} failed as the test asked.`));
    calls.push(text);
    return call;
  };

  const activities: RolloutActivities = {
    async inspectEndpoint({ spec, number }) {
      await enter('inspectEndpoint');
      return { live, names: namesOf(spec, number) };
    },
    async checkTransforms() {
      await enter('checkTransforms');
      return 'Compared.';
    },
    async fixPlan({ spec, incumbent }) {
      await enter('fixPlan');
      return fixedPlan(spec, incumbent !== null);
    },
    async createEndpoint({ spec, names }) {
      await enter('createEndpoint');
      const { name } = spec.candidates[0];
      live = serving(name, names.single[name] ?? '?');
      return { instances: {} };
    },
    async deploy({ to, ...context }) {
      await enter('deploy', `deploy ${to}`);
      live = laidOut(context, to, {});
      return { instances: {} };
    },
    async awaitEndpoint({ configName, sharesPct }) {
      const shares = Object.entries(sharesPct ?? {}).map(([name, pct]) => `${name} ${pct} %`);
      await enter('awaitEndpoint', `await ${configName}${shares.length === 0 ? '' : ` with ${shares.join(', ')}`}`);
    },
    async warmUp({ candidates, requests }) {
      await enter('warmUp', `warm up ${candidates.join(', ')} with ${requests}`);
    },
    async shiftTraffic({ layout, ...context }) {
      await enter('shiftTraffic', `shift ${sharesText(layout.sharesPct)}`);
      live = laidOut(context, 'split', layout.sharesPct);
    },
    async judge(request) {
      const number = await enter('judge', `judge at ${layoutText(request.layout)}`);
      return lookOf(scenario, request, number);
    },
    async startGuardrails({ spec }) {
      await enter('startGuardrails', `deploy ${spec.candidates[0].name} by guardrails`);
    },
    async followGuardrails(request) {
      const number = await enter('followGuardrails');
      const through = { isThrough: true, stage: null, stageSinceMs: null };
      const reading = scenario.deployment?.(number) ?? through;
      const { spec, names, incumbent } = request;
      const { name } = spec.candidates[0];
      if (reading.isThrough) live = guarded(incumbent?.variant ?? '?', name, names.single[name] ?? '?');
      return { reading, look: lookOf(scenario, request, number) };
    },
    async assess({ spec, incumbent }) {
      const number = await enter('assess');
      const [back, candidate] = scenario.sides?.(number) ?? [true, true];
      return {
        incumbent: side(incumbent?.variant ?? '?', back),
        candidate: side(spec.candidates[0].name, candidate),
      };
    },
    async rewriteToWinner({ winner, names }) {
      await enter('rewriteToWinner', `rewrite to ${winner}`);
      live = serving(winner, names.single[winner] ?? '?');
    },
    async restoreIncumbent({ incumbent }) {
      await enter('restoreIncumbent');
      live = serving(incumbent?.variant ?? '?', incumbent?.configName ?? '?');
    },
    async removeEndpoint() {
      await enter('removeEndpoint');
      live = null;
    },
    async verifyApprover({ token, identity }) {
      await enter('verifyApprover');
      return { who: token, identity: { issuer: identity.issuer, subject: null, tokenId: null } };
    },
    async collectGarbage({ keep }) {
      await enter('collectGarbage', `keep ${keep ?? 'the incumbent'}`);
    },
  };
  return { activities, calls, live: () => live };
}

function namesOf({ candidates }: RolloutSpec, number: number): RolloutNames {
  const each = (prefix: string): Readonly<Record<string, string>> =>
    Object.fromEntries(candidates.map(({ name }) => [name, `${prefix}-${name}`]));
  return {
    models: each('model'),
    split: `split-${number}`,
    shadowed: `shadowed-${number}`,
    sliced: `sliced-${number}`,
    single: each(`single-${number}`),
  };
}

function fixedPlan(spec: RolloutSpec, compares: boolean): FixedPlan {
  const baseline = { errors: { n: 5_000, bad: 0 }, quality: { n: 5_000, bad: 1_400 } };
  const own = compares
    ? planEveryGuard({
        dispersion: {},
        guards: spec.guards,
        budget: spec.budget,
        horizonTicks: 180,
        incumbent: baseline,
      })
    : [];
  const guards = spec.candidates.flatMap(({ name }) =>
    own.map((plan) => ({ ...plan, name: spec.candidates.length === 1 ? plan.name : `${name} ${plan.name}` }))
  );
  const tracks = spec.candidates.flatMap(({ name: arm }) =>
    own.map((plan, guard) => {
      const state = startGuard(plan);
      return { arm, guard, state, verdict: currentVerdict(plan, state), throughMs: 0 };
    })
  );
  return {
    plan: { guards, baseline, forecasts: [], ramps: [], bandit: null, digest: 'd1ge57' },
    guards: tracks,
    bandit: null,
  };
}

/** A tick as one guard sees it. */
function evidenceOf(plan: GuardPlan, tick: FakeTick, key: string): Evidence {
  const [candidate, incumbent] = tick[plan.kind === 'quality' ? 'quality' : 'errors'];
  switch (plan.kind) {
    case 'latency': {
      // Exponential times: one answer in ten takes longer than the 0.9 quantile.
      const above = (n: number, slowdown: number): readonly number[] =>
        plan.cutoffsMs.map((ms) => Math.round(n * 10 ** (-ms / (LATENCY_MS * slowdown))));
      return {
        kind: 'latency',
        key,
        candidate: { n: candidate.n, above: above(candidate.n, tick.slowdown ?? 1) },
        incumbent: { n: incumbent.n, above: above(incumbent.n, 1) },
      };
    }
    case 'alarm':
      return { kind: 'alarm', key, state: tick.alarm ?? 'INSUFFICIENT_DATA', dataPoints: null };
    default:
      return { key, candidate, incumbent };
  }
}

/** One tick for every guard of every candidate, judged by the real guards. */
function lookOf(scenario: Scenario, request: LookRequest, number: number): LookResult {
  const { plan, guards, spec, traffic, layout, incumbent, bandit } = request;
  const tickOf = (arm: string): FakeTick => scenario.tick?.(number, arm) ?? dullTick;
  const tracks = guards.map((track, i) => {
    const guard = plan.guards[i];
    if (guard === undefined) throw new Error('no such guard');
    const endMs = track.throughMs + spec.tickMs;
    const evidence = evidenceOf(guard, tickOf(track.arm), new Date(endMs).toISOString());
    return { ...track, ...judgeTick({ plan: guard, state: track.state, evidence }), throughMs: endMs };
  });
  const decisions = spec.candidates.map(({ name }) => {
    const own = tracks.flatMap((track, i) => (track.arm === name ? [{ track, plan: plan.guards[i] }] : []));
    const plans = own.flatMap((one) => (one.plan === undefined ? [] : [one.plan]));
    return [
      name,
      decide(
        plans,
        own.map(({ track }) => track.state)
      ),
    ] as const;
  });
  const { pairs, proposal = null } = scenario.also?.(number, request) ?? {};
  const sums = spec.candidates.map(({ name }) => [name, tickOf(name).errors[0].n] as const);
  const lastLook = {
    ...Object.fromEntries(sums),
    [incumbent?.variant ?? '?']: tickOf(spec.candidates[0].name).errors[1].n,
  };
  return {
    guards: tracks,
    decisions: Object.fromEntries(decisions),
    traffic: {
      requests: Object.fromEntries(
        Object.entries(lastLook).map(([name, n]) => [name, (traffic.requests[name] ?? 0) + n])
      ),
      lastLook: layout.kind === 'single' ? traffic.lastLook : lastLook,
      pairs: pairs ?? traffic.pairs,
      compared: traffic.compared,
      throughMs: traffic.throughMs + spec.tickMs,
    },
    bandit,
    proposal,
  };
}

function side(variant: string, isHealthy: boolean): SideHealth {
  const failed = isHealthy ? 0 : 90;
  return { variant, instances: 1, requests: 100, failed, isHealthy, reason: `${failed} of 100 requests failed` };
}

function variant(name: string, sharePct: number): LiveEndpoint['variants'][number] {
  return { name, modelName: `model-${name}`, sharePct, instanceType: 'ml.m5.large', instanceCount: 1 };
}

function serving(name: string, configName: string): LiveEndpoint {
  return { status: 'InService', configName, variants: [variant(name, 100)] };
}

/** After a deployment by guardrails: the variant keeps its name. */
function guarded(name: string, version: string, configName: string): LiveEndpoint {
  return {
    status: 'InService',
    configName,
    variants: [{ ...variant(name, 100), modelName: `model-${version}`, version }],
  };
}

function laidOut(
  { spec, names, incumbent }: NamedContext,
  to: Exclude<LayoutKind, 'single'>,
  sharesPct: Readonly<Record<string, number>>
): LiveEndpoint {
  const own = incumbent?.variant ?? '?';
  const candidates = to === 'split' ? spec.candidates.map(({ name }) => variant(name, sharesPct[name] ?? 0)) : [];
  const rest = candidates.reduce((left, { sharePct }) => left - sharePct, 100);
  return { status: 'InService', configName: names[to], variants: [variant(own, rest), ...candidates] };
}
