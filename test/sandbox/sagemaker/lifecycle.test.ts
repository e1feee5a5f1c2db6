import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  createEndpoint,
  errorOf,
  invoke,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  until,
  whileFrozen,
} from '../../support/sandbox/harness';

describe('the life of an endpoint', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox()));
  afterAll(() => box.stop());

  const arn = (resource: string) => `arn:aws:sagemaker:us-east-1:123456789012:${resource}`;

  test('goes from Creating to InService, serves, and is gone after Deleting', async () => {
    const { sagemaker, runtime } = box;
    await createConfig(sagemaker, { name: 'life', variants: [{ name: 'blue' }] });
    await whileFrozen(box, async () => {
      const created = await sagemaker.createEndpoint({ EndpointName: 'life', EndpointConfigName: 'life' });
      expect(created.EndpointArn).toBe(arn('endpoint/life'));
      expect(await sagemaker.describeEndpoint({ EndpointName: 'life' })).toMatchObject({
        EndpointStatus: 'Creating',
        PendingDeploymentSummary: { EndpointConfigName: 'life' },
      });
      expect((await errorOf(invoke(runtime, 'life'))).message).toBe('Endpoint life of account 123456789012 not found.');
    });

    const ready = await settledEndpoint(sagemaker, 'life');
    expect(ready).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'life',
      ProductionVariants: [
        { VariantName: 'blue', CurrentWeight: 1, DesiredWeight: 1, CurrentInstanceCount: 1, DesiredInstanceCount: 1 },
      ],
    });
    expect(ready.PendingDeploymentSummary).toBeUndefined();
    expect(ready.FailureReason).toBeUndefined();
    expect(await invoke(runtime, 'life')).toEqual({ text: 'blue', variant: 'blue' });

    await whileFrozen(box, async () => {
      await sagemaker.deleteEndpoint({ EndpointName: 'life' });
      expect((await sagemaker.describeEndpoint({ EndpointName: 'life' })).EndpointStatus).toBe('Deleting');
      expect((await errorOf(invoke(runtime, 'life'))).name).toBe('ValidationError');
    });
    const gone = await until(() =>
      sagemaker.describeEndpoint({ EndpointName: 'life' }).then(
        () => undefined,
        (error: Error) => error
      )
    );
    expect(gone).toMatchObject({
      name: 'ValidationException',
      message: `Could not find endpoint "${arn('endpoint/life')}".`,
    });
  });

  test('a container that never becomes healthy makes a Failed endpoint, which can only be deleted', async () => {
    const { sagemaker } = box;
    const failed = await createEndpoint(sagemaker, {
      name: 'sick',
      variants: [{ name: 'v', env: { EXIT_AT_START: '3' } }],
    });
    expect(failed.EndpointStatus).toBe('Failed');
    expect(failed.FailureReason).toBe(
      'The primary container for production variant v did not pass the ping health check. Please check CloudWatch logs for this endpoint. (Sandbox: It has printed nothing; see GET /_sandbox/logs?endpoint=sick&variant=v.)'
    );
    const refused = await errorOf(sagemaker.updateEndpoint({ EndpointName: 'sick', EndpointConfigName: 'sick' }));
    expect(refused.name).toBe('ValidationException');
    await sagemaker.deleteEndpoint({ EndpointName: 'sick' });
    await until(() =>
      sagemaker.describeEndpoint({ EndpointName: 'sick' }).then(
        () => undefined,
        () => true
      )
    );
  });

  test('an image without a command fails the endpoint and says where to add one', async () => {
    const { sagemaker } = box;
    await sagemaker.createModel({
      ModelName: 'unmapped',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: 'nobody/knows:1' },
    });
    await sagemaker.createEndpointConfig({
      EndpointConfigName: 'unmapped',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'unmapped', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
    });
    await sagemaker.createEndpoint({ EndpointName: 'unmapped', EndpointConfigName: 'unmapped' });
    const failed = await settledEndpoint(sagemaker, 'unmapped');
    expect(failed.EndpointStatus).toBe('Failed');
    expect(failed.FailureReason).toContain('Requested image nobody/knows:1 not found.');
  });

  test('creating twice, and using what does not exist, is refused in the words that clients match on', async () => {
    const { sagemaker } = box;
    await createConfig(sagemaker, { name: 'words', variants: [{ name: 'v' }] });
    const said = async (call: Promise<unknown>) => (await errorOf(call)).message;
    const variant = {
      VariantName: 'v',
      ModelName: 'words-v',
      InstanceType: 'ml.m5.large' as const,
      InitialInstanceCount: 1,
    };
    expect(await said(sagemaker.createModel({ ModelName: 'words-v', PrimaryContainer: { Image: 'server:1' } }))).toBe(
      `Cannot create already existing model "${arn('model/words-v')}".`
    );
    expect(
      await said(sagemaker.createEndpointConfig({ EndpointConfigName: 'words', ProductionVariants: [variant] }))
    ).toBe(`Cannot create already existing endpoint configuration "${arn('endpoint-config/words')}".`);
    expect(
      await said(
        sagemaker.createEndpointConfig({
          EndpointConfigName: 'w2',
          ProductionVariants: [{ ...variant, ModelName: 'Missing' }],
        })
      )
    ).toBe(`Could not find model "${arn('model/missing')}".`);
    expect(await said(sagemaker.createEndpoint({ EndpointName: 'w', EndpointConfigName: 'none' }))).toBe(
      `Could not find endpoint configuration "${arn('endpoint-config/none')}".`
    );
    expect(await said(sagemaker.describeModel({ ModelName: 'none' }))).toBe(
      `Could not find model "${arn('model/none')}".`
    );
    expect(await said(sagemaker.deleteEndpoint({ EndpointName: 'none' }))).toBe(
      `Could not find endpoint "${arn('endpoint/none')}".`
    );
    expect(
      await said(
        sagemaker.createModel({
          ModelName: 'data',
          PrimaryContainer: { Image: 'server:1', ModelDataUrl: 's3://none/model.tar.gz' },
        })
      )
    ).toBe('Could not find model data at s3://none/model.tar.gz.');
  });

  test('while a change is under way, an update, a change of weights and a deletion are all refused', async () => {
    const { sagemaker } = box;
    await createConfig(sagemaker, { name: 'busy', variants: [{ name: 'v' }] });
    await whileFrozen(box, async () => {
      await sagemaker.createEndpoint({ EndpointName: 'busy', EndpointConfigName: 'busy' });
      const calls = [
        sagemaker.updateEndpoint({ EndpointName: 'busy', EndpointConfigName: 'busy' }),
        sagemaker.updateEndpointWeightsAndCapacities({
          EndpointName: 'busy',
          DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredWeight: 2 }],
        }),
        sagemaker.deleteEndpoint({ EndpointName: 'busy' }),
      ];
      for (const error of await Promise.all(calls.map(errorOf))) {
        expect(error).toMatchObject({
          name: 'ValidationException',
          message: `Cannot update in-progress endpoint "${arn('endpoint/busy')}".`,
        });
      }
    });
    await settledEndpoint(sagemaker, 'busy');
  });

  test('a running endpoint outlives the deletion of its model and its configuration', async () => {
    const { sagemaker, runtime } = box;
    await createEndpoint(sagemaker, { name: 'orphan', variants: [{ name: 'v' }] });
    await sagemaker.deleteModel({ ModelName: 'orphan-v' });
    await sagemaker.deleteEndpointConfig({ EndpointConfigName: 'orphan' });
    expect((await sagemaker.describeEndpoint({ EndpointName: 'orphan' })).EndpointConfigName).toBe('orphan');
    expect((await invoke(runtime, 'orphan')).text).toBe('v');
  });

  test('more instances than the account may have are refused at the call', async () => {
    const { sagemaker } = box;
    await createConfig(sagemaker, { name: 'huge', variants: [{ name: 'v', count: 500 }] });
    const error = await errorOf(sagemaker.createEndpoint({ EndpointName: 'huge', EndpointConfigName: 'huge' }));
    expect(error.name).toBe('ResourceLimitExceeded');
    expect(error.message).toMatch(
      /^The account-level service limit 'ml\.m5\.large for endpoint usage' is 20 Instances, with current utilization of \d+ Instances and a request delta of 500 Instances\./
    );
  });
});
