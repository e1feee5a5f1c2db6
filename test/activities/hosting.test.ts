import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import type { PlannedContext } from '../../activities/types';
import type { ModelSource, Stage } from '../../spec/types';
import {
  contextFor,
  deleteEndpoints,
  deployFirst,
  failureOf,
  resourcesOf,
  specFor,
  splitAt,
  startWorld,
} from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { makeBuckets } from '../support/evidence';
import { modelArchive } from '../support/sandbox/train-linear';

const PIPELINE: ModelSource = {
  kind: 'pipeline',
  containers: [
    { image: 'step:1', environment: { STEP: 'unwrap' } },
    { image: 'classifier:1', environment: {} },
    { image: 'step:1', environment: { STEP: 'stamp' } },
  ],
};
const MANY: ModelSource = {
  kind: 'multiModel',
  container: { image: 'many:1', artifacts: 's3://models/all', environment: {} },
};
const SHADOW: Stage = {
  kind: 'shadow',
  engine: 'variant',
  samplePct: 20,
  until: { pairs: 10, atMostMs: 60_000 },
  onInconclusive: 'hold',
};

let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['models', 'capture']);
  for (const name of ['a', 'b'])
    await world.put(
      `s3://models/all/${name}.tar.gz`,
      await modelArchive({ 'model.json': JSON.stringify({ reply: name.toUpperCase() }) })
    );
  await world.aws.sagemaker.createModelPackageGroup({ ModelPackageGroupName: 'reviews' });
});
/** Instances of an account are limited, in the sandbox too. */
afterEach(() => deleteEndpoints(world));
afterAll(() => world.stop());

/** What the endpoint's only or named variant answers. */
async function ask(endpoint: string, body: unknown, more: { variant?: string; model?: string } = {}): Promise<unknown> {
  const answer = await world.aws.runtime.send(
    new InvokeEndpointCommand({
      EndpointName: endpoint,
      Body: JSON.stringify(body),
      ContentType: 'application/json',
      TargetVariant: more.variant,
      TargetModel: more.model,
    })
  );
  return JSON.parse(Buffer.from(answer.Body).toString('utf8'));
}

/** v2 of this shape beside v1, with half of the traffic. */
async function beside(endpoint: string, model: ModelSource, first?: ModelSource): Promise<PlannedContext> {
  const incumbent = await deployFirst(world, endpoint, first === undefined ? {} : { model: first });
  const context = contextFor(specFor(endpoint, { name: 'v2', model }), 2, incumbent);
  const configName = context.names.split;
  await world.activities.deploy({ ...context, to: 'split' });
  await world.activities.awaitEndpoint({ endpoint, configName, sharesPct: null });
  await world.activities.shiftTraffic({ ...context, layout: splitAt(50) });
  await world.activities.awaitEndpoint({ endpoint, configName, sharesPct: { v1: 50, v2: 50 } });
  return context;
}

async function promote(context: PlannedContext): Promise<void> {
  const { endpoint } = context.spec;
  await world.activities.rewriteToWinner({ ...context, winner: 'v2' });
  await world.activities.awaitEndpoint({ endpoint, configName: context.names.single.v2 ?? '', sharesPct: { v2: 100 } });
  await world.activities.collectGarbage({ ...context, keep: 'v2' });
}

async function register(approval: 'Approved' | 'PendingManualApproval' | 'Rejected', images = ['classifier:1']) {
  const { ModelPackageArn = '' } = await world.aws.sagemaker.createModelPackage({
    ModelPackageGroupName: 'reviews',
    ModelApprovalStatus: approval,
    InferenceSpecification: {
      Containers: images.map((Image) => ({ Image, ...(Image === 'step:1' && { Environment: { STEP: 'stamp' } }) })),
    },
  });
  return ModelPackageArn;
}

const GOOD = { truth: 'good', draw: 0.5 };
const ANSWER = { predictions: [{ label: 'good' }] };

describe('an inference pipeline', () => {
  test('takes its share through all of its containers, replaces a single container, and is replaced in turn', async () => {
    const context = await beside('piped', PIPELINE);
    expect(await ask('piped', { review: GOOD }, { variant: 'v2' })).toEqual({ ...ANSWER, via: 'pipeline' });
    expect(await ask('piped', GOOD, { variant: 'v1' })).toEqual(ANSWER);
    await promote(context);
    expect(await ask('piped', GOOD)).toEqual({ ...ANSWER, via: 'pipeline' });

    const { live } = await world.activities.inspectEndpoint(contextFor(specFor('piped', { name: 'v3' }), 3));
    expect(live?.variants).toMatchObject([{ name: 'v2', modelName: context.names.models.v2, instanceCount: 1 }]);
  });

  test('that serves now is not shadowed, which is said before anything is touched', async () => {
    await deployFirst(world, 'unshadowed', { model: PIPELINE });
    const spec = specFor('unshadowed', { name: 'v2' }, { stages: [SHADOW] });
    expect(await failureOf(world.activities.inspectEndpoint(contextFor(spec, 2)))).toEqual({
      type: 'InvalidRequest',
      text: 'stages[0] cannot be: v1, which serves now, is an inference pipeline, and SageMaker shadows neither pipelines nor multi-model endpoints. Write `engine: gateway` with `routing: { gateway: s3://… }`.',
    });
  });
});

test('a multi-model endpoint serves the model that each call names, on either side', async () => {
  await beside('many', MANY, MANY);
  for (const variant of ['v1', 'v2'])
    for (const name of ['a', 'b'])
      expect(await ask('many', {}, { variant, model: `${name}.tar.gz` })).toMatchObject({ reply: name.toUpperCase() });
});

describe('a model package', () => {
  test('that is approved is deployed, and its model is made from it', async () => {
    const arn = await register('Approved');
    const context = await beside('packed', { kind: 'package', package: arn });
    expect(await ask('packed', GOOD, { variant: 'v2' })).toEqual(ANSWER);
    const { Containers } = await world.aws.sagemaker.describeModel({ ModelName: context.names.models.v2 });
    expect(Containers).toMatchObject([{ ModelPackageName: arn }]);
  });

  test.each(['PendingManualApproval', 'Rejected'] as const)(
    'that is %s is refused at the first look',
    async (status) => {
      await register(status);
      const { ModelPackageSummaryList: [newest] = [] } = await world.aws.sagemaker.listModelPackages({
        ModelPackageGroupName: 'reviews',
        SortBy: 'CreationTime',
        SortOrder: 'Descending',
      });
      const name = `reviews/${newest?.ModelPackageVersion}`;
      const spec = specFor('refused', { name: 'v1', model: { kind: 'package', package: name } });
      const failure = await failureOf(world.activities.inspectEndpoint(contextFor(spec, 1)));
      expect(failure.type).toBe('NotApproved');
      expect(failure.text).toBe(
        `Model package ${newest?.ModelPackageArn} is ${status}, and only Approved ones are deployed.`
      );
    }
  );

  test('whose approval is taken back before it is deployed is not deployed, and leaves nothing', async () => {
    const arn = await register('Approved');
    const incumbent = await deployFirst(world, 'withdrawn');
    const before = await resourcesOf(world, 'withdrawn');
    const spec = specFor('withdrawn', { name: 'v2', model: { kind: 'package', package: arn } });
    const context = contextFor(spec, 2, incumbent);
    await world.activities.inspectEndpoint(context);
    await world.aws.sagemaker.updateModelPackage({ ModelPackageArn: arn, ModelApprovalStatus: 'Rejected' });
    expect((await failureOf(world.activities.deploy({ ...context, to: 'split' }))).type).toBe('NotApproved');
    expect(await resourcesOf(world, 'withdrawn')).toEqual(before);
  });

  test('that does not exist is said by name', async () => {
    const spec = specFor('nowhere', { name: 'v1', model: { kind: 'package', package: 'reviews/999' } });
    const failure = await failureOf(world.activities.inspectEndpoint(contextFor(spec, 1)));
    expect(failure).toMatchObject({ type: 'NotFound', text: expect.stringContaining('model-package/reviews/999') });
  });

  test('that is a pipeline is refused in a shadow, which the file could not know', async () => {
    const arn = await register('Approved', ['classifier:1', 'step:1']);
    const spec = specFor('shadowed', { name: 'v1', model: { kind: 'package', package: arn } }, { stages: [SHADOW] });
    const failure = await failureOf(world.activities.inspectEndpoint(contextFor(spec, 1)));
    expect(failure.type).toBe('InvalidRequest');
    expect(failure.text).toContain(`v1 (${arn}) is an inference pipeline of 2 containers`);
    expect(failure.text).toContain('Write `engine: gateway`');
  });
});
