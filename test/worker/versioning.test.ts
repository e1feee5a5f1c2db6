import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Stage } from '../../spec/types';
import type { rollout } from '../../workflows';
import { stateQuery, verbUpdate } from '../../workflows/messages';
import { createWorker } from '../../worker/create-worker';
import { until } from '../scripts/until';
import { withDevServer } from '../support/dev-server';
import { fakeActivities, goodTick } from '../support/fake-activities';
import { workflowBundle } from '../support/run-rollout';
import { aSpec } from '../support/spec';

const dev = withDevServer();

const GATE: Stage = {
  kind: 'approval',
  approvers: [],
  need: 1,
  withinMs: 600_000,
  otherwise: 'reject',
  identity: { kind: 'asserted' },
};

test('a rollout stays on the version that it began with within a stage, and moves to the newest between stages', async () => {
  const { client, nativeConnection: connection } = dev().env;
  const namespace = client.options.namespace;
  const deploymentName = `sluice-${randomUUID()}`;
  const fake = fakeActivities({ tick: () => goodTick });
  const workerOf = async (buildId: string) =>
    createWorker({
      connection,
      namespace,
      taskQueue: deploymentName,
      activities: fake.activities,
      bundle: await workflowBundle(),
      version: { deploymentName, buildId },
    });
  /** A version can be the current one once its worker polls. */
  const makeCurrent = (buildId: string) =>
    until(
      () =>
        client.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId }).then(
          () => null,
          (error: Error) => error.message
        ),
      (problem) => problem === null
    );
  const [old, fresh] = [await workerOf('old'), await workerOf('new')];
  const workflowId = `rollout/versioned/${randomUUID()}`;
  const runs = async (): Promise<readonly (string | null | undefined)[]> => {
    const builds: (string | null | undefined)[] = [];
    for (let runId: string | undefined; ;) {
      const handle = client.workflow.getHandle(workflowId, runId);
      const { events } = await handle.fetchHistory();
      const tasks = (events ?? []).flatMap((event) => event.workflowTaskCompletedEventAttributes ?? []);
      builds.unshift(tasks.at(-1)?.deploymentVersion?.buildId);
      runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
      if (runId === undefined) return builds;
    }
  };
  await old.runUntil(async () => {
    await makeCurrent('old');
    const handle = await client.workflow.start<typeof rollout>('rollout', {
      workflowId,
      taskQueue: deploymentName,
      args: [
        {
          spec: aSpec({ tickMs: 1_000, stages: [GATE, ...aSpec().stages.slice(0, 1)] }),
          number: 1,
          searchAttributes: true,
          carried: null,
        },
      ],
    });
    const phase = async () => (await handle.query(stateQuery)).phase.kind;
    await until(phase, (kind) => kind === 'approving');
    await fresh.runUntil(async () => {
      await makeCurrent('new');
      expect(await runs()).toEqual(['old']);
      await handle.executeUpdate(verbUpdate('approve'), { args: [{ who: 'ana@example.org', why: 'looks right' }] });
      expect(await handle.result()).toMatchObject({ outcome: { kind: 'promoted' } });
    });
  });
  expect(await runs()).toEqual(['old', 'new']);
}, 120_000);
