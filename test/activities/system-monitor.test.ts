import { DescribeEndpointCommand } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createObjectReader } from '../../activities/evidence/objects';
import { runSystemMonitor } from '../../activities/monitoring/system';
import type { MonitorTask } from '../../activities/monitoring/types';
import type { MonitorReport } from '../../monitors/types';
import { makeBuckets } from '../support/evidence';
import { deployFirst, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';

const MINUTE_MS = 60_000;
let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('errors, latency, load and captures of an endpoint are read from AWS, judged, and written beside each other', async () => {
  const { sandbox, aws } = world;
  await makeBuckets(world, ['capture', 'reports']);
  await deployFirst(world, 'watched', { env: { ERRORS: '0.3' } });
  const fromMs = Math.ceil(sandbox.clock.now() / MINUTE_MS) * MINUTE_MS;
  sandbox.clock.set(fromMs + 1_000);
  const runtime = new SageMakerRuntime({
    endpoint: sandbox.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  for (let i = 0; i < 40; i++) {
    const Body = JSON.stringify({ truth: 'good', draw: i / 40 });
    await runtime
      .invokeEndpoint({ EndpointName: 'watched', ContentType: 'application/json', Body })
      .catch((error: unknown) => expect(error).toMatchObject({ name: 'ModelError' }));
  }
  await fetch(`${sandbox.url}/_sandbox/flush`, { method: 'POST' });
  runtime.destroy();
  const nowMs = fromMs + 10 * MINUTE_MS;
  const deps = {
    ...{ aws, objects: createObjectReader(aws.s3), now: () => nowMs, heartbeat: () => undefined },
    readPipeline: async () => null,
  };
  const task: MonitorTask = {
    monitor: 'system',
    options: { errorsPct: 5, leastRequests: 20 },
    data: { kind: 'captures', to: 's3://capture', endpoint: 'watched', variants: null },
    reading: {},
    window: { fromMs, toMs: fromMs + 5 * MINUTE_MS },
    baseline: null,
    output: 's3://reports/system/baseline',
  };
  expect(await runSystemMonitor(deps, task)).toMatchObject({ verdict: 'pass', rows: { used: 40 } });
  const check = { ...task, baseline: task.output, output: 's3://reports/system/1' };
  const outcome = await runSystemMonitor(deps, check);
  expect(outcome).toMatchObject({ monitor: 'system', verdict: 'fail', output: 's3://reports/system/1' });
  expect(outcome.violations.map(({ check: kind }) => kind)).toEqual(['errors_5xx_check']);
  const object = await aws.s3.send(new GetObjectCommand({ Bucket: 'reports', Key: 'system/1/report.json' }));
  const report = JSON.parse((await object.Body?.transformToString()) ?? '') as MonitorReport;
  const live = await aws.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'watched' }));
  const variant = live.ProductionVariants?.[0]?.VariantName;
  const found = (name: string) => report.checks.find(({ check }) => check === name);
  expect(found('errors_5xx_check')).toMatchObject({ subject: variant, value: 12 / 40 });
  // Failed calls are not captured; all others are.
  expect(found('capture_loss_check')).toMatchObject({
    verdict: 'pass',
    value: 0,
    reason: expect.stringMatching(/28 records of 28/),
  });
  expect(outcome.carry).not.toBeNull();
});

test('a mistake in the options is told before AWS is asked', async () => {
  const deps = {
    ...{ aws: world.aws, objects: createObjectReader(world.aws.s3), now: () => 0, heartbeat: () => undefined },
    readPipeline: async () => null,
  };
  const task: MonitorTask = {
    monitor: 'system',
    options: { diskPct: 200, latency: 1 },
    data: { kind: 'captures', to: 's3://capture', endpoint: 'none', variants: null },
    reading: {},
    window: { fromMs: 0, toMs: 1 },
    baseline: null,
    output: 's3://reports/system/2',
  };
  await expect(runSystemMonitor(deps, task)).rejects.toThrow(
    /latency: there is no such option.*diskPct: 200 is no number from 0 to 100/
  );
});
