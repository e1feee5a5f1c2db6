import { z } from 'zod';
import { placePath, s3Object, s3Prefix } from './addresses';
import { batch } from './batch-schema';
import { candidate, endpointName, variables } from './candidate-schema';
import { duration, rate, share } from './fields';
import { guard } from './guards-schema';
import { monitor, retraining } from './monitor-schema';
import type { Reading } from './scalar';
import { choice, exactlyOneOf, optionalScalar, text, wholeNumber } from './scalar';
import { onInconclusive } from './stage-fields';
import { stage } from './stages-schema';
import { onNewer, routing, watch } from './traffic-schema';
import { misplacedKeys, wordOrMap } from './word-or-map';

/**
 * The rollout file as people write it. Unknown keys are errors everywhere; shares and durations come out as percent, fractions and
 * milliseconds; everything but `endpoint`, `capture.to` and one candidate has a default. `toSpec` makes the `RolloutSpec` of it.
 * `defaultRole` stands in for a missing `aws.role`.
 */
export function rolloutFile({ defaultRole }: { readonly defaultRole?: string | undefined } = {}) {
  return z
    .strictObject({
      endpoint: endpointName(),
      aws: aws(defaultRole).prefault({ role: undefined }),
      capture: capture(),
      schema: schema().prefault({}),
      groundTruth: groundTruth().optional(),
      events: events().optional(),
      exposures: z
        .strictObject({ from: s3Prefix('Where the gateway writes its exposures.', 's3://exposures/reviews') })
        .optional()
        .meta({ description: 'Which variant answered whom, for events; without it data capture has to tell.' }),
      transforms: transforms().optional(),
      counts: counts().prefault('cloudwatch'),
      tick: duration('Length of one closed evidence window.').prefault('60s'),
      candidates: z.array(candidate()).min(1).meta({ description: 'The model versions to roll out.' }),
      baseline: baseline().prefault({}),
      budget: budget().prefault({}),
      guards: z
        .array(guard())
        .optional()
        .meta({ description: 'The judges; by default errors, and quality when there is ground truth.' }),
      onInconclusive: onInconclusive().prefault('hold'),
      routing: routing().prefault('weights'),
      stages: z
        .array(stage())
        .prefault([{ canary: {} }])
        .meta({ description: 'The steps in their order; promotion is the implicit last one.' }),
      watch: watch().optional(),
      onNewer: onNewer().prefault('reject'),
      batch: z.array(batch()).optional().meta({ description: 'Batch transforms, by schedule or when asked.' }),
      monitors: z
        .array(monitor())
        .optional()
        .meta({ description: 'What watches the endpoint, by schedule or when asked.' }),
      retraining: retraining()
        .refine(...exactlyOneOf(['webhook', 'job', 'training'], 'https://ci.example.org/train'))
        .optional(),
    })
    .meta({
      title: 'Sluice rollout file',
      description: 'How one model version replaces another on a SageMaker endpoint.',
    });
}

/** The file with defaults and numbers, still in the file's own shape. */
export type RolloutFile = z.output<ReturnType<typeof rolloutFile>>;

function aws(defaultRole: string | undefined) {
  const id = { what: 'an id', allowed: 'an id as in AWS', example: 'subnet-0a1b2c3d' };
  return z
    .strictObject({
      role: role(defaultRole),
      kms: text({
        ...id,
        what: 'a key',
        example: 'alias/reviews',
        describe: 'KMS key for disks and captured data.',
      }).optional(),
      vpc: z
        .strictObject({
          subnets: z
            .array(text({ ...id, describe: 'Subnet.' }))
            .min(1)
            .meta({ description: 'Subnets of the containers.' }),
          securityGroups: z
            .array(text({ ...id, example: 'sg-0a1b2c3d', describe: 'Security group.' }))
            .min(1)
            .meta({ description: 'Security groups of the containers.' }),
        })
        .meta({ description: 'Network of the containers.' })
        .optional(),
      tags: variables('Tags on everything that the rollout creates.').prefault({}),
    })
    .meta({ description: 'Account settings.' });
}

function role(defaultRole: string | undefined) {
  const words = {
    what: 'a role',
    allowed: 'the ARN of an IAM role: arn:aws:iam::<account>:role/<name>',
    example: 'arn:aws:iam::123456789012:role/reviews',
  };
  const describe = 'Execution role that SageMaker assumes; by default the environment variable SLUICE_ROLE.';
  const remedy = `Write \`aws: { role: ${words.example} }\`, or set SLUICE_ROLE.`;
  const pattern = /^arn:aws[a-z-]*:iam::\d{12}:role\/?[\w+=,.@\-/]+$/;
  const read = (found: unknown): Reading<string> => {
    const value = found ?? defaultRole;
    if (typeof value === 'string' && pattern.test(value)) return { ok: true, value };
    if (found === undefined && defaultRole !== undefined)
      return { ok: false, because: `SLUICE_ROLE holds ${defaultRole}`, remedy };
    return { ok: false, remedy };
  };
  const json = { type: 'string', pattern: pattern.source };
  return optionalScalar({ ...words, describe, json, read });
}

function capture() {
  const contentType = {
    what: 'a content type',
    allowed: 'type/subtype',
    example: 'text/csv',
    describe: 'A content type.',
  };
  return z
    .strictObject({
      to: s3Prefix('Where SageMaker writes captured requests.', 's3://capture/reviews'),
      sampling: share('Percentage of the requests that is captured.', '100%').prefault('100%'),
      contentTypes: z
        .array(text({ ...contentType, pattern: '^[^/\\s]+/[^/\\s]+$' }))
        .prefault(['text/csv', 'application/json'])
        .meta({ description: 'Content types stored as text; anything else is captured as base64.' }),
      lag: duration('After this long a captured record is taken to be in S3, or lost.').prefault('5m'),
    })
    .meta({ description: 'Data capture of the endpoint.' });
}

function schema() {
  return z
    .strictObject({
      prediction: placePath('Where the predicted label stands in the response: a JSON path, or a CSV column index.', {
        of: 'response',
        example: '$.predictions[0].label',
      }).optional(),
      user: placePath("Where the user's id stands in the request: a JSON path, or a CSV column index.", {
        of: 'request',
        example: '$.userId',
      }).optional(),
      facets: z
        .record(
          z.string(),
          placePath('Where the facet stands in the request: a JSON path, or a CSV column index.', {
            of: 'request',
            example: '$.category',
          })
        )
        .optional()
        .meta({ description: 'Parts of the request that answers are compared by, each with its place.' }),
    })
    .meta({ description: 'Where to find things in requests and responses.' });
}

function groundTruth() {
  return z
    .strictObject({
      from: s3Prefix('Where labels arrive.', 's3://labels/reviews'),
      maturity: duration('Age at which a cohort of predictions is closed, once; later labels are dropped.'),
    })
    .meta({ description: 'Labels that arrive after the predictions.' });
}

function events() {
  const source = z
    .strictObject({
      from: s3Prefix('Where events arrive.', 's3://events/reviews'),
      window: duration('How long after the request an event still counts for it.').prefault('30m'),
      unit: choice({
        what: 'a unit',
        values: ['request', 'user'],
        describe: 'What an event names: the request by its inference id, or the user.',
      }).prefault('request'),
    })
    .meta({ description: 'The events of one name.' });
  return z.record(z.string(), source).meta({ description: 'Business outcomes that follow requests, by name.' });
}

function transforms() {
  return z
    .strictObject({
      definition: s3Object('The definition that gateways apply.', 's3://control/transforms.json'),
      samples: s3Object(
        'Lines of {"request": …, "answer": …}: what applications send, and what the model answers.',
        's3://control/samples.jsonl'
      ),
    })
    .meta({ description: "Compared with the candidates' transform containers before anything is changed." });
}

function counts() {
  return wordOrMap({
    what: 'a source of counts',
    words: ['cloudwatch'],
    map: z.strictObject({ from: s3Prefix('Where the gateway writes its counts.', 's3://counts/reviews') }),
    example: '{ from: s3://counts/reviews }',
    describe: "Where counts of requests and errors come from: CloudWatch's one-minute metrics, or a gateway.",
  });
}

function baseline() {
  return z
    .strictObject({
      lookback: duration("How far back the incumbent's own rates are read before the plan is fixed.").prefault('24h'),
      atLeast: wholeNumber({
        min: 1,
        example: 500,
        describe: 'Least number of requests, and of labels, it rests on.',
      }).prefault(500),
      atMost: duration('How long to wait for that many.').prefault('6h'),
      dataset: s3Prefix(
        'What the model was trained on: .csv with a header line, .jsonl, .parquet.',
        's3://data/train.csv'
      ).optional(),
      label: column('Column with the truth.', 'sentiment').optional(),
      prediction: column(
        "Column with the model's answer; without it its quality has no baseline.",
        'predicted'
      ).optional(),
      problem: choice({
        what: 'a problem',
        values: ['BinaryClassification', 'MulticlassClassification', 'Regression'],
        describe: 'What the model answers.',
      }).optional(),
      to: s3Prefix('Where baselines go; by default below `capture.to`.', 's3://baselines/reviews').optional(),
    })
    .check(
      misplacedKeys((map) =>
        map['dataset'] !== undefined
          ? {}
          : Object.fromEntries(
              ['label', 'prediction', 'problem', 'to'].flatMap((key) =>
                map[key] === undefined
                  ? []
                  : [
                      [
                        key,
                        {
                          because: 'is about a `dataset`, and there is none',
                          remedy: 'Add `dataset: s3://…`, or remove it.',
                          allowed: 'with `dataset`',
                        },
                      ] as const,
                    ]
              )
            )
      )
    )
    .meta({ description: 'What is learned of the incumbent before the candidate gets a request.' });
}

function column(describe: string, example: string) {
  return text({ what: 'a column', allowed: 'the name of a column', example, describe });
}

function budget() {
  return z
    .strictObject({
      falseRollback: rate('Probability of rolling back a candidate that is no worse.', '1%').prefault('1%'),
      falsePromotion: rate('Probability of promoting a candidate that is worse than the margin.', '5%').prefault('5%'),
      falseWinner: rate('Probability of declaring a winner that is none.', '5%').prefault('5%'),
    })
    .meta({ description: 'How often the rollout may be wrong, over its whole length.' });
}
