import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { setTimeout as sleep } from 'node:timers/promises';
import { VIOLATIONS_NAMESPACE } from '../../activities/monitoring/metrics';
import type { Stage } from '../../spec/types';
import { withDevServer } from '../support/dev-server';
import { aGuard } from '../support/guard-specs';
import { aMonitor, Monitored } from '../support/monitored';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const stack = new WholeStack(dev);
const world = new Monitored(stack, dev);

beforeAll(async () => {
  await stack.start();
  await world.putTraining();
});
afterAll(() => stack.stop());

/** Half of the traffic, for longer than any test. */
const HALF_FOR_AN_HOUR: Stage = {
  kind: 'canary',
  sharePct: 50,
  groups: [],
  until: { kind: 'requests', requests: 1_000_000, atMostMs: 3_600_000 },
  onInconclusive: 'rollBack',
};

/** Guards that are blind to the model's quality, and soon decided. */
function errorsAlone() {
  return world.fileOf({ endpoint: 'any', candidate: 'v1' }, []).guards.filter(({ kind }) => kind === 'errors');
}

test('a violation has a model trained by a training job, which enters as a rollout and is promoted', async () => {
  const quality = aMonitor({ onViolation: ['retrain'] });
  const retraining = {
    how: {
      kind: 'training',
      image: 'trainer:1',
      entrypoint: [],
      arguments: [],
      environment: {},
      hyperparameters: { WRONG: '0' },
      instance: { type: 'ml.m5.large', count: 1 },
      inputs: { data: 's3://capture/whole/training.csv' },
      output: 's3://capture/models',
      atMostMs: 3_600_000,
    },
    cooldownMs: 3_600_000,
  } as const;
  const rollout = { endpoint: 'poor', candidate: 'v1', env: { WRONG: '0.4' } };
  const spec = world.fileOf(rollout, [quality], { retraining, guards: errorsAlone() });
  const startMs = await world.deployed(spec, 4_200);
  const traffic = world.traffic('poor');
  const first = await world.judge(spec, quality, startMs + 4_000);
  expect(first).toMatchObject({
    outcome: { verdict: 'fail' },
    consequences: [{ policy: 'retrain', heldBack: null }],
  });
  const after = await world.until('poor', ({ past }) => past.length === 2);
  expect(after.past[0]).toMatchObject({ candidate: 'v1-retrained-1', outcome: { kind: 'promoted' } });
  expect(after.retrained).toMatchObject({
    count: 1,
    last: {
      kind: 'trained',
      why: expect.stringMatching(
        /^v1-retrained-1 \(s3:\/\/capture\/models\/1-(\w{8})\/poor-retrain-1-\1\/output\/model\.tar\.gz\)$/
      ),
    },
  });
  expect(after.incumbent).toMatchObject({
    version: 'v1-retrained-1',
    baselines: { modelQuality: 's3://capture/reports/poor/baselines/v1-retrained-1-r2/modelQuality' },
  });
  // What was trained answers now, and the monitor is content with it.
  const promotedMs = Date.now();
  await sleep(4_200);
  await traffic.stop();
  await world.flush();
  const second = await world.judge(spec, quality, promotedMs + 4_000);
  expect(second).toMatchObject({ served: { version: 'v1-retrained-1' }, outcome: { verdict: 'pass' } });
  const { TrainingJobSummaries } = await stack.sagemaker().listTrainingJobs({});
  expect(TrainingJobSummaries).toMatchObject([{ TrainingJobStatus: 'Completed' }]);
});

test('a violation in a watch brings the former model back, which no guard has asked for', async () => {
  const quality = aMonitor();
  const file = (candidate: string, env: Readonly<Record<string, string>>) =>
    world.fileOf({ endpoint: 'watched', candidate, env }, [quality], {
      guards: errorsAlone(),
      watch: { forMs: 600_000, holdbackPct: 0, keep: 'warm' },
    });
  await world.deployed(file('v1', {}), 1_000);
  const traffic = world.traffic('watched');
  const spec = file('v2', { WRONG: '0.4' });
  const rollout = await world.submit(spec);
  await world.until('watched', ({ running }) => running?.watched?.version === 'v2');
  const watchedMs = Date.now();
  await sleep(4_200);
  await world.flush();
  const judged = await world.judge(spec, quality, watchedMs + 4_000);
  expect(judged).toMatchObject({
    served: { version: 'v2' },
    outcome: { verdict: 'fail' },
    consequences: [
      { policy: 'alert', heldBack: null },
      { policy: 'rollBack', heldBack: null, what: `rollback of ${rollout.workflowId}` },
    ],
  });
  const result = await rollout.result();
  await traffic.stop();
  expect(traffic.drops).toEqual([]);
  expect(result.outcome).toMatchObject({ kind: 'rolledBack' });
  expect(JSON.stringify(result)).toContain('monitor quality');
  expect((await world.until('watched', ({ running }) => running === null)).incumbent).toMatchObject({ version: 'v1' });
});

test('a violation by a candidate is evidence for the guard of a running rollout, which is rolled back by it alone', async () => {
  const quality = aMonitor({ onViolation: ['guardEvidence'] });
  const alarm = aGuard({ kind: 'alarm', name: 'evident-quality' });
  const file = (candidate: string, env: Readonly<Record<string, string>>) =>
    world.fileOf({ endpoint: 'evident', candidate, env, stages: [HALF_FOR_AN_HOUR] }, [quality], {
      guards: [...errorsAlone(), alarm],
    });
  // As the documented `threshold` guard reads it, but every ten seconds instead of every minute.
  const cloudwatch = new CloudWatchClient(stack.aws);
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'evident-quality',
      Namespace: VIOLATIONS_NAMESPACE,
      MetricName: 'quality',
      Dimensions: [
        { Name: 'EndpointName', Value: 'evident' },
        { Name: 'VariantName', Value: 'v2' },
      ],
      ...{ Statistic: 'Maximum', Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' },
      ...{ Period: 10, EvaluationPeriods: 3, DatapointsToAlarm: 1, TreatMissingData: 'missing' },
    })
  );
  cloudwatch.destroy();
  await world.deployed(file('v1', {}), 1_000);
  const traffic = world.traffic('evident');
  const rollout = await world.submit(file('v2', { WRONG: '0.4' }));
  await stack.until(rollout, ({ phase, traffic: seen }) => phase.kind === 'baking' && (seen.requests['v2'] ?? 0) > 30);
  const bakingMs = Date.now();
  await sleep(4_200);
  await world.flush();
  const judged = await world.judge(file('v2', {}), quality, bakingMs + 4_000);
  // The incumbent is as it was; it is the candidate's answers that are judged for the guard.
  expect(judged).toMatchObject({
    served: { version: 'v1' },
    outcome: { verdict: 'pass' },
    candidates: { v2: { verdict: 'fail' } },
  });
  const result = await rollout.result();
  await traffic.stop();
  expect(traffic.drops).toEqual([]);
  expect(result).toMatchObject({
    outcome: { kind: 'rolledBack', because: { kind: 'evidence', guard: 'alarm' } },
    serving: 'v1',
  });
  expect(result.verdicts['errors']?.kind).not.toBe('fail');
});
