import { nextCommand, startRollout, step } from '../../rollout';
import type {
  DeploymentReading,
  GuardTrack,
  LookResult,
  PhaseKind,
  Proposal,
  RolloutEvent,
  RolloutPlan,
  RolloutState,
  SideHealth,
  Verb,
} from '../../rollout';
import { planEveryGuard, startGuard, currentVerdict } from '../../guards';
import type { Decision, VerdictKind } from '../../guards/types';
import { failure } from '../../sagemaker/faults';
import type { RolloutSpec } from '../../spec/types';
import { aSpec } from '../support/spec';

export const START_MS = Date.UTC(2026, 2, 1, 12);
export const ANA = { who: 'ana@example.org', why: 'the numbers say so' };

const GUARDS = planEveryGuard({
  dispersion: {},
  guards: aSpec().guards,
  budget: aSpec().budget,
  horizonTicks: 100,
  incumbent: { errors: { n: 1_000, bad: 0 }, quality: { n: 1_000, bad: 200 } },
});

export const NAMES = {
  models: { v2: 'm2', v3: 'm3' },
  split: 'split',
  shadowed: 'shadowed',
  sliced: 'sliced',
  single: { v2: 'v2-alone', v3: 'v3-alone' },
};

export const PLAN: RolloutPlan = {
  guards: GUARDS,
  baseline: {},
  forecasts: [],
  ramps: [],
  bandit: null,
  digest: 'd1ge57',
};

export const TRACKS: readonly GuardTrack[] = tracksOf('v2');

function tracksOf(arm: string): readonly GuardTrack[] {
  return GUARDS.map((plan, guard) => ({
    arm,
    guard,
    state: startGuard(plan),
    verdict: currentVerdict(plan, startGuard(plan)),
    throughMs: 0,
  }));
}

/** A look after which the guards of all candidates say the same, unless `others` says otherwise. */
export function looked(
  kind: Decision['kind'],
  requests = 0,
  more: {
    readonly decisions?: Readonly<Record<string, Decision['kind']>>;
    readonly proposal?: Proposal;
    readonly pairs?: number;
    readonly verdict?: VerdictKind;
  } = {}
): RolloutEvent {
  const said = (one: Decision['kind']): Decision => ({
    kind: one,
    guilty: one === 'rollBack' ? 'errors' : null,
    reason: `the test says ${one}`,
  });
  const { decisions = { v2: kind, v3: kind }, proposal = null, pairs = 0, verdict } = more;
  const guards =
    verdict === undefined ? TRACKS : TRACKS.map((t) => ({ ...t, verdict: { ...t.verdict, kind: verdict } }));
  const look: LookResult = {
    guards,
    decisions: Object.fromEntries(Object.entries(decisions).map(([name, one]) => [name, said(one)])),
    traffic: {
      requests: { v1: 19 * requests, v2: requests },
      lastLook: { v1: 95, v2: 5 },
      pairs,
      compared: [],
      throughMs: START_MS,
    },
    bandit: null,
    proposal,
  };
  return { kind: 'looked', look };
}

/** A reading of SageMaker's own deployment, with what a look at the same time found. */
export function followed(look: RolloutEvent, reading: Partial<DeploymentReading> = {}): RolloutEvent {
  if (look.kind !== 'looked') throw new Error('what follows a deployment is a look');
  return {
    kind: 'followed',
    reading: { isThrough: false, stage: null, stageSinceMs: null, ...reading },
    look: look.look,
  };
}

export function sides(incumbent: boolean, candidate: boolean): RolloutEvent {
  const side = (variant: string, isHealthy: boolean): SideHealth => ({
    variant,
    isHealthy,
    instances: 1,
    requests: 100,
    failed: isHealthy ? 0 : 90,
    reason: isHealthy ? 'all well' : '90 of 100 requests failed',
  });
  return { kind: 'assessed', sides: { incumbent: side('v1', incumbent), candidate: side('v2', candidate) } };
}

const say = (verb: Verb, who = ANA.who): RolloutEvent => ({ kind: 'verb', verb, who, why: ANA.why });

export const EVENTS = {
  done: { kind: 'done' },
  failed: { kind: 'failed', failure: failure('AccessDenied', 'the test says so') },
  abort: say('abort'),
  cancel: say('cancel', 'Temporal'),
  rollback: say('rollback'),
  approve: say('approve'),
  reject: say('reject'),
  revoke: say('revoke'),
  pause: say('pause'),
  resume: say('resume'),
  advance: say('advance'),
  promoteNow: say('promote'),
  settle: say('settle'),
  retry: say('retry'),
  accept: say('acceptCurrentState'),
  rollBack: looked('rollBack'),
  promote: looked('promote'),
  undecided: looked('undecided'),
  healthy: sides(true, true),
  incumbentSick: sides(false, true),
  bothSick: sides(false, false),
  endpointRead: {
    kind: 'endpointRead',
    live: {
      status: 'InService',
      configName: 'before',
      variants: [{ name: 'v1', modelName: 'm1', sharePct: 100, instanceType: 'ml.m5.large', instanceCount: 2 }],
    },
    names: NAMES,
  },
  noEndpoint: { kind: 'endpointRead', live: null, names: NAMES },
  planFixed: { kind: 'planFixed', plan: PLAN, guards: TRACKS, bandit: null },
} as const satisfies Record<string, RolloutEvent>;

export type EventName = keyof typeof EVENTS;

/** Plays events, a second apart. */
export function play(events: readonly RolloutEvent[], spec: RolloutSpec = aSpec()): RolloutState {
  const start = startRollout({ id: 'rollout/e/1', number: 1, spec, atMs: START_MS });
  return events.reduce((state, event, i) => step(state, event, START_MS + (i + 1) * 1_000), start);
}

const DEPLOYING: readonly EventName[] = ['endpointRead', 'planFixed'];
const BAKING: readonly EventName[] = [...DEPLOYING, 'done', 'done'];
const PROMOTING: readonly EventName[] = [...BAKING, 'promote'];

/** A canary and an approval: the shortest file that goes through most phases. */
export const SHORT = aSpec({ stages: aSpec().stages.slice(0, 2) });
const WATCHED = aSpec({ ...SHORT, watch: { forMs: 86_400_000, holdbackPct: 2, keep: 'warm' } });
const CALIBRATED = aSpec({ stages: [{ kind: 'calibrate', ticks: 10, atMostMs: 3_600_000 }, ...SHORT.stages] });
const SWAPPED = aSpec({
  stages: [
    {
      kind: 'blueGreen',
      engine: 'weights',
      warmUp: 10,
      holdbackPct: 5,
      until: { kind: 'decided', atMostMs: 600_000 },
      onInconclusive: 'rollBack',
    },
  ],
});
const GUARDED = aSpec({
  stages: [
    {
      kind: 'blueGreen',
      engine: 'guardrails',
      shift: { kind: 'canary', sizePct: 50, waitMs: 600_000 },
      terminationWaitMs: 0,
      maximumMs: 3_600_000,
      alarms: [],
      onInconclusive: 'rollBack',
    },
  ],
});

/** The shortest way into each phase, and the file it is taken by. */
const WAYS: Readonly<Record<PhaseKind, readonly [readonly EventName[], RolloutSpec?]>> = {
  reading: [[]],
  planning: [['endpointRead']],
  creating: [['noEndpoint', 'planFixed']],
  deploying: [DEPLOYING],
  calibrating: [['endpointRead', 'done'], CALIBRATED],
  warming: [[...DEPLOYING, 'done'], SWAPPED],
  shifting: [[...DEPLOYING, 'done']],
  baking: [BAKING],
  approving: [PROMOTING],
  guarded: [DEPLOYING, GUARDED],
  promoting: [[...PROMOTING, 'approve']],
  watching: [[...PROMOTING, 'approve', 'done'], WATCHED],
  finalising: [[...PROMOTING, 'approve', 'done']],
  assessing: [[...BAKING, 'rollBack']],
  stranded: [[...BAKING, 'rollBack', 'incumbentSick']],
  rollingBack: [[...BAKING, 'rollBack', 'healthy']],
  rollbackIncomplete: [[...BAKING, 'rollBack', 'healthy', 'failed']],
  cleaning: [[...BAKING, 'rollBack', 'healthy', 'done']],
  ended: [[...BAKING, 'rollBack', 'healthy', 'done', 'done']],
};

export function stateIn(phase: PhaseKind): RolloutState {
  const [events, spec = SHORT] = WAYS[phase];
  const state = play(
    events.map((name) => EVENTS[name]),
    spec
  );
  if (state.phase.kind !== phase) throw new Error(`the way to ${phase} leads to ${state.phase.kind}`);
  return state;
}

/** What comes of a command that succeeds; a look that decides nothing unless told otherwise. */
export function success(state: RolloutState, live: 'endpointRead' | 'noEndpoint', look: RolloutEvent): RolloutEvent {
  switch (nextCommand(state).kind) {
    case 'readEndpoint':
      return EVENTS[live];
    case 'fixPlan':
      return EVENTS.planFixed;
    case 'look':
      return look;
    case 'followGuardrails':
      return followed(look, { isThrough: true });
    case 'assess':
      return EVENTS.healthy;
    default:
      return EVENTS.done;
  }
}
