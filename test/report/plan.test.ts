import { describe, expect, test } from '@jest/globals';
import { leastRequests } from '../../guards/least-requests';
import { planView } from '../../report/plan-model';
import type { AlarmFacts, Failing, Foreseen, LiveFacts, PlanInput } from '../../report/plan-input';
import { renderPlan } from '../../report/plan-terminal';
import type { RolloutPlanView } from '../../report/plan-view';
import { failure } from '../../sagemaker/faults';
import type { RolloutSpec, Stage } from '../../spec/types';
import { expectGolden } from '../support/golden';
import { aMonitor } from '../support/monitored';
import { aSpec } from '../support/spec';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const LIVE: LiveFacts = {
  endpoint: {
    status: 'InService',
    configName: 'product-reviews-v1-r3',
    variants: [{ name: 'v1', modelName: 'm1', sharePct: 100, instanceType: 'ml.m5.large', instanceCount: 2 }],
  },
  refused: null,
  models: { v1: { image: 'sentiment:1', artifact: 's3://models/v1/model.tar.gz' } },
  capture: { to: 's3://capture/reviews', samplingPct: 50 },
  tags: {},
  scaling: [{ variant: 'v1', min: 2, max: 6 }],
  alarms: [],
};

const failing = (times: number, failMs: number | null, rate = times * 0.01): Failing => ({
  times,
  rate,
  failMs,
  leastTrials: leastRequests({ alpha: 0.005, incumbentRate: rate / times, candidateRate: rate }),
});

const at = (sharePct: number, passMs: number | null, twiceMs: number | null = HOUR_MS): Foreseen => ({
  guard: 'errors',
  required: true,
  sharePct,
  perSecond: 10,
  baseRate: 0.01,
  passMs,
  failing: [failing(2, twiceMs), failing(1.5, null)],
});

function inputFor(changes: Partial<PlanInput> = {}, spec: Partial<RolloutSpec> = {}): PlanInput {
  return {
    file: 'rollout.yaml',
    spec: aSpec({ guards: aSpec().guards.slice(0, 1), ...spec }),
    live: LIVE,
    names: {
      models: { v2: 'product-reviews-v2-ef0ea2ae' },
      split: 's',
      shadowed: 'h',
      sliced: 'a',
      single: { v2: 'product-reviews-v2-r4' },
    },
    traffic: { from: 'observed', requestsPerSecond: 10 },
    foreseen: [at(5, 90 * MINUTE_MS), at(50, 10 * MINUTE_MS, 5 * MINUTE_MS)],
    unplanned: null,
    prices: {
      date: '2026-11-28',
      source: 'a test',
      currency: 'USD',
      perHour: { 'us-east-1': { 'ml.m5.large': 0.115 } },
    },
    region: 'us-east-1',
    ...changes,
  };
}

const text = (view: RolloutPlanView, width = 100): string => renderPlan(view, { width, color: false }).join('\n');
const found = (input: PlanInput): readonly string[] =>
  planView(input).findings.map(({ level, place, what }) => `${level} ${place}: ${what}`);

const shadow = (pairs: number): Stage => ({
  kind: 'shadow',
  engine: 'variant',
  samplePct: 10,
  until: { pairs, atMostMs: HOUR_MS },
  onInconclusive: 'hold',
});

describe('a plan', () => {
  test.each([
    ['plan', inputFor()],
    [
      'plan-shadow-watch',
      inputFor(
        {},
        { stages: [shadow(2_000), ...aSpec().stages], watch: { forMs: 24 * HOUR_MS, holdbackPct: 2, keep: 'warm' } }
      ),
    ],
    [
      'plan-first',
      inputFor({ live: { ...LIVE, endpoint: null, models: {}, capture: null, scaling: [] }, foreseen: [] }),
    ],
    [
      'plan-offline',
      inputFor({ live: null, traffic: { from: 'unknown', requestsPerSecond: 0 }, foreseen: [], region: null }),
    ],
  ] as const)('%s reads as agreed', (name, input) => {
    expectGolden(`report/golden/${name}.txt`, text(planView(input)));
  });

  test('by SageMaker’s own deployment nothing stands beside the variant, and who brings it back is said', () => {
    const stage: Stage = {
      kind: 'blueGreen',
      engine: 'guardrails',
      shift: { kind: 'canary', sizePct: 50, waitMs: 10 * MINUTE_MS },
      terminationWaitMs: 0,
      maximumMs: HOUR_MS,
      alarms: [],
      onInconclusive: 'advance',
    };
    const view = planView(inputFor({}, { stages: [stage] }));
    expect(view.changes.map(({ change, what }) => `${change} ${what}`)).toContainEqual(
      expect.stringMatching(/^changes the variant’s fleet, under the name that it has/)
    );
    expect(view.changes.filter(({ what }) => what.startsWith('variant v2'))).toEqual([]);
    expect(view.wayBack).toMatch(/by SageMaker itself while it deploys/);
    expect(view.total.peak).toBe(4);
    // Sixteen minutes of it by the clock: evidence does not keep it.
    expect(view.steps.find(({ label }) => label === 'blue/green by SageMaker')?.isLate).toBe(false);
    const objections = (passMs: number, stages: readonly Stage[] = [stage]): readonly string[] =>
      found(inputFor({ foreseen: [at(5, MINUTE_MS), at(50, passMs, MINUTE_MS)] }, { stages }));
    expect(objections(9 * MINUTE_MS)).toEqual([]);
    expect(objections(15 * MINUTE_MS)).toEqual([
      'warning stages[0] blue/green by SageMaker: It may end undecided: errors takes ~15m, and SageMaker lets both fleets serve for 10m only; then it goes on without a decision.',
    ]);
    expect(objections(15 * MINUTE_MS, [...aSpec().stages.slice(0, 1), stage]).join()).not.toContain('undecided');
  });

  test('fits its width', () => {
    for (const width of [60, 80, 100])
      expect(
        text(planView(inputFor()), width)
          .split('\n')
          .filter((line) => [...line].length > width)
      ).toEqual([]);
  });

  test('a price that is not in the table is said to be unknown, and nothing is guessed', () => {
    const view = planView(inputFor({ region: 'eu-west-1' }));
    expect(view.cost).toMatchObject({ extra: null, unknown: ['ml.m5.large in eu-west-1'] });
    expect(text(view)).toContain('Price unknown: ml.m5.large in eu-west-1');
  });

  test('where nearly all have moved already, it is the old model that needs more requests', () => {
    const swap: Stage = {
      kind: 'blueGreen',
      engine: 'weights',
      warmUp: 0,
      holdbackPct: 5,
      until: { kind: 'decided', atMostMs: HOUR_MS },
      onInconclusive: 'rollBack',
    };
    const remedies = (stages: readonly Stage[], sharePct: number): readonly string[] =>
      planView(inputFor({ foreseen: [at(sharePct, null, null)] }, { stages })).findings.map(({ remedy }) => remedy);
    expect(remedies([swap], 95)).toEqual([
      'Leave more to the old model, which has the fewer requests of the two, or widen `promoteWithin`.',
      'More time shows it, or more requests for the old model to compare with.',
    ]);
    expect(remedies(aSpec().stages.slice(0, 1), 5)[0]).toMatch(/^Raise the share, or /);
    const guards = aSpec().guards.flatMap((guard) => {
      if (guard.kind !== 'errors') return [];
      const { slo, ...others } = guard;
      return slo === undefined ? [] : [others];
    });
    const [bare] = planView(inputFor({ foreseen: [at(95, null)] }, { stages: [swap], guards })).findings;
    expect(bare?.remedy).toMatch(/or give `errors` an `slo`\.$/);
  });

  test('costs what is beside the fleet that serves anyway: longer holds cost more', () => {
    const [short, long] = [30, 100].map(
      (minutes) => planView(inputFor({ foreseen: [at(5, minutes * MINUTE_MS)] })).cost
    );
    expect(short?.extra?.expected).toBeGreaterThan(0);
    // One instance of 0.115 for 70 minutes more, within a look's delay.
    expect((long?.extra?.expected ?? 0) - (short?.extra?.expected ?? 0)).toBeCloseTo((70 / 60) * 0.115, 1);
    expect(long?.extra?.atMost).toBeGreaterThan(long?.extra?.expected ?? Infinity);
  });
});

describe('what a plan objects to', () => {
  test('nothing, where all is well', () => {
    expect(found(inputFor({ foreseen: [{ ...at(5, HOUR_MS), failing: [failing(2, HOUR_MS)] }] }))).toEqual([]);
  });

  test.each([
    [
      'a stage that cannot decide in time',
      inputFor({ foreseen: [at(5, 5 * HOUR_MS)] }),
      /^warning stages\[0\] canary 5 %: It cannot decide in time: errors takes ~5h, and it has 2h/,
    ],
    ['a guard that never passes', inputFor({ foreseen: [at(5, null)] }), /errors is not expected to pass at all/],
    [
      'more requests than come',
      inputFor({ traffic: { from: 'observed', requestsPerSecond: 0.1 } }),
      /^warning stages\[2\] canary 50 %: 1,000 requests are asked for, and 180 come in 1h/,
    ],
    [
      'more pairs than come',
      inputFor({}, { stages: [shadow(100_000), ...aSpec().stages] }),
      /^warning stages\[0\] shadow 10 %: 100,000 pairs are asked for, and 3,600 come in 1h/,
    ],
    [
      'harm that would not show',
      inputFor({ foreseen: [at(5, HOUR_MS, null)] }),
      /^warning stages\[0\] canary 5 %: errors: 2× the bad events would not show within 2h at 5 %/,
    ],
    [
      'harm that nobody could show',
      inputFor({ foreseen: [{ ...at(5, HOUR_MS), failing: [failing(1.5, null, 0.0075)] }] }),
      /1\.5× the bad events would not show .* Nobody could/,
    ],
    [
      'no traffic',
      inputFor({ traffic: { from: 'observed', requestsPerSecond: 0 }, foreseen: [] }),
      /^warning guards: No request came in the lookback/,
    ],
    [
      'too little evidence',
      inputFor({
        unplanned: failure('NoEvidence', 'errors: 12; 100 needed'),
        foreseen: [],
        traffic: { from: 'unknown', requestsPerSecond: 0 },
      }),
      /^warning baseline: errors: 12; 100 needed\. The rollout would wait up to 10m/,
    ],
    [
      'an alarm that is not there',
      inputFor({ unplanned: failure('NotFound', 'There is no alarm x.') }),
      /^error guards: There is no alarm x/,
    ],
    [
      'an endpoint of others',
      inputFor({ live: { ...LIVE, refused: failure('EndpointNotOurs', 'It was not made by Sluice.') } }),
      /^error endpoint: It was not made by Sluice/,
    ],
    [
      'a name that serves already',
      inputFor({
        live: {
          ...LIVE,
          endpoint: {
            ...(LIVE.endpoint as NonNullable<LiveFacts['endpoint']>),
            variants: [{ name: 'v2', modelName: 'm', sharePct: 100, instanceType: 'ml.m5.large', instanceCount: 1 }],
          },
        },
      }),
      /^error endpoint: v2 is what endpoint product-reviews serves already/,
    ],
    [
      'an endpoint on the move',
      inputFor({
        live: { ...LIVE, endpoint: { ...(LIVE.endpoint as NonNullable<LiveFacts['endpoint']>), status: 'Updating' } },
      }),
      /^warning endpoint: The endpoint is Updating/,
    ],
    [
      'a watch that notices nothing',
      inputFor(
        { foreseen: [at(5, HOUR_MS), at(99, HOUR_MS, 9 * HOUR_MS)] },
        { watch: { forMs: HOUR_MS, holdbackPct: 1, keep: 'warm' } }
      ),
      /^warning watch: errors: 2× the bad events takes ~9h to show; the watch of 1h compares with 360 requests/,
    ],
    [
      'a harm budget beyond harm',
      inputFor(
        { foreseen: [at(10, HOUR_MS)] },
        {
          stages: [
            {
              kind: 'linear',
              sharesPct: [10, 50],
              bakeMs: HOUR_MS,
              decideWithinMs: HOUR_MS,
              extraFailures: 5_000,
              onInconclusive: 'hold',
            },
          ],
        }
      ),
      /^warning stages\[0\] linear: The harm budget of 5,000 extra failures is more than the incumbent's own 1,080/,
    ],
    [
      'a harm budget over an incumbent that never fails',
      inputFor(
        { foreseen: [{ ...at(10, HOUR_MS), baseRate: 0 }] },
        {
          stages: [
            {
              kind: 'linear',
              sharesPct: [10, 50],
              bakeMs: HOUR_MS,
              decideWithinMs: HOUR_MS,
              extraFailures: 50,
              onInconclusive: 'hold',
            },
          ],
        }
      ),
      /^warning stages\[0\] linear: The incumbent never failed in the lookback: .* the share stays at its first step, 10 %/,
    ],
  ] as const)('%s', (_name, input, said) => {
    expect(found(input)).toContainEqual(expect.stringMatching(said));
  });

  const metric = {
    name: 'Invocation5XXErrors',
    statistic: 'Average',
    threshold: 0.1,
    comparison: 'GreaterThanThreshold',
    needsMs: MINUTE_MS,
    dimensions: { EndpointName: 'product-reviews', VariantName: 'v2' },
  };
  test.each<readonly [string, Partial<NonNullable<AlarmFacts['metric']>> | null, RegExp | null]>([
    ['one that can go off', {}, null],
    ['one that is not there', null, /^error alarm a: There is no alarm of this name/],
    [
      'an average of fractions above 1',
      { threshold: 1 },
      /^error alarm a: It can never go off: the average of Invocation5XXErrors/,
    ],
    ['a sum above 1', { threshold: 1, statistic: 'Sum' }, null],
    [
      'one that needs longer than any stage',
      { needsMs: 3 * HOUR_MS },
      /^warning alarm a: It needs 3h of bad data, and no stage is longer than 2h/,
    ],
    [
      'one of another endpoint',
      { dimensions: { EndpointName: 'other' } },
      /^warning alarm a: It looks at endpoint other/,
    ],
    [
      'one of the old variant',
      { dimensions: { EndpointName: 'product-reviews', VariantName: 'v1' } },
      /^warning alarm a: It looks at variant v1/,
    ],
  ])('alarms: %s', (_name, changes, said) => {
    const alarm: AlarmFacts = {
      name: 'a',
      exists: changes !== null,
      metric: changes === null ? null : { ...metric, ...changes },
    };
    const about = found(inputFor({ live: { ...LIVE, alarms: [alarm] } })).filter((one) => one.includes('alarm a'));
    expect(about).toEqual(said === null ? [] : [expect.stringMatching(said)]);
  });
});

test('a monitor that judges before its labels are ripe is told that its first verdict is an estimate; one that waits is not', () => {
  const groundTruth = { from: 's3://labels', maturityMs: 2 * HOUR_MS };
  const monitors = [aMonitor({ lagMs: 5 * MINUTE_MS }), aMonitor({ name: 'ripe', lagMs: 2 * HOUR_MS })];
  const notes = planView(inputFor({}, { groundTruth, monitors })).findings.filter(({ place }) => /monitor/.test(place));
  expect(notes).toMatchObject([
    { level: 'note', place: 'monitors[0] quality', remedy: '`lag: 2h` judges ripe labels alone.' },
  ]);
  expect(notes[0]?.what).toMatch(/judged 5m after their end, and labels ripen after 2h/);
});

test('the least that any test needs is Wald’s: 4,207 requests to tell 1.5 % from 1 % at 1 %', () => {
  const least = (candidateRate: number): number => leastRequests({ alpha: 0.01, incumbentRate: 0.01, candidateRate });
  expect(Math.round(least(0.015))).toBe(4_207);
  expect(Math.round(least(0.02))).toBe(1_177);
  expect(least(0.01)).toBe(Infinity);
});
