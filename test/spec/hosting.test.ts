import { describe, expect, test } from '@jest/globals';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { rolloutFileJsonSchema } from '../../spec/json-schema';
import { problemsOf, SHORTEST, specOf, told } from './support';

const accepts = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(
  rolloutFileJsonSchema()
);
const HEAD = SHORTEST.split('\n').slice(0, 3).join('\n');

/** The shortest file with another candidate. */
function file(candidate: string, more = ''): string {
  return `${HEAD}\n  - { name: v8, ${candidate} }\n${more}`;
}

const ONE = 'container: { image: sentiment:8 }';
const TWO =
  'containers: [{ image: transform:1, environment: { SIDE: request } }, { image: sentiment:8, artifact: s3://models/8.tar.gz }]';
const MANY = 'container: { image: sentiment:8, mode: multiModel, artifacts: s3://models/reviews/ }';
const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/reviews/8';
const SCALED = 'autoscaling: { min: 2, max: 10, invocationsPerInstance: 1000 }';
const SHADOW = "schema: { prediction: '$.a' }\nstages: [{ shadow: {} }, { canary: {} }]\n";
const GATEWAY_SHADOW = `${SHADOW.replace('shadow: {}', 'shadow: { engine: gateway }')}routing: { gateway: s3://assignments }\n`;
const GUARDRAILS = 'stages: [{ blueGreen: { engine: guardrails } }]\n';

describe('what a candidate is made of', () => {
  test.each([
    [
      TWO,
      {
        model: {
          kind: 'pipeline',
          containers: [
            { image: 'transform:1', environment: { SIDE: 'request' } },
            { image: 'sentiment:8', artifact: 's3://models/8.tar.gz', environment: {} },
          ],
        },
      },
    ],
    [
      MANY,
      {
        model: {
          kind: 'multiModel',
          container: { image: 'sentiment:8', artifacts: 's3://models/reviews', environment: {} },
        },
      },
    ],
    [`modelPackage: '${ARN}'`, { model: { kind: 'package', package: ARN } }],
    ['modelPackage: reviews/8', { model: { kind: 'package', package: 'reviews/8' } }],
    ['modelPackage: { group: reviews, version: 8 }', { model: { kind: 'package', package: 'reviews/8' } }],
    [
      `${ONE}, instance: { count: 2, alternatives: [{ type: ml.c5.xlarge, count: 4 }, { type: ml.m5.large }] }, ${SCALED}`,
      {
        instance: {
          type: 'ml.m5.large',
          count: 2,
          alternatives: [
            { type: 'ml.c5.xlarge', count: 4 },
            { type: 'ml.m5.large', count: 1 },
          ],
        },
        autoscaling: { min: 1, max: 10, invocationsPerInstance: 1000, scheduled: [] },
      },
    ],
  ] as const)('%s', (candidate, expected) => {
    const text = file(candidate.replace('min: 2', 'min: 1'));
    expect(specOf(text).candidates).toMatchObject([expected]);
    expect(accepts(parse(text))).toBe(true);
  });

  test('scaling by the clock is read as AWS writes it', () => {
    const text = file(
      `${ONE}, autoscaling: { min: 1, max: 4, invocationsPerInstance: 50.5, scheduled: [{ at: cron(0 8 ? * MON-FRI *), min: 3, max: 9 }] }`
    );
    expect(specOf(text).candidates[0].autoscaling?.scheduled).toEqual([
      { at: 'cron(0 8 ? * MON-FRI *)', min: 3, max: 9 },
    ]);
  });
});

/** What stands in the file, the complaint, and the way out. */
const REFUSED: readonly (readonly [string, string, string])[] = [
  [
    file('instance: {}'),
    '`candidates[0]` needs `container`, `containers` or `modelPackage`.',
    'Write for example `container: { image: sentiment:8 }`.',
  ],
  [
    file(`${ONE}, modelPackage: reviews/8`),
    '`candidates[0]` has both `container` and `modelPackage`.',
    'Keep one of them.',
  ],
  [
    file('modelPackage: reviews'),
    '`candidates[0].modelPackage` is not a model package.',
    'Write for example `reviews/8`.',
  ],
  [
    file('containers: []'),
    '`candidates[0].containers` has 0; an inference pipeline has 2 to 15.',
    'Write `container: { image: … }`.',
  ],
  [
    file('containers: [{ image: a }]'),
    '`candidates[0].containers` has 1; an inference pipeline has 2 to 15.',
    'Write `container: { image: … }`.',
  ],
  [
    file(`containers: [${Array.from({ length: 16 }, () => '{ image: a }').join(', ')}]`),
    '`candidates[0].containers` has 16; an inference pipeline has 2 to 15.',
    'Join some of the containers into one `image`.',
  ],
  [
    file('container: { image: a, artifacts: s3://models }'),
    '`artifacts` in `candidates[0].container` belongs to `mode: multiModel`.',
    'Write `artifact: s3://…/model.tar.gz`, or add `mode: multiModel`.',
  ],
  [
    file('container: { image: a, mode: multiModel, artifact: s3://models/a.tar.gz }'),
    '`mode` in `candidates[0].container` is multiModel, which needs `artifacts`, not `artifact`.',
    'Write `artifacts: s3://models/reviews`, the prefix of all models.',
  ],
  [
    file('container: { image: a, mode: multiModel }'),
    '`mode` in `candidates[0].container` is multiModel, which needs `artifacts`.',
    'Write `artifacts: s3://models/reviews`, the prefix of all models.',
  ],
  [
    file(`${ONE}, instance: { count: 2, alternatives: [{ type: ml.m5.large, count: 2 }] }`),
    '`candidates[0].instance.alternatives[0]` is 2 × ml.m5.large again, which was tried before.',
    'Remove it, or write another `type` or `count`.',
  ],
  [
    file(`${ONE}, instance: { count: 1 }, ${SCALED}`),
    '`candidates[0].instance.count` is 1, but autoscaling keeps the count from 2 to 10.',
    'Write `count: 2`, or other bounds.',
  ],
  [
    file(`${ONE}, instance: { count: 2, alternatives: [{ type: ml.c5.large, count: 20 }] }, ${SCALED}`),
    '`candidates[0].instance.alternatives[0].count` is 20, but autoscaling keeps the count from 2 to 10.',
    'Write `count: 10`, or other bounds.',
  ],
  [
    file(`${ONE}, autoscaling: { min: 4, max: 2, invocationsPerInstance: 9 }`),
    '`candidates[0].autoscaling.max` is 2, below the min of 4.',
    'Write `max: 4` or more.',
  ],
  [
    file(`${ONE}, instance: { type: ml.t2.large, count: 2 }, ${SCALED}`),
    '`candidates[0].autoscaling` is not for ml.t2.large: SageMaker does not scale burstable instances.',
    'Remove `autoscaling`, or write for example `type: ml.m5.large`.',
  ],
  [
    file(
      `${ONE}, autoscaling: { min: 1, max: 2, invocationsPerInstance: 9, scheduled: [{ at: 0 8 * * *, min: 1, max: 1 }] }`
    ),
    '`candidates[0].autoscaling.scheduled[0].at` is not a schedule.',
    'Write `cron(0 8 * * ? *)`.',
  ],
  [
    file(TWO, SHADOW),
    '`stages[0]` shadows an inference pipeline, which SageMaker does not.',
    'Write `engine: gateway` with `routing: { gateway: s3://… }`, or a `canary` in its place.',
  ],
  [
    file(MANY, SHADOW.replace('shadow: {}', 'shadow: { engine: experiment }')),
    '`stages[0]` shadows a multi-model endpoint, which SageMaker does not.',
    'Write `engine: gateway` with `routing: { gateway: s3://… }`, or a `canary` in its place.',
  ],
  [
    file(`${ONE}, ${SCALED}`, GUARDRAILS),
    '`candidates[0].autoscaling` cannot change in `stages[0]`: by guardrails the variant keeps its name, and with it the scaling that it has.',
    'Remove `autoscaling`, or write `engine: weights`.',
  ],
  [
    file(`${ONE}, instance: { alternatives: [{ type: ml.c5.large }] }`, GUARDRAILS),
    '`candidates[0].instance.alternatives` cannot be tried in `stages[0]`: by guardrails SageMaker brings the new fleet up in one go.',
    'Remove `alternatives`, or write `engine: weights`.',
  ],
];

describe('what cannot be hosted, or not in this stage, is refused in its place with the way out', () => {
  test.each(REFUSED.map(([text, message, remedy]) => [message, text, remedy] as const))(
    '%s',
    (message, text, remedy) => {
      expect(problemsOf(text)).toMatchObject([{ message, remedy }]);
    }
  );

  test.each([
    ['a pipeline mirrored by the gateway', file(TWO, GATEWAY_SHADOW)],
    ['a multi-model endpoint mirrored by the gateway', file(MANY, GATEWAY_SHADOW)],
    ['a package in a shadow, which is looked at when it is read', file('modelPackage: reviews/8', SHADOW)],
    ['a pipeline by guardrails', file(TWO, GUARDRAILS)],
    ['a multi-model endpoint by guardrails', file(MANY, GUARDRAILS)],
  ])('%s is fine', (_, text) => {
    expect(told(text)).toEqual([]);
  });

  const TRANSFORMS = 'transforms: { definition: s3://control/t.json, samples: s3://control/s.jsonl }\n';
  const WITH_SIDE = TWO.replace('SIDE: request', 'SLUICE_TRANSFORM_SIDE: request');

  test('transforms are declared to be compared, so there must be a container of a pipeline to compare with', () => {
    expect(problemsOf(file(TWO, TRANSFORMS))).toMatchObject([
      {
        message:
          '`transforms` are compared with those of an inference pipeline, and no candidate has a transform container.',
      },
    ]);
    expect(problemsOf(file(WITH_SIDE, TRANSFORMS))).toMatchObject([
      { message: '`transforms` cannot be compared with the request container of v8: it has no `artifact`.' },
    ]);
    const whole = WITH_SIDE.replace('image: transform:1', 'image: transform:1, artifact: s3://models/t.tar.gz');
    expect(specOf(file(whole, TRANSFORMS)).transforms).toEqual({
      definition: 's3://control/t.json',
      samples: 's3://control/s.jsonl',
    });
  });

  test('a shadow on Inf1 is refused among the alternatives, too', () => {
    const text = file(`${ONE}, instance: { alternatives: [{ type: ml.inf1.xlarge }] }`, SHADOW);
    expect(told(text)).toEqual(['4:81 `stages[0]` (shadow) is not for ml.inf1.xlarge: SageMaker leaves Inf1 out.']);
  });
});
