import { describe, expect, test } from '@jest/globals';
import { incompatibilities } from '../../spec/compat';
import type { GuardSpec, RolloutSpec } from '../../spec/types';
import {
  CANARY,
  candidates,
  complaintsAbout,
  ERRORS,
  GUARDRAILS,
  guardrails,
  MINUTE_MS,
  ONE,
  QUALITY,
  SPEC,
  specWith,
  stage,
} from './stage-support';
import { STAGES, told } from './support';

function withoutSlo(guard: GuardSpec): GuardSpec {
  const { slo: _, ...rest } = guard as GuardSpec & { slo?: number };
  return rest as GuardSpec;
}

const ROWS: readonly (readonly [string, Partial<RolloutSpec>, readonly string[]])[] = [
  [
    'shadows only',
    { stages: [stage('shadow')] },
    [
      'stages: No live stage waits for a decision of the guards: copies of requests alone do not show how the candidate serves.',
    ],
  ],
  [
    'two candidates that nothing chooses between',
    { candidates: candidates(2) },
    [
      'candidates[1]: The file has 2 candidates, but no stage chooses between them.',
      'stages[0].canary: `stages[0]` (canary) takes one candidate, the file has 2 and none is chosen yet.',
    ],
  ],
  [
    'ten candidates',
    { candidates: candidates(10), stages: [stage('bandit')] },
    ['candidates[9]: The file has 10 candidates; an endpoint has room for 9 beside the incumbent.'],
  ],
  [
    'an A/B/n test without a goal',
    { candidates: candidates(2), stages: [stage('abTest')] },
    [
      'stages[0].abTest: `stages[0]` compares 2 candidates, but no required `goal` guard says what the better one is better at.',
    ],
  ],
  [
    'segments that nobody routes',
    { stages: [stage('bandit', { segments: { facet: 'category', values: ['phones'] } })], candidates: candidates(2) },
    [
      'stages[0].bandit.segments: `stages[0].bandit.segments` needs a gateway: variant weights are the same for every request.',
      'stages[0].bandit.segments.facet: `stages[0].bandit.segments.facet` is category, which is not among `schema.facets`.',
    ],
  ],
  [
    'segments that are told apart by nothing, twice, and guards that mix them up',
    {
      stages: [stage('bandit', { segments: { facet: 'category', values: ['phones', 'other'] } })],
      candidates: candidates(2),
      routing: { by: 'gateway', to: 's3://a', expiresMs: 1_000 },
      schema: { ...SPEC.schema, facets: { category: '$.category' } },
      guards: [
        ERRORS as GuardSpec,
        {
          kind: 'latency',
          quantiles: [0.5],
          incumbentMs: null,
          promoteWithin: { ratio: 2 },
          mode: null,
          required: true,
          weight: 1,
        },
      ],
    },
    [
      'stages[0].bandit.segments: `stages[0].bandit.segments` needs to know which segment a request was of, but the file does not say where the gateway writes it.',
      'stages[0].bandit.segments.values: `stages[0].bandit.segments.values` names `other`, which is what all the rest is called.',
      'guards[1].kind: The `latency` guard compares all requests of the arms, but with a split for each segment the arms get different ones.',
    ],
  ],
  [
    'two candidates and nobody to advance with',
    { candidates: candidates(2), stages: [stage('bandit', { onInconclusive: 'advance' })] },
    [
      'stages[0].bandit.onInconclusive: `stages[0]` may advance without evidence, but nothing says with which of 2 candidates.',
    ],
  ],
  [
    'a group twice',
    {
      stages: [stage('canary', { groups: ['a', 'a'] }), CANARY],
      routing: { by: 'gateway', to: 's3://a', expiresMs: 1_000 },
    },
    ['stages[0].canary.target[1]: `stages[0].canary.target[1]` is a again.'],
  ],
  [
    'a ramp that falls',
    { stages: [stage('linear', { sharesPct: [5, 5, 3] })] },
    [
      'stages[0].linear.shares[1]: `stages[0].linear.shares[1]` is 5% after 5%: a ramp rises with every step.',
      'stages[0].linear.shares[2]: `stages[0].linear.shares[2]` is 3% after 5%: a ramp rises with every step.',
    ],
  ],
  [
    'a ramp to everything',
    { stages: [stage('linear', { sharesPct: [50, 100] })] },
    [
      'stages[0].linear.shares[1]: `stages[0].linear.shares[1]` is 100%: no requests are left for the incumbent, so there is nothing to compare.',
    ],
  ],
  [
    'a ramp too fast for its ticks',
    { stages: [stage('linear', { bakeMs: MINUTE_MS, decideWithinMs: MINUTE_MS })] },
    [
      'stages[0].linear.decideWithin: `bake` and `stages[0].linear.decideWithin` are 2m together, less than 3 ticks of 1m: no evidence would be closed in time.',
    ],
  ],
  [
    'an A/B test of nobody',
    { stages: [stage('abTest', { sharePct: 0 })] },
    [
      'stages[0].abTest.share: `stages[0].abTest.share` is 0%: the candidate gets no requests, so there is nothing to compare.',
    ],
  ],
  [
    'a swap that keeps most',
    { stages: [stage('blueGreen', { holdbackPct: 60 })] },
    [
      'stages[0].blueGreen.holdback: `stages[0].blueGreen.holdback` is 60%: more than half of the traffic would stay where it is, which is no swap.',
    ],
  ],
  [
    'a swap without holdback, with a guard that compares',
    { stages: [stage('blueGreen', { holdbackPct: 0 })], guards: [ERRORS as GuardSpec, QUALITY as GuardSpec] },
    [
      'stages[0].blueGreen.holdback: `stages[0].blueGreen.holdback` is 0%, so the `quality` guard would have nothing to compare with.',
    ],
  ],
  [
    'a swap without holdback, with guards that need no comparison',
    { stages: [stage('blueGreen', { holdbackPct: 0 })] },
    [],
  ],
  [
    'a calibration longer than its time',
    { stages: [stage('calibrate', { ticks: 200 }), CANARY] },
    [
      'stages[0].calibrate.atMost: `stages[0].calibrate.atMost` is 2h, less than 200 ticks of 1m: they could not be closed in time.',
    ],
  ],
  [
    'an experiment of 31 days',
    { stages: [stage('shadow', { until: { pairs: 1, atMostMs: 31 * 1440 * MINUTE_MS } }), CANARY] },
    [
      'stages[0].shadow.until.atMost: `stages[0].shadow.until.atMost` is 31d; an inference experiment lasts 30d at most.',
    ],
  ],
  [
    'half a percent of an experiment',
    { stages: [stage('shadow', { samplePct: 0.5 }), CANARY] },
    ['stages[0].shadow.sample: `stages[0].shadow.sample` is 0.5%; an inference experiment copies whole percents only.'],
  ],
  [
    'two shadows with different samples of one variant',
    {
      stages: [
        stage('shadow', { engine: 'variant', samplePct: 10 }),
        stage('shadow', { engine: 'gateway', samplePct: 40 }),
        stage('shadow', { engine: 'variant', samplePct: 20 }),
        CANARY,
      ],
      routing: { by: 'gateway', to: 's3://control', expiresMs: 5 * MINUTE_MS },
    },
    [
      'stages[2].shadow.sample: `stages[2].shadow.sample` is 20%, but `stages[0]` copies 10%: the sample is part of the shadow variant, and a file has one.',
    ],
  ],
  [
    'a look back that ends before labels are ripe',
    { guards: [ERRORS as GuardSpec, QUALITY as GuardSpec], baseline: { ...SPEC.baseline, lookbackMs: 60 * MINUTE_MS } },
    [
      'baseline.lookback: `baseline.lookback` is 1h, but what the quality guard counts ripens only after 1h: nothing would be known of the incumbent.',
    ],
  ],
  [
    'a shadow that gets nothing',
    { stages: [stage('shadow', { samplePct: 0 }), CANARY] },
    ['stages[0].shadow.sample: `stages[0].shadow.sample` is 0%: nothing is copied, so there is nothing to compare.'],
  ],
  [
    'a shadow with half of the requests captured',
    { stages: [stage('shadow'), CANARY], capture: { ...SPEC.capture, samplingPct: 50 } },
    [
      'capture.sampling: `capture.sampling` is 50%, but `stages[0]` pairs every copy with its original, so both must be captured.',
    ],
  ],
  [
    'a shadow whose predictions nobody finds',
    { stages: [stage('shadow'), CANARY], schema: {} },
    ['stages[0].shadow: `stages[0]` compares predictions, but the file does not say where they stand in the response.'],
  ],
  [
    'a shadow guard whose labels are late',
    {
      stages: [stage('shadow', { until: { pairs: 5, atMostMs: 30 * MINUTE_MS } }), CANARY],
      guards: [ERRORS as GuardSpec, { ...QUALITY, kind: 'shadow' } as unknown as GuardSpec],
    },
    [
      'stages[0].shadow.until.atMost: `stages[0]` copies for 30m, but labels ripen only after 1h: the shadow guard could not pass.',
    ],
  ],
  [
    'labels that ripen after the only decision, copies notwithstanding',
    {
      stages: [stage('shadow'), stage('linear', { bakeMs: MINUTE_MS, decideWithinMs: 10 * MINUTE_MS })],
      guards: [QUALITY as GuardSpec],
    },
    [
      'stages[1].linear.decideWithin: The candidate has had 13m of traffic when `stages[1]` must be decided, but labels ripen only after 1h: the quality guard could not pass.',
    ],
  ],
  [
    'a bandit for an event that is none',
    { stages: [stage('bandit', { reward: { kind: 'event', event: 'sale' } })] },
    ['stages[0].bandit.reward.event: `stages[0].bandit.reward.event` is sale, which is not among `events`.'],
  ],
  [
    'a bandit for an event',
    {
      stages: [stage('bandit', { reward: { kind: 'event', event: 'sale' } })],
      events: { sale: { from: 's3://events', windowMs: 1, unit: 'request' } },
    },
    [],
  ],
  [
    'a bandit for what an event that is none carries',
    { stages: [stage('bandit', { reward: { kind: 'event', event: 'sale', value: [0, 50] } })] },
    ['stages[0].bandit.reward.event: `stages[0].bandit.reward.event` is sale, which is not among `events`.'],
  ],
  [
    'a bandit for quality, without a place for predictions',
    { stages: [stage('bandit')], schema: {} },
    [
      'stages[0].bandit.reward: `stages[0].bandit.reward` is quality, which needs predictions, but the file has no `schema.prediction`.',
    ],
  ],
  [
    'floors above everything',
    { stages: [stage('bandit', { floorPct: 50 })] },
    ['stages[0].bandit.floor: `stages[0].bandit.floor` is 50%: 2 arms would take all there is.'],
  ],
  [
    'a floor of nothing',
    { stages: [stage('bandit', { floorPct: 0 })] },
    ['stages[0].bandit.floor: `stages[0].bandit.floor` is 0%: an arm without requests is never heard of again.'],
  ],
  [
    'a discount that grows',
    { stages: [stage('bandit', { discount: 1.1 })] },
    ['stages[0].bandit.discount: `stages[0].bandit.discount` is 1.1: old rewards would be worth more than new ones.'],
  ],
  [
    'a dead band over everything',
    { stages: [stage('bandit', { deadBandPct: 60 })] },
    [
      'stages[0].bandit.deadBand: `stages[0].bandit.deadBand` is 60%: hardly any move of a share is that large, so shares would stay as they are.',
    ],
  ],
  [
    'batches shorter than a tick',
    { stages: [stage('bandit', { intervalMs: 1_000 })] },
    ['stages[0].bandit.interval: `stages[0].bandit.interval` is 1s, shorter than one tick of 1m.'],
  ],
  [
    'a bandit of two batches',
    { stages: [stage('bandit', { atMostMs: 60 * MINUTE_MS })] },
    [
      'stages[0].bandit.until.atMost: `stages[0].bandit.until.atMost` is 1h, less than 3 intervals of 30m: nothing would be learnt in time.',
    ],
  ],
  [
    'a canary of 60 % of the fleet',
    guardrails({ shift: { kind: 'canary', sizePct: 60, waitMs: 0 } }),
    [
      'stages[0].blueGreen.shift.canary: `stages[0].blueGreen.shift.canary` is 60%; SageMaker takes whole percents from 1% to 50%.',
    ],
  ],
  [
    'steps of 5 % of the fleet',
    guardrails({ shift: { kind: 'linear', stepPct: 5, waitMs: 0 } }),
    [
      'stages[0].blueGreen.shift.linear: `stages[0].blueGreen.shift.linear` is 5%; SageMaker takes whole percents from 10% to 50%.',
    ],
  ],
  [
    'batches of 4 % of the fleet',
    guardrails({ shift: { kind: 'rolling', batchPct: 4, waitMs: 0 }, terminationWaitMs: 0 }),
    [
      'stages[0].blueGreen.shift.rolling: `stages[0].blueGreen.shift.rolling` is 4%; SageMaker takes whole percents from 5% to 50%.',
    ],
  ],
  [
    'a tenth of four instances',
    guardrails({ shift: { kind: 'canary', sizePct: 10, waitMs: 0 } }),
    [
      'stages[0].blueGreen.shift.canary: `stages[0].blueGreen.shift.canary` is 10% of 4 instances, less than one; SageMaker shifts whole instances.',
    ],
  ],
  [
    'a part of one instance',
    {
      ...guardrails({ shift: { kind: 'canary', sizePct: 50, waitMs: 0 } }),
      candidates: [{ ...ONE, instance: { type: 'ml.m5.large', count: 1 } }],
    },
    [
      'stages[0].blueGreen.shift.canary: `stages[0].blueGreen.shift.canary` is 50% of 1 instance, less than one; SageMaker shifts whole instances.',
    ],
  ],
  [
    'a bake of two hours',
    guardrails({ shift: { kind: 'allAtOnce', waitMs: 120 * MINUTE_MS } }),
    ['stages[0].blueGreen.wait: `stages[0].blueGreen.wait` is 2h; SageMaker waits whole seconds, at most 1h.'],
  ],
  [
    'half a second of waiting',
    guardrails({ terminationWaitMs: 500 }),
    [
      'stages[0].blueGreen.terminationWait: `stages[0].blueGreen.terminationWait` is 500ms; SageMaker waits whole seconds, at most 1h.',
    ],
  ],
  [
    'an old fleet kept after it was replaced batch by batch',
    guardrails({ shift: { kind: 'rolling', batchPct: 25, waitMs: 0 } }),
    [
      'stages[0].blueGreen.terminationWait: `stages[0].blueGreen.terminationWait` is 30m, but a rolling shift removes the old instances batch by batch.',
    ],
  ],
  [
    'nine hours',
    guardrails({ maximumMs: 540 * MINUTE_MS }),
    ['stages[0].blueGreen.maximum: `stages[0].blueGreen.maximum` is 9h; SageMaker gives up after 10m to 8h.'],
  ],
  [
    'nine minutes',
    guardrails({ maximumMs: 9 * MINUTE_MS }),
    ['stages[0].blueGreen.maximum: `stages[0].blueGreen.maximum` is 9m; SageMaker gives up after 10m to 8h.'],
  ],
  [
    'no more time than the waits take',
    guardrails({ shift: { kind: 'linear', stepPct: 30, waitMs: 10 * MINUTE_MS }, maximumMs: 70 * MINUTE_MS }),
    [
      'stages[0].blueGreen.maximum: `stages[0].blueGreen.maximum` is 1h10m, but the waits alone are 1h10m: 4 × `wait` and `terminationWait`.',
    ],
  ],
  [
    'a minute more than the waits take',
    guardrails({ shift: { kind: 'linear', stepPct: 30, waitMs: 10 * MINUTE_MS }, maximumMs: 71 * MINUTE_MS }),
    [],
  ],
  [
    'seven alarms, one of them twice',
    guardrails({ alarms: ['a', 'b', 'c', 'd', 'e', 'f', 'a'] }),
    [
      'stages[0].blueGreen.alarms[6]: `stages[0].blueGreen.alarms[6]` is a again.',
      'stages[0].blueGreen.alarms: `stages[0].blueGreen.alarms` has 7 entries; SageMaker takes 10, some of them ours, so 6 of yours.',
    ],
  ],
  [
    'a quality guard that only guardrails could decide',
    { ...guardrails({}), guards: [ERRORS as GuardSpec, QUALITY as GuardSpec] },
    [
      'guards[1].kind: The `quality` guard cannot tell the two fleets of `stages[0]` apart: they have the same variant name.',
    ],
  ],
  [
    'an errors guard without a limit of its own where all shifts at once',
    {
      ...guardrails({ shift: { kind: 'allAtOnce', waitMs: 0 } }),
      guards: [withoutSlo(ERRORS as GuardSpec)],
    },
    ['guards[0].slo: The `errors` guard has nothing to compare with in `stages[0]`: all traffic shifts at once.'],
  ],
  [
    'guardrails that a gateway counts for',
    { ...guardrails({}), counts: { from: 'gateway', uri: 's3://counts/reviews' }, tickMs: MINUTE_MS },
    [
      'counts.from: `counts` come from a gateway, which cannot tell the two fleets of `stages[0]` apart: they have the same variant name.',
    ],
  ],
  [
    'a quality guard that was decided before the guardrails',
    { stages: [CANARY, GUARDRAILS], guards: [ERRORS as GuardSpec, QUALITY as GuardSpec] },
    [],
  ],
  [
    'a claim that names nobody',
    {
      stages: [
        stage('approval', { identity: { kind: 'token', issuer: 'i', audience: 'a', jwks: 'https://k', claim: 'iss' } }),
        CANARY,
      ],
    },
    [
      "stages[0].approval.identity.token.claim: `stages[0].approval.identity.token.claim` is iss, which is no person's name.",
    ],
  ],
  [
    'an assignment that outlives its gateway',
    { routing: { by: 'gateway', to: 's3://a', expiresMs: 120 * MINUTE_MS } },
    [
      'routing.expires: `routing.expires` is 2h: so long could a gateway that hears nothing send requests to a model that was rolled back.',
    ],
  ],
  [
    'a watch of a minute',
    { watch: { forMs: MINUTE_MS, holdbackPct: 2, keep: 'warm' } },
    ['watch.for: `watch.for` is 1m, less than 3 ticks of 1m: no evidence would be closed in time.'],
  ],
  [
    'a cold model that answers',
    { watch: { forMs: 60 * MINUTE_MS, holdbackPct: 2, keep: 'cold' } },
    ['watch.holdback: `watch.holdback` is 2%, but a model that is kept cold answers nothing.'],
  ],
  [
    'a warm model that answers most',
    { watch: { forMs: 60 * MINUTE_MS, holdbackPct: 51, keep: 'warm' } },
    ['watch.holdback: `watch.holdback` is 51%: more than half of the traffic would go back to the old model.'],
  ],
  [
    'nothing held back for a guard that compares',
    {
      watch: { forMs: 60 * MINUTE_MS, holdbackPct: 0, keep: 'warm' },
      guards: [ERRORS as GuardSpec, { ...QUALITY, required: false } as GuardSpec],
    },
    ['watch.holdback: `watch.holdback` is 0%, so the `quality` guard would have nothing to compare with.'],
  ],
  ['nothing held back, nothing to compare', { watch: { forMs: 60 * MINUTE_MS, holdbackPct: 0, keep: 'warm' } }, []],
  [
    'an old fleet to be kept warm that SageMaker removes',
    { ...guardrails({}), watch: { forMs: 60 * MINUTE_MS, holdbackPct: 2, keep: 'warm' } },
    ['watch.keep: `watch.keep` is warm, but SageMaker removes the old fleet at the end of `stages[0]`.'],
  ],
];

describe('stages that cannot do what they promise', () => {
  test.each(ROWS)('%s', (_, changes, expected) => {
    expect(complaintsAbout(changes)).toEqual(expected);
  });

  test('each name the way out', () => {
    const all = ROWS.flatMap(([, changes]) => incompatibilities(specWith(changes)));
    expect(all.length).toBeGreaterThan(40);
    const isWayOut = /^(Write|Add|Put|Give|Remove|Move) .*`.+`.*\.$|^(Remove|Move) it|^Join some into|^Compare some/;
    expect(all.map(({ remedy }) => remedy).filter((remedy) => !isWayOut.test(remedy))).toEqual([]);
  });
});

describe('in the file', () => {
  test('a slip in a name of `events` is told with the right one', () => {
    const found = incompatibilities(
      specWith({
        stages: [stage('bandit', { reward: { kind: 'event', event: 'conversoin' } })],
        events: { conversion: { from: 's3://events', windowMs: 1, unit: 'request' } },
      })
    );
    expect(found.map(({ names }) => names)).toEqual([['conversion']]);
  });

  test('what follows from a key is pointed to where it stands', () => {
    expect(
      told(STAGES.replace('routing: { gateway: s3://assignments/reviews/, expires: 2m }', 'routing: weights'))
    ).toEqual([
      '15:23 `stages[2]` (shadow by gateway) needs a gateway, but the traffic is split by variant weights.',
      '16:35 `stages[3]` (canary with target) needs a gateway, but the traffic is split by variant weights.',
    ]);
  });

  test('a second candidate is refused at every stage that comes before a choice', () => {
    const two = STAGES.replace('routing:', '  - { name: v9, container: { image: sentiment:9 } }\nrouting:');
    const lines = told(two).map((line) => line.replace(/ .*\((.*)\) takes one.*/, ' $1'));
    expect(lines).toEqual([
      '15:5 shadow by experiment',
      '16:5 shadow by gateway',
      '17:5 canary with target',
      '23:5 linear',
      '24:5 linear',
      '25:5 blueGreen',
      '26:5 `stages[8]` compares 2 candidates, but no required `goal` guard says what the better one is better at.',
      '36:5 blueGreen by guardrails',
    ]);
  });
});
