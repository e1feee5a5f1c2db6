import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import {
  deleteOwnConfig,
  deleteOwnModel,
  ensureEndpoint,
  ensureEndpointConfig,
  ensureModel,
} from '../../sagemaker/ensure';
import { startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';

const ROLE = 'arn:aws:iam::123456789012:role/sluice';
const TAGS = [{ Key: 'sluice:endpoint', Value: 'e' }];
let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

function model(ModelName: string, Image = 'classifier:1') {
  return { ModelName, ExecutionRoleArn: ROLE, PrimaryContainer: { Image } };
}

function config(EndpointConfigName: string, ModelName: string, count = 1) {
  const variant = { VariantName: 'v', ModelName, InstanceType: 'ml.m5.large', InitialInstanceCount: count } as const;
  return { EndpointConfigName, ProductionVariants: [variant] };
}

/** A client whose next create takes effect, but whose answer never arrives. */
function losingOneAnswer(client: SageMakerClient): SageMakerClient {
  let isLost = false;
  const send: (command: never) => Promise<unknown> = async (command) => {
    const answer: unknown = await client.send(command);
    if (isLost) return answer;
    isLost = true;
    throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  };
  return new Proxy(client, { get: (target, key) => (key === 'send' ? send : Reflect.get(target, key)) });
}

describe('ensure', () => {
  test('creates what is missing, with our tags', async () => {
    const { sagemaker } = world.aws;
    await ensureModel(sagemaker, model('fresh'), TAGS);
    const { ModelArn } = await sagemaker.describeModel({ ModelName: 'fresh' });
    const { Tags = [] } = await sagemaker.listTags({ ResourceArn: ModelArn });
    expect(Tags.map(({ Key }) => Key).sort()).toEqual(['sluice:content', 'sluice:endpoint']);
  });

  test('adopts what it made before, and makes it once', async () => {
    const { sagemaker } = world.aws;
    for (const _twice of [1, 2]) {
      await ensureModel(sagemaker, model('same'), TAGS);
      await ensureEndpointConfig(sagemaker, config('same', 'same'), TAGS);
      await ensureEndpoint(sagemaker, { EndpointName: 'same', EndpointConfigName: 'same' }, TAGS);
    }
    const { Endpoints } = await sagemaker.listEndpoints({ NameContains: 'same' });
    expect(Endpoints).toHaveLength(1);
  });

  test('says NameCollision for other content under the name, and leaves it as it is', async () => {
    const { sagemaker } = world.aws;
    await ensureModel(sagemaker, model('other'), TAGS);
    await expect(ensureModel(sagemaker, model('other', 'classifier:2'), TAGS)).rejects.toMatchObject({
      failure: { type: 'NameCollision', what: 'Model other exists with other content, or was not made by Sluice.' },
    });
    expect(await sagemaker.describeModel({ ModelName: 'other' })).toMatchObject({
      PrimaryContainer: { Image: 'classifier:1' },
    });
  });

  test('says NameCollision for what others made, even if it is the same', async () => {
    const { sagemaker } = world.aws;
    await sagemaker.createModel(model('theirs'));
    await expect(ensureModel(sagemaker, model('theirs'), TAGS)).rejects.toMatchObject({
      failure: { type: 'NameCollision' },
    });
  });

  test('whose answer was lost finds at the next attempt what it made', async () => {
    const { sagemaker } = world.aws;
    await ensureModel(sagemaker, model('lost'), TAGS);
    const attempts = [
      (client: SageMakerClient) => ensureModel(client, model('lost-too'), TAGS),
      (client: SageMakerClient) => ensureEndpointConfig(client, config('lost', 'lost'), TAGS),
    ];
    for (const attempt of attempts) {
      const client = losingOneAnswer(sagemaker);
      await expect(attempt(client)).rejects.toThrow('socket hang up');
      await attempt(client);
    }
  });
});

describe('deletion', () => {
  test('takes what is ours, once or twice, and leaves what is others’', async () => {
    const { sagemaker } = world.aws;
    await ensureModel(sagemaker, model('mine'), TAGS);
    await sagemaker.createModel(model('yours'));
    await ensureEndpointConfig(sagemaker, config('mine', 'mine'), TAGS);
    for (const name of ['mine', 'yours', 'mine']) {
      await deleteOwnConfig(sagemaker, { name, endpoint: 'e' });
      await deleteOwnModel(sagemaker, { name, endpoint: 'e' });
    }
    const { Models = [] } = await sagemaker.listModels({ NameContains: 'ours' });
    expect(Models.map(({ ModelName }) => ModelName)).toEqual(['yours']);
    expect((await sagemaker.listModels({ NameContains: 'mine' })).Models).toEqual([]);
    expect((await sagemaker.listEndpointConfigs({ NameContains: 'mine' })).EndpointConfigs).toEqual([]);
  });
});
