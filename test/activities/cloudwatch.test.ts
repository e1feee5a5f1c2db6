import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCounts } from '../../activities/evidence/counts';
import { createObjectReader } from '../../activities/evidence/objects';
import { makeBuckets } from '../support/evidence';
import { deployFirst, specFor, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';

const MINUTE_MS = 60_000;
let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('CloudWatch’s minutes become ticks two minutes later: calls and errors of each variant, exactly', async () => {
  await makeBuckets(world, ['capture']);
  await deployFirst(world, 'measured', { env: { ERRORS: '0.2' } });
  const { sandbox, aws } = world;
  const runtime = new SageMakerRuntime({
    endpoint: sandbox.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const minute = Math.ceil(sandbox.clock.now() / MINUTE_MS) * MINUTE_MS;
  sandbox.clock.set(minute + 1_000);
  for (let i = 0; i < 10; i++) {
    const Body = JSON.stringify({ truth: 'good', draw: i / 10 });
    const call = runtime.invokeEndpoint({ EndpointName: 'measured', ContentType: 'application/json', Body });
    await call.catch((error: unknown) => expect(error).toMatchObject({ name: 'ModelError' }));
  }
  await fetch(`${sandbox.url}/_sandbox/flush`, { method: 'POST' });
  runtime.destroy();

  const reading = (nowMs: number): ReturnType<typeof readCounts> =>
    readCounts(
      { objects: createObjectReader(aws.s3), cloudwatch: aws.cloudwatch },
      {
        spec: specFor('measured', { name: 'v2' }, { counts: { from: 'cloudwatch' } }),
        variants: ['v2', 'v1'],
        fromMs: minute,
        nowMs,
      }
    );
  const tick = { startMs: minute, endMs: minute + MINUTE_MS };
  expect((await reading(minute + 3 * MINUTE_MS - 1)).closedMs).toBe(minute);
  const { closedMs, totals } = await reading(minute + 3 * MINUTE_MS);
  expect(closedMs).toBe(minute + MINUTE_MS);
  expect(totals(tick).get('v1')).toEqual({ requests: 10, errors4xx: 0, errors5xx: 2 });
  expect(totals(tick).get('v2')).toEqual({ requests: 0, errors4xx: 0, errors5xx: 0 });
});
