import { describe, expect, test } from '@jest/globals';
import { incompatibilities } from '../../spec/compat';
import { formatPath } from '../../spec/problem';
import { containersOf } from '../../spec/candidate-types';
import type { Candidate, ContainerSpec, GuardSpec, RolloutSpec, Stage } from '../../spec/types';
import { FULL, problemsOf, SHORTEST, specOf, told } from './support';

const SPEC = specOf(FULL);
const [ERRORS, QUALITY] = SPEC.guards;
const CANARY = SPEC.stages[2];

function complaintsAbout(changes: Partial<RolloutSpec>): readonly string[] {
  return incompatibilities({ ...SPEC, ...changes }).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

function candidate(changes: Partial<Candidate>): readonly [Candidate] {
  return [{ ...SPEC.candidates[0], ...changes }];
}

function container(changes: Partial<ContainerSpec>): readonly [Candidate] {
  const [first] = containersOf(SPEC.candidates[0].model);
  return candidate({ model: { kind: 'container', container: { ...(first as ContainerSpec), ...changes } } });
}

function guards(changes: object): readonly GuardSpec[] {
  return [{ ...ERRORS, required: true, ...changes } as GuardSpec];
}

function canary(changes: object): readonly Stage[] {
  return [{ ...CANARY, ...changes } as Stage];
}

const ROWS: readonly (readonly [string, Partial<RolloutSpec>, string])[] = [
  [
    'an underscore in the endpoint',
    { endpoint: 'product_reviews' },
    'endpoint: `endpoint` is not a valid name: SageMaker takes only letters, digits and inner hyphens, at most 63 characters.',
  ],
  [
    'an endpoint of 64 characters',
    { endpoint: 'a'.repeat(64) },
    'endpoint: `endpoint` is not a valid name: it has 64 characters, SageMaker takes 63.',
  ],
  [
    'a dot in a version',
    { candidates: candidate({ name: 'v8.1' }) },
    'candidates[0].name: `candidates[0].name` is not a valid name: SageMaker takes only letters, digits and inner hyphens, at most 63 characters.',
  ],
  [
    'an image with a blank',
    { candidates: container({ image: 'a b' }) },
    'candidates[0].container.image: `candidates[0].container.image` is not a valid image: SageMaker takes only at most 255 characters without blanks.',
  ],
  [
    'a variable with a hyphen',
    { candidates: container({ environment: { 'A-B': '1' } }) },
    'candidates[0].container.environment.A-B: `candidates[0].container.environment.A-B` is not a valid variable name: SageMaker takes only letters, digits and underscores, not beginning with a digit.',
  ],
  [
    'a long variable',
    { candidates: container({ environment: { A: 'x'.repeat(1025) } }) },
    'candidates[0].container.environment.A: `candidates[0].container.environment.A` is not a valid value: it has 1025 characters, SageMaker takes 1024.',
  ],
  [
    'a tag of ours',
    { aws: { role: SPEC.aws.role, tags: { 'sluice:rollout': '1' } } },
    'aws.tags["sluice:rollout"]: The tag `sluice:rollout` begins with sluice:, which is reserved.',
  ],
  [
    'too many tags',
    {
      aws: {
        role: SPEC.aws.role,
        tags: Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`t${index}`, ''])),
      },
    },
    'aws.tags: `aws.tags` has 41 entries, SageMaker takes 40 of yours.',
  ],
  [
    'a tag with a comma',
    { aws: { role: SPEC.aws.role, tags: { team: 'a,b' } } },
    'aws.tags.team: `aws.tags.team` is not a valid tag value: SageMaker takes only at most 256 letters, digits, blanks and _ . : / = + - @.',
  ],
  [
    'six security groups',
    { aws: { role: SPEC.aws.role, tags: {}, vpc: { subnets: ['s'], securityGroups: ['a', 'b', 'c', 'd', 'e', 'f'] } } },
    'aws.vpc.securityGroups: `aws.vpc.securityGroups` has 6 entries, SageMaker takes 5 of yours.',
  ],
  [
    'half a percent captured',
    { capture: { ...SPEC.capture, samplingPct: 0.5 } },
    'capture.sampling: `capture.sampling` is 0.5%; SageMaker samples whole percents only.',
  ],
  [
    'nothing captured, with a quality guard',
    { capture: { ...SPEC.capture, samplingPct: 0 } },
    'capture.sampling: `capture.sampling` is 0%, so the `quality` guard would see no predictions.',
  ],
  [
    'a content type with parameters',
    { capture: { ...SPEC.capture, contentTypes: ['text/csv; charset=utf-8'] } },
    'capture.contentTypes[0]: `capture.contentTypes[0]` is not a content type that SageMaker takes.',
  ],
  [
    'a tick below CloudWatch',
    { counts: { from: 'cloudwatch' } },
    'tick: `tick` is 2s, but CloudWatch counts per minute.',
  ],
  [
    'a tick beside the minute',
    { counts: { from: 'cloudwatch' }, tickMs: 90_000 },
    'tick: `tick` is 1m30s, but CloudWatch counts per minute.',
  ],
  [
    'a look further back than CloudWatch',
    { counts: { from: 'cloudwatch' }, tickMs: 60_000, baseline: { ...SPEC.baseline, lookbackMs: 16 * 86_400_000 } },
    'baseline.lookback: `baseline.lookback` is 16d, but CloudWatch keeps counts per minute for 15d.',
  ],
  [
    'a look back shorter than a tick',
    { baseline: { ...SPEC.baseline, lookbackMs: 1_000 } },
    'baseline.lookback: `baseline.lookback` is 1s, shorter than one tick of 2s.',
  ],
  [
    'a budget of nothing',
    { budget: { ...SPEC.budget, falseRollback: 0 } },
    'budget.falseRollback: `budget.falseRollback` is 0%; no evidence is enough for 0%, and none is needed at 100%.',
  ],
  [
    'a budget of everything',
    { budget: { ...SPEC.budget, falsePromotion: 1 } },
    'budget.falsePromotion: `budget.falsePromotion` is 100%; no evidence is enough for 0%, and none is needed at 100%.',
  ],
  [
    'a budget of half',
    { budget: { ...SPEC.budget, falseWinner: 0.5 } },
    'budget.falseWinner: `budget.falseWinner` is 50%: a coin is wrong no more often.',
  ],
  ['no guards', { guards: [] }, 'guards: `guards` is empty, so nothing would stand behind a promotion.'],
  [
    'no required guard',
    { guards: guards({ required: false }) },
    'guards: No guard is required, so nothing would stand behind a promotion.',
  ],
  [
    'the same guard twice',
    { guards: [...guards({}), ...guards({})] },
    'guards[1].kind: `guards[1]` is a second `errors` guard, beside `guards[0]`.',
  ],
  [
    'a margin of 1',
    { guards: guards({ promoteWithin: { kind: 'oddsRatio', oddsRatio: 1 } }) },
    'guards[0].promoteWithin.oddsRatio: `guards[0].promoteWithin.oddsRatio` is 1: a candidate as good as the incumbent could never be promoted.',
  ],
  [
    'an absolute margin of 0',
    { guards: guards({ promoteWithin: { kind: 'absolute', difference: 0 } }) },
    'guards[0].promoteWithin.absolute: `guards[0].promoteWithin.absolute` is 0%: a candidate as good as the incumbent could never be promoted.',
  ],
  [
    'an absolute margin of 1',
    { guards: guards({ promoteWithin: { kind: 'absolute', difference: 1 } }) },
    'guards[0].promoteWithin.absolute: `guards[0].promoteWithin.absolute` is 100%: any candidate is within it.',
  ],
  [
    'rolling the better one back',
    { guards: guards({ rollbackAt: { oddsRatio: 0.9 } }) },
    'guards[0].rollbackAt.oddsRatio: `guards[0].rollbackAt.oddsRatio` is 0.9: a candidate that is better than the incumbent would be rolled back.',
  ],
  [
    'an slo of nothing',
    { guards: guards({ slo: 0 }) },
    'guards[0].slo: `guards[0].slo` is 0%: no number of clean requests can show it.',
  ],
  [
    'a share of nothing',
    { stages: canary({ sharePct: 0 }) },
    'stages[0].canary.share: `stages[0].canary.share` is 0%: the candidate gets no requests, so there is nothing to compare.',
  ],
  [
    'all of the traffic',
    { stages: canary({ sharePct: 100 }) },
    'stages[0].canary.share: `stages[0].canary.share` is 100%: no requests are left for the incumbent, so there is nothing to compare.',
  ],
  [
    'no stages',
    { stages: [] },
    'stages: No stage waits for a decision of the guards, so nothing would stand behind a promotion.',
  ],
  [
    'stages that only count requests',
    { stages: canary({ until: { kind: 'requests', requests: 500, atMostMs: 7_200_000 } }) },
    'stages: No stage waits for a decision of the guards, so nothing would stand behind a promotion.',
  ],
  [
    'a stage of two ticks',
    { guards: guards({}), stages: canary({ until: { kind: 'decided', atMostMs: 4_000 } }) },
    'stages[0].canary.until.atMost: `stages[0].canary.until.atMost` is 4s, less than 3 ticks of 2s: no evidence would be closed in time.',
  ],
  [
    'labels that ripen too late',
    { stages: canary({ until: { kind: 'decided', atMostMs: 3_600_000 } }) },
    'stages[0].canary.until.atMost: The candidate has had 1h of traffic when `stages[0]` must be decided, but labels ripen only after 1h30m: the quality guard could not pass.',
  ],
  [
    'more approvals than approvers',
    {
      stages: [
        {
          kind: 'approval',
          approvers: ['ana'],
          need: 2,
          withinMs: 1,
          otherwise: 'reject',
          identity: { kind: 'asserted' },
        },
        ...canary({}),
      ],
    },
    'stages[0].approval.need: `stages[0].approval.need` is 2, but only 1 person may approve.',
  ],
  [
    'an approver named twice',
    {
      stages: [
        {
          kind: 'approval',
          approvers: ['ana', 'ana'],
          need: 1,
          withinMs: 1,
          otherwise: 'reject',
          identity: { kind: 'asserted' },
        },
        ...canary({}),
      ],
    },
    'stages[0].approval.approvers[1]: `stages[0].approval.approvers[1]` is ana again; one person approves once.',
  ],
];

describe('what SageMaker or the statistics would refuse', () => {
  test.each(ROWS)('%s', (_, changes, expected) => {
    expect(complaintsAbout(changes)).toEqual([expected]);
  });

  test('is nothing in a sound file', () => {
    expect(complaintsAbout({})).toEqual([]);
    expect(incompatibilities(specOf(SHORTEST))).toEqual([]);
  });

  test('names the way out each time', () => {
    const remedies = ROWS.flatMap(([, changes]) => incompatibilities({ ...SPEC, ...changes })).map(
      ({ remedy }) => remedy
    );
    expect(remedies.filter((remedy) => !/^[A-Z].*\.$/.test(remedy))).toEqual([]);
  });

  test('an underscored name gets a name that SageMaker takes', () => {
    expect(incompatibilities({ ...SPEC, endpoint: '_product_reviews.v8_' })[0]?.nearest).toBe('product-reviews-v8');
  });

  test('anybody may approve when nobody is named, however many are needed', () => {
    expect(
      complaintsAbout({
        stages: [
          {
            kind: 'approval',
            approvers: [],
            need: 3,
            withinMs: 1,
            otherwise: 'reject',
            identity: { kind: 'asserted' },
          },
          ...canary({}),
        ],
      })
    ).toEqual([]);
  });

  test('traffic of earlier stages counts for labels, waiting for the first traffic does not', () => {
    const approval: Stage = {
      kind: 'approval',
      approvers: [],
      need: 1,
      withinMs: 7_200_000,
      otherwise: 'reject',
      identity: { kind: 'asserted' },
    };
    const short = { until: { kind: 'decided', atMostMs: 3_600_000 } };
    const counting = { until: { kind: 'requests', requests: 5, atMostMs: 3_600_000 } };
    expect(complaintsAbout({ stages: [...canary(counting), ...canary(short)] })).toEqual([]);
    expect(complaintsAbout({ stages: [...canary(counting), approval, ...canary(short)] })).toEqual([]);
    expect(complaintsAbout({ stages: [approval, ...canary(short)] })).toHaveLength(1);
  });

  test('late labels do not matter to a guard that promotion does not need', () => {
    const stages = canary({ until: { kind: 'decided', atMostMs: 3_600_000 } });
    expect(QUALITY?.kind).toBe('quality');
    expect(complaintsAbout({ stages, guards: [...guards({}), { ...QUALITY, required: false } as GuardSpec] })).toEqual(
      []
    );
  });
});

describe('in the file', () => {
  test('a quality guard without labels and without a place for predictions is two problems at the guard', () => {
    expect(told(`${SHORTEST}guards: [{ kind: quality }]\n`)).toEqual([
      '6:18 The `quality` guard needs labels, but the file has no `groundTruth`.',
      '6:18 The `quality` guard needs to know where the prediction stands in the response, but the file has no `schema.prediction`.',
    ]);
  });

  test('what follows from a default points at the key that brought it in', () => {
    expect(told(`${SHORTEST}groundTruth: { from: s3://labels, maturity: 1h }\n`)).toEqual([
      '6:1 The `quality` guard needs to know where the prediction stands in the response, but the file has no `schema.prediction`.',
    ]);
  });

  test('is not said about parts that are wrong already', () => {
    expect(told(`${SHORTEST}tick: 10\nstages: [{ canary: { until: { decided: no } } }]\n`)).toEqual([
      '6:7 `tick` is not a duration: it has no unit.',
      '7:40 `stages[0].canary.until.decided` is not true.',
    ]);
  });

  test('is said beside mistakes of form elsewhere', () => {
    expect(problemsOf(`${SHORTEST}budget: { falseWinner: 0% }\ntick: 10\n`).map(({ path }) => path)).toEqual([
      'budget.falseWinner',
      'tick',
    ]);
  });
});
