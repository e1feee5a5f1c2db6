import { z } from 'zod';
import { instanceType, placePath, s3Prefix } from './addresses';
import { duration, durationOrZero } from './fields';
import { MONITOR_KINDS } from './monitor-types';
import { choice, flag, text, wholeNumber } from './scalar';
import { schedule, schedulePolicies } from './schedule-schema';

/** One monitor of the file. */
export function monitor() {
  return z
    .strictObject({
      kind: choice({ what: 'a kind of monitor', values: MONITOR_KINDS, describe: 'What is watched.' }),
      name: text({
        what: 'a name',
        allowed: 'letters, digits and inner hyphens, at most 32',
        pattern: '^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$',
        example: 'quality',
        describe: 'Name of the monitor, unique in the file; by default its kind.',
      }).optional(),
      schedule: schedule().optional(),
      ...schedulePolicies(),
      window: duration('Length of the data window; by default the time between two runs.').optional(),
      lag: duration(
        'How long after its end a window is taken to be complete; by default `capture.lag`, for `business` also `withinMs` and a minute.'
      ).optional(),
      late: durationOrZero(
        'Past windows are corrected where objects have come since, for so long; by default a day, or until labels are ripe, at most 200 windows.'
      ).optional(),
      engine: choice({
        what: 'an engine',
        values: ['worker', 'processing', 'modelMonitor'],
        describe:
          "Who computes: the worker, SageMaker Processing with Sluice's analyzer, or Model Monitor's own images.",
      }).prefault('worker'),
      instance: z
        .strictObject({
          type: instanceType('Instance type of the processing jobs.').prefault('ml.m5.xlarge'),
          count: wholeNumber({ min: 1, example: 1, describe: 'Instances that share the objects.' }).prefault(1),
        })
        .prefault({})
        .meta({ description: 'Machines of `processing` and `modelMonitor`.' }),
      image: text({
        what: 'an image',
        allowed: 'repository:tag, as SageMaker pulls it',
        example: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/sluice-monitors:1',
        describe: "Image of the analyzer; for `modelMonitor` by default SageMaker's of the region.",
      }).optional(),
      monitoringSchedule: flag({
        describe: "Of `modelMonitor`: SageMaker's own monitoring schedule runs it, and its executions are read.",
      }).prefault(false),
      options: z
        .record(z.string(), z.json())
        .prefault({})
        .meta({ description: "The monitor's own settings (docs/monitors.md)." }),
      columns: z
        .array(column())
        .min(1)
        .optional()
        .meta({ description: 'Where columns stand; by default as they come.' }),
      baseline: s3Prefix(
        'Baseline to compare with; by default that of what serves.',
        's3://baselines/reviews'
      ).optional(),
      to: s3Prefix('Where reports go; by default below `capture.to`.', 's3://reports/reviews').optional(),
      onViolation: z
        .array(
          choice({
            what: 'a consequence',
            values: ['alert', 'guardEvidence', 'rollBack', 'retrain'],
            describe: 'What a violation leads to.',
          })
        )
        .prefault(['alert'])
        .meta({ description: 'What a violation leads to.' }),
      cooldown: durationOrZero('Each consequence follows at most once in this time.').prefault('1h'),
      webhook: webhook('Where alerts are posted.').optional(),
      publish: flag({ describe: "Whether numbers go to CloudWatch, with Model Monitor's names." }).prefault(true),
    })
    .meta({ description: 'A monitor of the endpoint.' });
}

/** How a new model is made. */
export function retraining() {
  return z
    .strictObject({
      webhook: webhook('Trains and answers with the model, or with 202.').optional(),
      job: job().optional(),
      training: training().optional(),
      cooldown: duration('At most one new model in this time.').prefault('7d'),
    })
    .meta({ description: 'What makes a new model when a monitor asks for one.' });
}

function job() {
  return z
    .strictObject(jobMembers('/opt/ml/processing/input/<name>'))
    .meta({ description: 'A SageMaker Processing job that leaves /opt/ml/processing/output/model.tar.gz.' });
}

function training() {
  return z
    .strictObject({
      ...jobMembers('/opt/ml/input/data/<name>'),
      hyperparameters: z
        .record(z.string().max(256), z.string().max(2_500))
        .prefault({})
        .meta({ description: 'Hyperparameters, found at /opt/ml/input/config/hyperparameters.json.' }),
    })
    .meta({ description: 'A SageMaker training job; what it leaves in /opt/ml/model is the model.' });
}

function jobMembers(inputsAt: string) {
  return {
    image: text({
      what: 'an image',
      allowed: 'repository:tag, as SageMaker pulls it',
      example: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1',
      describe: 'Image that trains.',
    }),
    entrypoint: words('Entrypoint of the container.').prefault([]),
    arguments: words('Arguments of the container.').prefault([]),
    environment: z
      .record(z.string(), z.string())
      .prefault({})
      .meta({ description: 'Environment variables of the container.' }),
    instance: z
      .strictObject({
        type: instanceType('Instance type.').prefault('ml.m5.xlarge'),
        count: wholeNumber({ min: 1, example: 1, describe: 'Instances.' }).prefault(1),
      })
      .prefault({})
      .meta({ description: 'Machines of the job.' }),
    inputs: z
      .record(z.string().regex(/^[a-zA-Z0-9][\w-]{0,62}$/), s3Prefix('Data to train on.', 's3://data/reviews'))
      .prefault({})
      .meta({ description: `S3 prefixes by name, found at ${inputsAt}.` }),
    output: s3Prefix('Each run leaves its model.tar.gz below this.', 's3://models/reviews/retrained'),
    atMost: duration('The job is stopped after this.').prefault('12h'),
  };
}

function words(describe: string) {
  return z
    .array(text({ what: 'a word', allowed: 'text', example: 'train.py', describe }))
    .meta({ description: describe });
}

function webhook(describe: string) {
  return text({
    what: 'an address',
    allowed: 'http:// or https://',
    pattern: '^https?://[^\\s]+$',
    example: 'https://hooks.example.org/sluice',
    describe,
  });
}

function column() {
  return z
    .strictObject({
      name: text({ what: 'a name', allowed: 'text', example: 'category', describe: 'Name of the column.' }),
      from: choice({ what: 'a side', values: ['input', 'output'], describe: 'Request or answer.' }).prefault('input'),
      path: placePath('Where it stands: a JSON path, or a CSV column index.', {
        of: 'request',
        example: '$.category',
      }),
    })
    .meta({ description: 'One column.' });
}
