import { z } from 'zod';
import { artifact, instanceType, modelPackageAddress, s3Prefix, scalingSchedule } from './addresses';
import { choice, exactlyOneOf, positiveNumber, text, variable, wholeNumber } from './scalar';
import type { Misplaced } from './word-or-map';
import { misplacedKeys, scalarOrMap } from './word-or-map';

const NAME = {
  what: 'a name',
  allowed: 'letters, digits and inner hyphens, at most 63',
  pattern: '^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$',
} as const;

const MODELS = ['container', 'containers', 'modelPackage'] as const;

/** The endpoint's name, by SageMaker's rule for names. */
export function endpointName() {
  return text({ ...NAME, example: 'product-reviews', describe: 'Name of the SageMaker endpoint.' });
}

/** One model version that wants to replace the incumbent. */
export function candidate() {
  return z
    .strictObject({
      name: text({ ...NAME, example: 'v8', describe: "Version name; also the production variant's name." }),
      container: container().optional(),
      containers: z.array(pipelineContainer()).optional().meta({
        minItems: 2,
        maxItems: 15,
        description: 'An inference pipeline: 2 to 15 containers, each gets what the one before has answered.',
      }),
      modelPackage: modelPackage().optional(),
      instance: instance(),
      autoscaling: autoscaling().optional(),
    })
    .refine(...exactlyOneOf(MODELS, '{ image: sentiment:8 }'))
    .meta({
      oneOf: MODELS.map((key) => ({ required: [key] })),
      description: 'A model version that is to replace the one in service.',
    });
}

function image() {
  return text({
    what: 'an image',
    allowed: 'an image address',
    example: 'sentiment:8',
    describe: 'Container image with the serving code.',
    pattern: '^\\S{1,255}$',
  });
}

function oneArtifact() {
  return artifact('The packed model that SageMaker puts into /opt/ml/model.').optional();
}

function environment() {
  return variables('Environment variables of the container.').prefault({});
}

/** What serves a model. */
export function container() {
  return z
    .strictObject({
      image: image(),
      artifact: oneArtifact(),
      mode: choice({
        what: 'a mode',
        values: ['singleModel', 'multiModel'],
        describe: 'multiModel: the container loads the model that each request names (TargetModel).',
      }).prefault('singleModel'),
      artifacts: s3Prefix(
        'Where the archives of all models lie, with mode: multiModel.',
        's3://models/reviews'
      ).optional(),
      environment: environment(),
    })
    .check(misplacedKeys(artifactsByMode))
    .meta({ description: 'What serves the model.' });
}

/** One model has an artifact, many have a prefix. */
function artifactsByMode(map: Readonly<Record<string, unknown>>): Readonly<Record<string, Misplaced>> {
  const [isMany, hasOne, hasMany] = [
    map['mode'] === 'multiModel',
    map['artifact'] !== undefined,
    map['artifacts'] !== undefined,
  ];
  if (!isMany && hasMany)
    return {
      artifacts: {
        because: 'belongs to `mode: multiModel`',
        remedy: 'Write `artifact: s3://…/model.tar.gz`, or add `mode: multiModel`.',
        allowed: 'artifact',
      },
    };
  if (isMany && hasOne && hasMany)
    return {
      artifact: {
        because: 'stands beside `artifacts`, below which all models lie',
        remedy: 'Remove it.',
        allowed: 'artifacts',
      },
    };
  if (isMany && !hasMany)
    return {
      mode: {
        because: `is multiModel, which needs \`artifacts\`${hasOne ? ', not `artifact`' : ''}`,
        remedy: 'Write `artifacts: s3://models/reviews`, the prefix of all models.',
        allowed: 'multiModel together with artifacts',
      },
    };
  return {};
}

/** One container of an inference pipeline. */
export function pipelineContainer() {
  return z
    .strictObject({ image: image(), artifact: oneArtifact(), environment: environment() })
    .meta({ description: 'One container of the pipeline.' });
}

/** A version in the model registry. */
export function modelPackage() {
  return scalarOrMap({
    what: 'a model package',
    allowed: 'the ARN of a version, group/version, or { group: reviews, version: 8 }',
    example: 'reviews/8',
    describe: 'A version in the model registry; deployed only while it is Approved.',
    ...modelPackageAddress,
    map: z.strictObject({
      group: text({ ...NAME, example: 'reviews', describe: 'Model package group.' }),
      version: wholeNumber({ min: 1, example: 8, describe: 'Version in the group.' }),
    }),
  });
}

function instance() {
  return z
    .strictObject({
      type: instanceType('Instance type of the variant.').prefault('ml.m5.large'),
      count: count().optional(),
      alternatives: z
        .array(
          z
            .strictObject({ type: instanceType('Instance type of the variant.'), count: count().optional() })
            .meta({ description: 'Other machines.' })
        )
        .prefault([])
        .meta({
          description: 'Tried in this order when AWS has no capacity, or the account no quota, for the first choice.',
        }),
    })
    .prefault({})
    .meta({ description: 'Machines that the candidate runs on.' });
}

/** By default the min of autoscaling, or 1. */
function count() {
  return wholeNumber({ min: 1, example: 1, describe: 'Number of instances to start with.' });
}

function autoscaling() {
  const bounds = {
    min: wholeNumber({ min: 1, example: 2, describe: 'Least number of instances.' }),
    max: wholeNumber({ min: 1, example: 10, describe: 'Greatest number of instances.' }),
  };
  return z
    .strictObject({
      ...bounds,
      invocationsPerInstance: positiveNumber({
        example: 1000,
        describe: 'Invocations a minute and instance that target tracking aims at.',
      }),
      scheduled: z
        .array(
          z
            .strictObject({ at: scalingSchedule('When the bounds change.'), ...bounds })
            .meta({ description: 'Other bounds from this time on.' })
        )
        .prefault([])
        .meta({ description: 'Changes of the bounds by the clock.' }),
    })
    .meta({ description: "Application Auto Scaling of the candidate's variant; by default what the incumbent has." });
}

/** A map of names to strings. */
export function variables(describe: string) {
  return z.record(z.string(), variable()).meta({ description: describe });
}
