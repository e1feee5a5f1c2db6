import { nextCommand, startRollout, step } from '../../rollout';
import type { GuardTrack, LookResult, PhaseKind, RolloutEvent, RolloutPlan, RolloutState } from '../../rollout';
import { planGuards, startGuard, currentVerdict } from '../../guards';
import type { Decision } from '../../guards/types';
import { failure } from '../../sagemaker/faults';
import type { RolloutSpec } from '../../spec/types';
import { aSpec } from '../support/spec';

export const START_MS = Date.UTC(2026, 2, 1, 12);
export const ANA = { who: 'ana@example.org', why: 'the numbers say so' };

const GUARDS = planGuards({
  guards: aSpec().guards,
  budget: aSpec().budget,
  horizonTicks: 100,
  incumbent: { errors: { n: 1_000, bad: 0 }, quality: { n: 1_000, bad: 200 } },
});

export const PLAN: RolloutPlan = {
  names: { model: 'm', pairConfig: 'pair', soloConfig: 'solo' },
  guards: GUARDS,
  baseline: {},
  forecasts: [],
  digest: 'd1ge57',
};

export const TRACKS: readonly GuardTrack[] = GUARDS.map((plan) => ({
  state: startGuard(plan),
  verdict: currentVerdict(plan, startGuard(plan)),
  throughMs: 0,
}));

export function looked(kind: Decision['kind'], requests = 0): RolloutEvent {
  const decision: Decision = { kind, guilty: kind === 'rollBack' ? 'errors' : null, reason: `the test says ${kind}` };
  const look: LookResult = {
    guards: TRACKS,
    decision,
    traffic: { candidate: requests, incumbent: 19 * requests, actualSharePct: 5, throughMs: START_MS },
  };
  return { kind: 'looked', look };
}

export const EVENTS = {
  done: { kind: 'done' },
  failed: { kind: 'failed', failure: failure('AccessDenied', 'the test says so') },
  abort: { kind: 'verb', verb: 'abort', ...ANA },
  cancel: { kind: 'verb', verb: 'cancel', who: 'Temporal', why: 'cancelled' },
  approve: { kind: 'verb', verb: 'approve', ...ANA },
  reject: { kind: 'verb', verb: 'reject', ...ANA },
  rollBack: looked('rollBack'),
  promote: looked('promote'),
  undecided: looked('undecided'),
  endpointRead: {
    kind: 'endpointRead',
    live: {
      status: 'InService',
      configName: 'before',
      variants: [{ name: 'v1', modelName: 'm1', sharePct: 100, instanceType: 'ml.m5.large', instanceCount: 2 }],
    },
  },
  noEndpoint: { kind: 'endpointRead', live: null },
  planFixed: { kind: 'planFixed', plan: PLAN, guards: TRACKS },
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

/** The shortest way into each phase of a file with one canary and then an approval. */
const WAYS: Readonly<Record<PhaseKind, readonly EventName[]>> = {
  reading: [],
  planning: ['endpointRead'],
  creating: ['noEndpoint', 'planFixed'],
  deploying: DEPLOYING,
  shifting: [...DEPLOYING, 'done'],
  baking: BAKING,
  approving: PROMOTING,
  promoting: [...PROMOTING, 'approve'],
  finalising: [...PROMOTING, 'approve', 'done'],
  rollingBack: [...BAKING, 'rollBack'],
  rollbackIncomplete: [...BAKING, 'rollBack', 'failed'],
  cleaning: [...BAKING, 'rollBack', 'done'],
  ended: [...BAKING, 'rollBack', 'done', 'done'],
};

/** A canary and an approval: the shortest file that goes through every phase. */
export const SHORT = aSpec({ stages: aSpec().stages.slice(0, 2) });

export function stateIn(phase: PhaseKind): RolloutState {
  const state = play(
    WAYS[phase].map((name) => EVENTS[name]),
    SHORT
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
    default:
      return EVENTS.done;
  }
}
