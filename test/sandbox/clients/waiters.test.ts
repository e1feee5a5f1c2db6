import { waitUntilEndpointDeleted, waitUntilEndpointInService } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import { createConfig, errorOf, startTestSandbox, whileFrozen } from '../../support/sandbox/harness';

describe('the waiters of the JavaScript SDK', () => {
  let box: TestSandbox;
  const waiter = () => ({ client: box.sagemaker, maxWaitTime: 60, minDelay: 0.02, maxDelay: 0.1 });

  beforeAll(async () => {
    box = await startTestSandbox();
  });
  afterAll(() => box.stop());

  test('wait through creation, update and deletion', async () => {
    const { sagemaker } = box;
    await createConfig(sagemaker, { name: 'w', variants: [{ name: 'v' }] });
    await createConfig(sagemaker, { name: 'w-2', variants: [{ name: 'v' }] });
    const endpoint = { EndpointName: 'w' };
    await sagemaker.createEndpoint({ ...endpoint, EndpointConfigName: 'w' });
    expect(await waitUntilEndpointInService(waiter(), endpoint)).toMatchObject({ state: 'SUCCESS' });
    await sagemaker.updateEndpoint({ ...endpoint, EndpointConfigName: 'w-2' });
    expect(await waitUntilEndpointInService(waiter(), endpoint)).toMatchObject({
      state: 'SUCCESS',
      reason: { EndpointConfigName: 'w-2' },
    });
    await sagemaker.deleteEndpoint(endpoint);
    expect(await waitUntilEndpointDeleted(waiter(), endpoint)).toMatchObject({ state: 'SUCCESS' });
  });

  test('end with failure for an endpoint that failed or was never there', async () => {
    const { sagemaker } = box;
    await createConfig(sagemaker, { name: 'f', variants: [{ name: 'v', env: { EXIT_AT_START: '3' } }] });
    await sagemaker.createEndpoint({ EndpointName: 'f', EndpointConfigName: 'f' });
    expect(await errorOf(waitUntilEndpointInService(waiter(), { EndpointName: 'f' }))).toMatchObject({
      message: expect.stringContaining('FAILURE'),
    });
    expect(await errorOf(waitUntilEndpointInService(waiter(), { EndpointName: 'none' }))).toMatchObject({
      message: expect.stringContaining('FAILURE'),
    });
  });

  test('time out while nothing happens', async () => {
    const { sagemaker } = box;
    await createConfig(sagemaker, { name: 's', variants: [{ name: 'v' }] });
    await whileFrozen(box, async () => {
      await sagemaker.createEndpoint({ EndpointName: 's', EndpointConfigName: 's' });
      const error = await errorOf(waitUntilEndpointInService({ ...waiter(), maxWaitTime: 0.5 }, { EndpointName: 's' }));
      expect(error.name).toBe('TimeoutError');
    });
    expect(await waitUntilEndpointInService(waiter(), { EndpointName: 's' })).toMatchObject({ state: 'SUCCESS' });
  });
});
