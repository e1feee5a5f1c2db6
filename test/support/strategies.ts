import type { RolloutState } from '../../rollout';
import type { RolloutSpec, Stage } from '../../spec/types';
import { LATENCY_MS } from './fake-activities';
import type { Scenario } from './fake-activities';
import { aSpec } from './spec';

const onInconclusive = 'rollBack';
const [V2] = aSpec().candidates;

/** How a stage looks at the moment something happens, and what it takes to get through it. */
export interface Strategy {
  readonly name: string;
  /** The same as a part of other names. */
  readonly slug: string;
  readonly spec: Partial<RolloutSpec>;
  /** The guards of the file, each of which can fail. */
  readonly guards: readonly RolloutSpec['guards'][number]['kind'][];
  /** Where the rollout stands when something happens. */
  readonly isThere: (state: RolloutState) => boolean;
  /** The stage is reached with good evidence only. */
  readonly after?: 'good';
  /** What a person says to let it through. */
  readonly verb?: 'approve' | 'settle';
  /** Who is promoted in the end. */
  readonly winner?: string;
  /** Under what name the promoted model serves; its own where nothing else is said. */
  readonly variant?: string;
  /** What good evidence says beside the guards, from the first such look on. */
  readonly also?: (goodLook: number, running: readonly string[]) => ReturnType<NonNullable<Scenario['also']>>;
  /** What a deadline without evidence means; `undecided` where nothing else is said. */
  readonly outOfTime?: 'rejected' | 'promoted';
}

const candidates: RolloutSpec['candidates'] = [V2, { ...V2, name: 'v3' }];
const bakesAt = (sharePct: number) => (state: RolloutState) =>
  state.phase.kind === 'baking' &&
  Object.values(state.layout.sharesPct).reduce((sum, pct) => sum + pct, 0) === sharePct;
const bakesIn = (kind: RolloutState['layout']['kind']) => (state: RolloutState) =>
  state.phase.kind === 'baking' && state.layout.kind === kind;
const isIn = (kind: RolloutState['phase']['kind']) => (state: RolloutState) => state.phase.kind === kind;

/** Every kind of stage, in files whose looks are `tickMs` apart and wait for evidence over `patience` of them. */
export function strategies(tickMs: number, patience: number): readonly Strategy[] {
  return tableOf(tickMs, patience).map((one) => ({
    ...one,
    slug: one.name.replaceAll(/\W+/g, '-').toLowerCase(),
    guards: aSpec(one.spec).guards.map(({ kind }) => kind),
  }));
}

/** Every kind of guard that can tell SageMaker's two fleets apart, which have one variant name. */
const JUDGED_BY_CONFIG: RolloutSpec['guards'] = [
  ...aSpec().guards.filter(({ kind }) => kind === 'errors'),
  {
    kind: 'latency',
    quantiles: [0.9],
    incumbentMs: [LATENCY_MS],
    promoteWithin: { ratio: 1.2 },
    mode: 'exact',
    required: true,
    weight: 1,
  },
  {
    kind: 'alarm',
    name: 'reviews-p99',
    missingData: 'missing',
    allowedFailures: 0,
    windowTicks: null,
    leastTicks: 1,
    then: 'rollBack',
    required: true,
    weight: 1,
  },
];

function tableOf(tickMs: number, patience: number): readonly Omit<Strategy, 'slug' | 'guards'>[] {
  const atMostMs = patience * tickMs;
  /** Nothing may go there after a turn: the stage that follows each of those under test. */
  const HALF: Stage = {
    kind: 'canary',
    sharePct: 50,
    groups: [],
    until: { kind: 'requests', requests: 100, atMostMs },
    onInconclusive,
  };
  const CANARY: Stage = { ...HALF, sharePct: 5, until: { kind: 'decided', atMostMs } };
  const LINEAR: Stage = {
    kind: 'linear',
    sharesPct: [10, 20],
    bakeMs: 2 * tickMs,
    decideWithinMs: atMostMs,
    extraFailures: null,
    onInconclusive,
  };
  const SHADOW: Stage = {
    kind: 'shadow',
    engine: 'variant',
    samplePct: 20,
    until: { pairs: 1_000, atMostMs },
    onInconclusive,
  };
  const APPROVAL: Stage = {
    kind: 'approval',
    approvers: ['ana@example.org'],
    need: 1,
    withinMs: atMostMs,
    otherwise: 'reject',
    identity: { kind: 'asserted' },
  };
  const BANDIT: Stage = {
    kind: 'bandit',
    allocator: 'thompson',
    reward: { kind: 'quality' },
    intervalMs: tickMs,
    floorPct: 2,
    deadBandPct: 1,
    discount: 1,
    atMostMs,
    onInconclusive,
  };
  return [
    { name: 'canary', spec: { tickMs, stages: [CANARY, HALF] }, isThere: bakesAt(5) },
    { name: 'linear', spec: { tickMs, stages: [LINEAR, HALF] }, isThere: bakesAt(10) },
    {
      name: 'linear by harm budget',
      spec: { tickMs, stages: [{ ...LINEAR, sharesPct: [10, 40], extraFailures: 20 }, HALF] },
      isThere: bakesAt(10),
      also: (look) => ({ proposal: { sharesPct: { v2: look === 1 ? 25 : 40 }, reason: 'no harm', winner: null } }),
    },
    {
      name: 'blue/green by weights',
      spec: {
        tickMs,
        stages: [
          {
            kind: 'blueGreen',
            engine: 'weights',
            warmUp: 25,
            holdbackPct: 5,
            until: { kind: 'decided', atMostMs },
            onInconclusive,
          },
        ],
      },
      isThere: bakesAt(95),
    },
    {
      name: 'blue/green by guardrails',
      spec: {
        tickMs,
        counts: { from: 'cloudwatch' },
        candidates: [{ ...V2, instance: { ...V2.instance, count: 4 } }],
        guards: JUDGED_BY_CONFIG,
        stages: [
          {
            kind: 'blueGreen',
            engine: 'guardrails',
            shift: { kind: 'canary', sizePct: 25, waitMs: atMostMs },
            terminationWaitMs: 0,
            maximumMs: 7_200_000,
            alarms: [],
            onInconclusive,
          },
        ],
      },
      isThere: ({ phase }) => phase.kind === 'guarded' && phase.deployment?.bakes === 1,
      variant: 'v1',
    },
    {
      name: 'shadow variant',
      spec: { tickMs, stages: [SHADOW, HALF] },
      isThere: bakesIn('shadowed'),
      also: () => ({ pairs: 1_000 }),
    },
    {
      name: 'shadow by gateway',
      spec: {
        tickMs,
        routing: { by: 'gateway', to: 's3://assignments/reviews', expiresMs: 10 * tickMs },
        stages: [{ ...SHADOW, engine: 'gateway' }, HALF],
      },
      isThere: bakesAt(0),
      also: () => ({ pairs: 1_000 }),
    },
    {
      name: 'A/B test of two',
      spec: {
        tickMs,
        candidates,
        stages: [{ kind: 'abTest', sharePct: 60, by: 'request', atMostMs, onInconclusive }, HALF],
      },
      isThere: bakesAt(60),
    },
    {
      name: 'bandit of two',
      spec: { tickMs, candidates, stages: [BANDIT, HALF] },
      isThere: (state) => state.phase.kind === 'baking' && state.phase.rung === 0,
      winner: 'v3',
      also: (look, running) => ({
        proposal: {
          sharesPct: { v2: running.includes('v2') ? 10 : 0, v3: 60 },
          reason: 'rewards say so',
          winner: look === 1 ? null : 'v3',
        },
      }),
    },
    {
      name: 'calibration',
      spec: { tickMs, stages: [{ kind: 'calibrate', ticks: 10, atMostMs: 60 * tickMs }, CANARY] },
      isThere: isIn('calibrating'),
    },
    {
      name: 'approval',
      spec: { tickMs, stages: [CANARY, APPROVAL, HALF] },
      isThere: isIn('approving'),
      after: 'good',
      verb: 'approve',
      outOfTime: 'rejected',
    },
    {
      name: 'warm watch',
      spec: { tickMs, stages: [CANARY], watch: { forMs: atMostMs, holdbackPct: 2, keep: 'warm' } },
      isThere: isIn('watching'),
      after: 'good',
      verb: 'settle',
      outOfTime: 'promoted',
    },
    {
      name: 'cold watch',
      spec: { tickMs, stages: [CANARY], watch: { forMs: atMostMs, holdbackPct: 0, keep: 'cold' } },
      isThere: isIn('watching'),
      after: 'good',
      verb: 'settle',
      outOfTime: 'promoted',
    },
  ];
}
