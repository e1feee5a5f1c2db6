import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import { createConfig, errorOf, startTestSandbox, whileFrozen } from '../../support/sandbox/harness';

describe('listing, describing and tagging', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox();
    for (let index = 0; index < 25; index += 1) {
      await box.sagemaker.createModel({
        ModelName: `model-${String(index).padStart(2, '0')}`,
        PrimaryContainer: { Image: 'server:1' },
      });
      box.sandbox.clock.advance(1_000);
    }
  });
  afterAll(() => box.stop());

  async function names(options: object): Promise<readonly string[]> {
    const { Models = [] } = await box.sagemaker.listModels(options);
    return Models.map((model) => model.ModelName ?? '');
  }

  test('lists ten of the newest unless told otherwise', async () => {
    expect(await names({})).toEqual(
      Array.from({ length: 10 }, (_, index) => `model-${String(24 - index).padStart(2, '0')}`)
    );
    expect(await names({ SortBy: 'Name', SortOrder: 'Ascending', MaxResults: 2 })).toEqual(['model-00', 'model-01']);
  });

  test('pages neither skip nor repeat while others come and go', async () => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await box.sagemaker.listModels({
        SortBy: 'Name',
        SortOrder: 'Ascending',
        MaxResults: 7,
        ...(token === undefined ? {} : { NextToken: token }),
      });
      seen.push(...(page.Models ?? []).map((model) => model.ModelName ?? ''));
      token = page.NextToken;
      if (seen.length === 7) {
        await box.sagemaker.deleteModel({ ModelName: 'model-06' });
        await box.sagemaker.createModel({ ModelName: 'a-newcomer', PrimaryContainer: { Image: 'server:1' } });
      }
    } while (token !== undefined);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `model-${String(index).padStart(2, '0')}`));
  });

  test('filters by name and by time', async () => {
    expect(await names({ NameContains: 'model-1', MaxResults: 100 })).toHaveLength(10);
    const { CreationTime: at } = await box.sagemaker.describeModel({ ModelName: 'model-20' });
    expect(await names({ CreationTimeAfter: at, SortOrder: 'Ascending', NameContains: 'model' })).toEqual([
      'model-21',
      'model-22',
      'model-23',
      'model-24',
    ]);
  });

  test('a page token that is not ours is refused', async () => {
    expect(await errorOf(box.sagemaker.listModels({ NextToken: 'bm8=' }))).toMatchObject({
      name: 'ValidationException',
      message: 'Invalid pagination token.',
    });
  });

  test('endpoints are listed by status', async () => {
    await createConfig(box.sagemaker, { name: 'listed', variants: [{ name: 'v', env: { EXIT_AT_START: '1' } }] });
    await whileFrozen(box, async () => {
      await box.sagemaker.createEndpoint({ EndpointName: 'listed', EndpointConfigName: 'listed' });
      expect((await box.sagemaker.listEndpoints({ StatusEquals: 'Creating' })).Endpoints).toMatchObject([
        { EndpointName: 'listed', EndpointStatus: 'Creating' },
      ]);
      expect((await box.sagemaker.listEndpoints({ StatusEquals: 'InService' })).Endpoints).toEqual([]);
    });
    expect((await box.sagemaker.listEndpointConfigs({})).EndpointConfigs).toMatchObject([
      { EndpointConfigName: 'listed' },
    ]);
  });

  test('descriptions give back what was asked for', async () => {
    const environment = { A: '1', B: '' };
    await box.sagemaker.createModel({
      ModelName: 'told',
      PrimaryContainer: { Image: 'server:1', Environment: environment },
      EnableNetworkIsolation: true,
    });
    const model = await box.sagemaker.describeModel({ ModelName: 'told' });
    expect(model).toMatchObject({
      ModelName: 'told',
      PrimaryContainer: { Image: 'server:1', Environment: environment },
      EnableNetworkIsolation: true,
    });
    expect(model.CreationTime).toBeInstanceOf(Date);
    const config = await box.sagemaker.describeEndpointConfig({ EndpointConfigName: 'listed' });
    expect(config.ProductionVariants).toMatchObject([
      { VariantName: 'v', InitialVariantWeight: 1, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
    ]);
  });

  test('tags given at creation are listed, replaced by key, and deleted', async () => {
    const { sagemaker } = box;
    const { ModelArn: arn = '' } = await sagemaker.createModel({
      ModelName: 'tagged',
      PrimaryContainer: { Image: 'server:1' },
      Tags: [{ Key: 'a', Value: '1' }],
    });
    await sagemaker.addTags({
      ResourceArn: arn,
      Tags: [
        { Key: 'a', Value: '2' },
        { Key: 'b', Value: '3' },
      ],
    });
    expect((await sagemaker.listTags({ ResourceArn: arn })).Tags).toEqual([
      { Key: 'a', Value: '2' },
      { Key: 'b', Value: '3' },
    ]);
    await sagemaker.deleteTags({ ResourceArn: arn, TagKeys: ['a'] });
    expect((await sagemaker.listTags({ ResourceArn: arn })).Tags).toEqual([{ Key: 'b', Value: '3' }]);
    const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
    expect((await errorOf(sagemaker.addTags({ ResourceArn: arn, Tags: many }))).name).toBe('ResourceLimitExceeded');
    await sagemaker.deleteModel({ ModelName: 'tagged' });
    expect((await errorOf(sagemaker.listTags({ ResourceArn: arn }))).name).toBe('ValidationException');
  });
});
