import type { PlannedContext, RolloutActivities } from '../../activities/types';
import { toApplicationFailure } from '../../activities/failures';
import { currentVerdict, decide, judgeTick, planGuards, startGuard } from '../../guards';
import type { ArmCounts } from '../../guards/types';
import type { LiveEndpoint } from '../../rollout';
import { failure } from '../../sagemaker/faults';
import type { FailureType } from '../../spec/failures';

/** What a look of the fake finds: counts of one tick by guard, for the candidate and the incumbent. */
export type FakeTick = Readonly<Record<'errors' | 'quality', readonly [candidate: ArmCounts, incumbent: ArmCounts]>>;

export interface Scenario {
  /** Variant that serves at the start; null for a first deployment. */
  readonly serving?: string | null;
  /** Evidence of the n-th look, counted from 1. */
  readonly tick?: (look: number) => FakeTick;
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
};
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
  let looks = 0;

  const enter = async (name: keyof RolloutActivities, text: string = name): Promise<void> => {
    const call = (counted.get(name) ?? 0) + 1;
    counted.set(name, call);
    await scenario.on?.[name]?.(call);
    // What AWS does takes effect some time after a person has spoken, never at the same instant.
    if (scenario.on?.[name] !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    const type = scenario.failures?.[name]?.[call - 1];
    if (type !== undefined && type !== null)
      throw toApplicationFailure(failure(type, `${name} failed as the test asked.`));
    calls.push(text);
  };

  const activities: RolloutActivities = {
    async inspectEndpoint() {
      await enter('inspectEndpoint');
      return live;
    },
    async fixPlan({ spec, number, incumbent }) {
      await enter('fixPlan');
      const baseline = { errors: { n: 5_000, bad: 0 }, quality: { n: 5_000, bad: 1_400 } };
      const names = { model: 'm', pairConfig: `pair-${number}`, soloConfig: `solo-${number}` };
      const guards =
        incumbent === null
          ? []
          : planGuards({ guards: spec.guards, budget: spec.budget, horizonTicks: 180, incumbent: baseline });
      const tracks = guards.map((plan) => ({
        state: startGuard(plan),
        verdict: currentVerdict(plan, startGuard(plan)),
        throughMs: 0,
      }));
      return { plan: { names, guards, baseline, forecasts: [], digest: 'd1ge57' }, guards: tracks };
    },
    async createEndpoint({ spec, plan }) {
      await enter('createEndpoint');
      live = serving(spec.candidates[0].name, plan.names.soloConfig);
    },
    async deployCandidate(context) {
      await enter('deployCandidate');
      live = pair(context, 0);
    },
    async awaitEndpoint({ configName, share }) {
      await enter('awaitEndpoint', `await ${configName}${share === null ? '' : ` at ${share.sharePct} %`}`);
    },
    async shiftTraffic({ sharePct, ...context }) {
      await enter('shiftTraffic', `shift ${sharePct} %`);
      live = pair(context, sharePct);
    },
    async judge({ plan, guards, spec, traffic, sharePct }) {
      await enter('judge', `judge at ${sharePct} %`);
      looks += 1;
      const tick = scenario.tick?.(looks) ?? dullTick;
      const tracks = guards.map((track, i) => {
        const guard = plan.guards[i];
        if (guard === undefined) throw new Error('no such guard');
        const endMs = track.throughMs + spec.tickMs;
        const [candidate, incumbent] = tick[spec.guards[i]?.kind ?? 'errors'];
        return {
          ...judgeTick({
            plan: guard,
            state: track.state,
            evidence: { key: new Date(endMs).toISOString(), candidate, incumbent },
          }),
          throughMs: endMs,
        };
      });
      const [candidate, incumbent] = tick.errors;
      return {
        guards: tracks,
        decision: decide(
          plan.guards,
          tracks.map((track) => track.state)
        ),
        traffic: {
          candidate: traffic.candidate + candidate.n,
          incumbent: traffic.incumbent + incumbent.n,
          actualSharePct: sharePct,
          throughMs: traffic.throughMs + spec.tickMs,
        },
      };
    },
    async rewriteToCandidate({ spec, plan }) {
      await enter('rewriteToCandidate');
      live = serving(spec.candidates[0].name, plan.names.soloConfig);
    },
    async restoreIncumbent({ incumbent }) {
      await enter('restoreIncumbent');
      live = serving(incumbent?.variant ?? '?', incumbent?.configName ?? '?');
    },
    async removeEndpoint() {
      await enter('removeEndpoint');
      live = null;
    },
    async collectGarbage({ keep }) {
      await enter('collectGarbage', `keep the ${keep}`);
    },
  };
  return { activities, calls, live: () => live };
}

function serving(name: string, configName: string): LiveEndpoint {
  return {
    status: 'InService',
    configName,
    variants: [{ name, modelName: `model-${name}`, sharePct: 100, instanceType: 'ml.m5.large', instanceCount: 1 }],
  };
}

function pair({ spec, plan, incumbent }: PlannedContext, sharePct: number): LiveEndpoint {
  const variant = (name: string, share: number): LiveEndpoint['variants'][number] => ({
    name,
    modelName: `model-${name}`,
    sharePct: share,
    instanceType: 'ml.m5.large',
    instanceCount: 1,
  });
  return {
    status: 'InService',
    configName: plan.names.pairConfig,
    variants: [variant(incumbent?.variant ?? '?', 100 - sharePct), variant(spec.candidates[0].name, sharePct)],
  };
}
