import { startGuard } from '../../guards';
import type { GuardPlan, VerdictKind } from '../../guards/types';
import { startRollout, step } from '../../rollout';
import type {
  GuardTrack,
  LookResult,
  RolloutEvent,
  RolloutNames,
  RolloutPlan,
  RolloutState,
  SideHealth,
  Traffic,
} from '../../rollout';
import type { RolloutSpec } from '../../spec/types';

/** 2026-11-22 14:30:00 UTC. */
export const START_MS = Date.UTC(2026, 10, 22, 14, 30);

export const SPEC: RolloutSpec = {
  endpoint: 'product-reviews',
  aws: { role: 'arn:aws:iam::123456789012:role/reviews', tags: {} },
  capture: { to: 's3://capture/reviews', samplingPct: 100, contentTypes: ['application/json'] },
  schema: { prediction: '$.predictions[0].label' },
  groundTruth: { from: 's3://labels/reviews/', maturityMs: 20_000 },
  counts: { from: 'gateway', uri: 's3://counts/reviews/' },
  tickMs: 10_000,
  candidates: [
    {
      name: 'v2',
      model: {
        kind: 'container',
        container: { image: 'sentiment:2', artifact: 's3://models/2/model.tar.gz', environment: {} },
      },
      instance: { type: 'ml.m5.large', count: 1 },
    },
  ],
  baseline: { lookbackMs: 3_600_000, atLeast: 500, atMostMs: 600_000 },
  budget: { falseRollback: 0.01, falsePromotion: 0.05, falseWinner: 0.05 },
  guards: [
    {
      kind: 'errors',
      statuses: '5xx',
      slo: 0.02,
      rollbackAt: { oddsRatio: 1 },
      promoteWithin: { kind: 'oddsRatio', oddsRatio: 1.5 },
      required: true,
    },
    {
      kind: 'quality',
      metric: 'accuracy',
      rollbackAt: { oddsRatio: 1 },
      promoteWithin: { kind: 'absolute', difference: 0.02 },
      required: true,
    },
  ],
  onInconclusive: 'hold',
  routing: { by: 'weights' },
  onNewer: 'reject',
  stages: [
    {
      kind: 'canary',
      sharePct: 5,
      groups: [],
      until: { kind: 'requests', requests: 500, atMostMs: 180_000 },
      onInconclusive: 'ask',
    },
    {
      kind: 'approval',
      approvers: ['ana@example.org', 'bo@example.org'],
      need: 1,
      withinMs: 3_600_000,
      otherwise: 'reject',
      identity: { kind: 'asserted' },
    },
    {
      kind: 'canary',
      sharePct: 50,
      groups: [],
      until: { kind: 'decided', atMostMs: 180_000 },
      onInconclusive: 'rollBack',
    },
  ],
};

const GUARD_PLAN = {
  class: 'guaranteed',
  required: true,
  rollbackOddsRatio: 1,
  promoteOddsRatio: 1.5,
  rollbackAlpha: 0.005,
  promoteAlpha: 0.025,
  horizonTicks: 60,
  incumbentRate: { rate: 0.18, n: 900 },
} as const;

const QUALITY: GuardPlan = { ...GUARD_PLAN, name: 'quality', kind: 'quality', slo: null };

export const PLAN: RolloutPlan = {
  guards: [{ ...GUARD_PLAN, name: 'errors', kind: 'errors', slo: 0.02 }, QUALITY],
  baseline: { errors: { n: 900, bad: 0 }, quality: { n: 900, bad: 160 } },
  forecasts: [
    { guard: 'errors', sharePct: 5, requestsPerSecond: 40, passMs: 130_000, failMs: null },
    { guard: 'quality', sharePct: 50, requestsPerSecond: 40, passMs: 55_000, failMs: 21_000 },
  ],
  ramps: [],
  bandit: null,
  digest: '9c1f0a3be2d44f6a9c1f0a3be2d44f6a9c1f0a3be2d44f6a9c1f0a3be2d44f6a',
};

/** One guard's progress, with evidence given as fractions of what each decision needs. */
export function track(input: {
  readonly kind: VerdictKind;
  readonly reason: string;
  readonly fail: number;
  readonly pass: number;
}): GuardTrack {
  return {
    arm: 'v2',
    guard: 1,
    state: startGuard(QUALITY),
    throughMs: START_MS + 100_000,
    verdict: {
      kind: input.kind,
      reason: input.reason,
      numbers: {
        ticks: 4,
        candidate: { n: 212, bad: 30 },
        incumbent: { n: 4028, bad: 725 },
        oddsRatio: 0.75,
        interval: [0.41, 1.32],
        harm: { logE: 5.3 * input.fail, needs: 5.3 },
        promote: { logE: 3.7 * input.pass, needs: 3.7, route: 'comparison' },
        moreTrials: 380,
      },
    },
  };
}

/** Ten thousand requests at the last look. */
function trafficOf(p: {
  readonly candidate: number;
  readonly incumbent: number;
  readonly lastCandidate: number;
}): Traffic {
  return {
    requests: { v1: p.incumbent, v2: p.candidate },
    lastLook: { v1: 10_000 - p.lastCandidate, v2: p.lastCandidate },
    pairs: 0,
    compared: [],
    throughMs: START_MS + 100_000,
  };
}

const UNDECIDED: LookResult = {
  guards: [
    track({ kind: 'pass', reason: '0 of 212 answers failed, below the SLO of 2 %', fail: 0, pass: 1 }),
    track({
      kind: 'inconclusive',
      reason:
        '30 of 212 predictions were wrong (14.2 %) against 725 of 4,028 (18 %); odds ratio 0.75, 95 % interval 0.41 to 1.32',
      fail: 0,
      pass: 0.62,
    }),
  ],
  decisions: { v2: { kind: 'undecided', guilty: null, reason: 'quality has not decided yet.' } },
  traffic: trafficOf({ candidate: 212, incumbent: 4028, lastCandidate: 497 }),
  bandit: null,
  proposal: null,
};

const PASSING: LookResult = {
  guards: [
    UNDECIDED.guards[0] ?? track({ kind: 'pass', reason: '', fail: 0, pass: 1 }),
    track({ kind: 'pass', reason: '96 of 640 predictions were wrong (15 %) against 18 %', fail: 0, pass: 1.2 }),
  ],
  decisions: { v2: { kind: 'promote', guilty: null, reason: 'errors and quality pass.' } },
  traffic: trafficOf({ candidate: 640, incumbent: 8028, lastCandidate: 509 }),
  bandit: null,
  proposal: null,
};

const FAILING: LookResult = {
  guards: [
    track({ kind: 'pass', reason: '0 of 212 answers failed', fail: 0, pass: 1 }),
    track({ kind: 'fail', reason: '120 of 212 predictions were wrong (56.6 %) against 18 %', fail: 1.4, pass: -2 }),
  ],
  decisions: {
    v2: {
      kind: 'rollBack',
      guilty: 'quality',
      reason: 'quality: 120 of 212 predictions were wrong (56.6 %) against 18 %.',
    },
  },
  traffic: trafficOf({ candidate: 212, incumbent: 4028, lastCandidate: 497 }),
  bandit: null,
  proposal: null,
};

const NAMES: RolloutNames = {
  models: { v2: 'product-reviews-v2-1' },
  split: 'split',
  shadowed: 'shadowed',
  sliced: 'sliced',
  single: { v2: 'alone' },
};
const DONE = { kind: 'done' } as const;
/** Both sides were found healthy: the way back is free. */
const HEALTHY: RolloutEvent = {
  kind: 'assessed',
  sides: { incumbent: healthy('v1'), candidate: healthy('v2') },
};

function healthy(variant: string): SideHealth {
  return { variant, instances: 1, requests: 100, failed: 0, isHealthy: true, reason: 'all well' };
}

const READ: RolloutEvent = {
  kind: 'endpointRead',
  live: {
    status: 'InService',
    configName: 'reviews-v1',
    variants: [{ name: 'v1', modelName: 'reviews-v1', sharePct: 100, instanceType: 'ml.m5.large', instanceCount: 1 }],
  },
  names: NAMES,
  prices: { currency: 'USD', date: '2026-11-28', region: 'us-east-1', perHour: { 'ml.m5.large': 0.115 } },
};
const PLANNED: RolloutEvent = {
  kind: 'planFixed',
  plan: PLAN,
  bandit: null,
  guards: [0, 1].map(() => track({ kind: 'inconclusive', reason: 'No evidence yet', fail: 0, pass: 0 })),
};
const looked = (look: LookResult): RolloutEvent => ({ kind: 'looked', look });
const says = (verb: 'approve' | 'reject' | 'abort', why: string): RolloutEvent => ({
  kind: 'verb',
  verb,
  who: 'ana@example.org',
  why,
});
const FAILED: RolloutEvent = {
  kind: 'failed',
  failure: { type: 'Throttled', what: 'UpdateEndpoint was refused 12 times', next: 'Wait; it goes on by itself' },
};

const TO_BAKE = [READ, PLANNED, DONE, DONE];
const TO_APPROVAL = [...TO_BAKE, looked(PASSING)];
const TO_HALF = [...TO_APPROVAL, says('approve', 'numbers look right'), DONE];
const TO_PROMOTION = [...TO_HALF, looked(PASSING)];
const TO_ROLLBACK = [...TO_BAKE, looked(FAILING), HEALTHY];

/** The events of one rollout up to the moment that each name says. */
export const STORIES = {
  reading: [],
  planning: [READ],
  deploying: [READ, PLANNED],
  shifting: [READ, PLANNED, DONE],
  baking: [...TO_BAKE, looked(UNDECIDED)],
  approving: TO_APPROVAL,
  halfway: TO_HALF,
  promoting: TO_PROMOTION,
  finalising: [...TO_PROMOTION, DONE],
  cleaning: [...TO_PROMOTION, DONE, DONE],
  promoted: [...TO_PROMOTION, DONE, DONE, DONE],
  abortPending: [READ, PLANNED, says('abort', 'wrong artifact')],
  aborted: [...TO_BAKE, says('abort', 'wrong artifact'), DONE, DONE],
  rejected: [...TO_APPROVAL, says('reject', 'too slow on long reviews'), HEALTHY, DONE, DONE],
  assessing: [...TO_BAKE, looked(FAILING)],
  rollingBack: TO_ROLLBACK,
  rollbackIncomplete: [...TO_ROLLBACK, FAILED],
  rolledBack: [...TO_ROLLBACK, DONE, DONE],
  creating: [{ kind: 'endpointRead', live: null, names: NAMES }, PLANNED],
  firstDeployment: [{ kind: 'endpointRead', live: null, names: NAMES }, PLANNED, DONE],
  nothingThere: [
    {
      kind: 'failed',
      failure: {
        type: 'AccessDenied',
        what: 'The role may not describe endpoints',
        next: 'Grant sagemaker:DescribeEndpoint',
      },
    },
  ],
} as const satisfies Record<string, readonly RolloutEvent[]>;

export type Story = keyof typeof STORIES;

/** The state of a rollout, reached by the real rules: one event every 20 seconds. */
export function stateAt(story: Story, spec: RolloutSpec = SPEC): RolloutState {
  const start = startRollout({ id: `rollout/${spec.endpoint}/7`, number: 7, spec, atMs: START_MS });
  const events: readonly RolloutEvent[] = STORIES[story];
  return events.reduce((state, event, index) => step(state, event, START_MS + (index + 1) * 20_000), start);
}

/** When the last event of a story has just happened, plus five seconds. */
export function nowAt(story: Story): number {
  return START_MS + STORIES[story].length * 20_000 + 5_000;
}
