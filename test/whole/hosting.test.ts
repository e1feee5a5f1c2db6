import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Candidate } from '../../spec/types';
import type { registryPoll } from '../../workflows';
import { run } from '../scripts/run-main';
import { until } from '../scripts/until';
import { withDevServer } from '../support/dev-server';
import { LiveTraffic } from '../support/live-traffic';
import { wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';

const ENDPOINT = 'hosted';
/**
 * Each candidate has a quarter of its incumbent's odds of a wrong answer at the most: one that is only as good would be rolled back by chance as often as
 * the guards' budget allows it, once in two hundred rollouts.
 */
const POOR = { WRONG: '0.6' };
const BETTER = { WRONG: '0.2' };
const BEST = { WRONG: '0.02' };

const dev = withDevServer();
const stack = new WholeStack(dev);
let traffic: LiveTraffic;

beforeAll(async () => {
  await stack.start();
  const first = await stack.submit(wholeSpec(stack, { endpoint: ENDPOINT, candidate: 'v1', env: POOR }));
  expect(await first.result()).toMatchObject({ outcome: { kind: 'promoted' } });
  traffic = new LiveTraffic(stack, { endpoint: ENDPOINT, perSecond: 80 });
});
afterEach(() => expect(traffic.drops).toEqual([]));
afterAll(async () => {
  await traffic?.stop();
  await stack.stop();
});

/** A rollout with this candidate in place of a single container. */
async function rollOut(name: string, changes: Partial<Candidate>) {
  const spec = wholeSpec(stack, { endpoint: ENDPOINT, candidate: name, env: BEST });
  const rollout = await stack.submit({ ...spec, candidates: [{ ...spec.candidates[0], ...changes }] });
  return rollout.result();
}

describe('under live traffic, of which not one request is dropped,', () => {
  test('a pipeline of three containers is promoted, and a scaled container with alternatives follows it', async () => {
    const step = (STEP: string) => ({ image: 'step:1', environment: { STEP } });
    const piped = await rollOut('v2', {
      model: {
        kind: 'pipeline',
        containers: [step('unwrap'), { image: 'classifier:1', environment: BETTER }, step('stamp')],
      },
    });
    expect(piped).toMatchObject({ outcome: { kind: 'promoted', because: { kind: 'evidence' } }, serving: 'v2' });
    expect(traffic.answers.get('v2')).toBeGreaterThan(100);

    const autoscaling = { min: 1, max: 3, invocationsPerInstance: 1_000_000, scheduled: [] };
    const scaled = await rollOut('v3', { autoscaling, instance: { type: 'ml.m5.large', count: 2 } });
    expect(scaled).toMatchObject({ outcome: { kind: 'promoted', because: { kind: 'evidence' } }, serving: 'v3' });
    const client = new ApplicationAutoScaling(stack.aws);
    const { ScalableTargets } = await client.describeScalableTargets({ ServiceNamespace: 'sagemaker' });
    client.destroy();
    expect(ScalableTargets).toMatchObject([
      { ResourceId: `endpoint/${ENDPOINT}/variant/v3`, MinCapacity: 1, MaxCapacity: 3 },
    ]);
  });

  test('a version of the registry is rolled out once it is approved, and once only', async () => {
    const sagemaker = stack.sagemaker();
    await sagemaker.createModelPackageGroup({ ModelPackageGroupName: 'reviews' });
    const register = async () =>
      (
        await sagemaker.createModelPackage({
          ModelPackageGroupName: 'reviews',
          ModelApprovalStatus: 'PendingManualApproval',
          InferenceSpecification: { Containers: [{ Image: 'classifier:1', Environment: BEST }] },
        })
      ).ModelPackageArn;
    const arn = await register();
    const folder = os.tmpdir();
    const file = path.join(folder, `follow-${process.pid}.yaml`);
    writeFileSync(
      file,
      stringify({
        endpoint: ENDPOINT,
        aws: { role: 'arn:aws:iam::123456789012:role/sluice' },
        capture: { to: stack.buckets.capture },
        counts: { from: stack.buckets.counts },
        tick: '1s',
        baseline: { lookback: '30s', atLeast: 100, atMost: '60s' },
        candidates: [{ name: 'reviews', modelPackage: { group: 'reviews', version: 1 } }],
        guards: [{ kind: 'errors', slo: '10%' }],
        stages: [{ canary: { share: '50%', until: { decided: true, atMost: '90s' }, onInconclusive: 'rollBack' } }],
      })
    );
    const env = { TEMPORAL_ADDRESS: dev().server.address, SLUICE_TASK_QUEUE: 'whole', SLUICE_USER: 'ana@example.org' };
    const sluice = (...words: readonly string[]) => run(['registry', ...words], { cwd: folder, env });
    const { client } = dev().env;
    const schedule = client.schedule.getHandle(`registry/reviews/${ENDPOINT}`);
    /** What the looks so far have come to, oldest first. */
    const looks = async () => {
      const { info } = await schedule.describe();
      return Promise.all(
        info.recentActions.map(({ action }) =>
          client.workflow
            .getHandle<typeof registryPoll>(action.workflow.workflowId, action.workflow.firstExecutionRunId)
            .result()
        )
      );
    };
    const look = async () => {
      const { info } = await schedule.describe();
      await schedule.trigger();
      await until(
        async () => (await schedule.describe()).info.numActionsTaken,
        (taken) => taken > info.numActionsTaken
      );
      return (await looks()).at(-1);
    };

    // Seldom, so that no look comes by itself between those that are asked for.
    expect(await sluice('follow', 'reviews', '--file', file, '--every', '30d')).toMatchObject({ code: 0, err: '' });
    await until(looks, (found) => found.length > 0);
    expect(await looks()).toEqual([{ kind: 'nothing', reason: 'No version of reviews is approved.' }]);
    expect((await sluice('list')).out).toMatch(new RegExp(`reviews +${ENDPOINT} +every 30d`));

    await sagemaker.updateModelPackage({ ModelPackageArn: arn, ModelApprovalStatus: 'Approved' });
    const started = await look();
    expect(started).toMatchObject({ kind: 'started', version: 1 });
    const rollout = started !== undefined && 'rollout' in started ? started.rollout : '';
    expect(await client.workflow.getHandle(rollout).result()).toMatchObject({
      outcome: { kind: 'promoted' },
      serving: 'reviews-1',
    });
    expect(await look()).toEqual({
      kind: 'nothing',
      reason: `reviews/1, the newest approved one, is ${rollout} already.`,
    });

    expect(await sluice('stop', 'reviews')).toMatchObject({ code: 0 });
    expect((await sluice('list')).out).toBe('No group is followed.\n');
    expect(await sluice('stop', 'reviews')).toMatchObject({
      code: 2,
      err: 'reviews is not followed. See what is: sluice registry list\n',
    });
    sagemaker.destroy();
  });
});
