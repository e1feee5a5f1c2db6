import { expect, test } from '@jest/globals';
import type { Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { endpointWorkflowId } from '../../rollout';
import type { MonitorNews } from '../../rollout';
import type { Stage } from '../../spec/types';
import type { endpoint, rollout } from '../../workflows';
import {
  endpointQuery,
  monitoredUpdate,
  stateQuery,
  submitUpdate,
  verbSignal,
  verbUpdate,
} from '../../workflows/messages';
import { createWorker } from '../../worker/create-worker';
import { ownerStart } from '../../worker/owner';
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
const approval = { who: 'ana@example.org', why: 'looks right' };

interface Deployment {
  readonly taskQueue: string;
  workerOf(buildId: string): Promise<Worker>;
  makeCurrent(buildId: string): Promise<unknown>;
  /** The build that each run of a workflow has ended on, or is on, in order. */
  builds(workflowId: string): Promise<readonly (string | null | undefined)[]>;
}

function aDeployment(): Deployment {
  const { client, nativeConnection: connection } = dev().env;
  const namespace = client.options.namespace;
  const deploymentName = `sluice-${randomUUID()}`;
  const { activities } = fakeActivities({ tick: () => goodTick });
  return {
    taskQueue: deploymentName,
    workerOf: async (buildId) =>
      createWorker({
        ...{ connection, namespace, activities, taskQueue: deploymentName },
        bundle: await workflowBundle(),
        version: { deploymentName, buildId },
      }),
    /** A version can be the current one once its worker polls. */
    makeCurrent: (buildId) =>
      until(
        () =>
          client.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId }).then(
            () => null,
            (error: Error) => error.message
          ),
        (problem) => problem === null
      ),
    async builds(workflowId) {
      const builds: (string | null | undefined)[] = [];
      for (let runId: string | undefined; ;) {
        const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        const tasks = (events ?? []).flatMap((event) => event.workflowTaskCompletedEventAttributes ?? []);
        builds.unshift(tasks.at(-1)?.deploymentVersion?.buildId);
        runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
        if (runId === undefined) return builds;
      }
    },
  };
}

test('a rollout stays on the version that it began with within a stage, and moves to the newest between stages', async () => {
  const { client } = dev().env;
  const { taskQueue, workerOf, makeCurrent, builds } = aDeployment();
  const [old, fresh] = [await workerOf('old'), await workerOf('new')];
  const workflowId = `rollout/versioned/${randomUUID()}`;
  await old.runUntil(async () => {
    await makeCurrent('old');
    const spec = aSpec({ tickMs: 1_000, stages: [GATE, ...aSpec().stages.slice(0, 1)] });
    const handle = await client.workflow.start<typeof rollout>('rollout', {
      ...{ workflowId, taskQueue },
      args: [{ spec, number: 1, searchAttributes: true, carried: null }],
    });
    const phase = async () => (await handle.query(stateQuery)).phase.kind;
    await until(phase, (kind) => kind === 'approving');
    await fresh.runUntil(async () => {
      await makeCurrent('new');
      // Temporal needs a moment until it tells a run that there is a newer version; what is no message is only logged.
      await until(
        async () => {
          await handle.signal(verbSignal('approve'), 'nobody' as never);
          const { events } = await handle.fetchHistory();
          return (events ?? []).some(
            ({ workflowTaskStartedEventAttributes: task }) => task?.targetWorkerDeploymentVersionChanged === true
          );
        },
        (isKnown) => isKnown
      );
      expect(await builds(workflowId)).toEqual(['old']);
      await handle.executeUpdate(verbUpdate('approve'), { args: [approval] });
      expect(await handle.result()).toMatchObject({ outcome: { kind: 'promoted' } });
    });
  });
  expect(await builds(workflowId)).toEqual(['old', 'new']);
});

test('the owner of an endpoint moves to the newest version by itself, in the middle of a rollout, and back again', async () => {
  const { client } = dev().env;
  const { taskQueue, workerOf, makeCurrent, builds } = aDeployment();
  const [old, fresh] = [await workerOf('old'), await workerOf('new')];
  const endpointName = `owned-${randomUUID()}`;
  const workflowId = endpointWorkflowId(endpointName);
  const owner = client.workflow.getHandle<typeof endpoint>(workflowId);
  const news: MonitorNews = {
    ...{ name: 'quality', kind: 'modelQuality', policies: ['alert'], cooldownMs: 0, isCorrection: false },
    outcome: {
      ...{ window: { fromMs: 0, toMs: 1 }, verdict: 'pass', reason: 'fine', rows: { read: 1, used: 1 } },
      ...{ violations: [], violationCount: 0, output: 's3://r', sha256: 'a' },
    },
  };
  /** Temporal needs a moment until it tells which version is the current one. */
  const untilMoved = (to: readonly string[]) =>
    until(
      async () => {
        await owner.executeUpdate(monitoredUpdate, { args: [news] });
        return builds(workflowId);
      },
      (found) => isDeepStrictEqual(found, to)
    );
  const pendingTimers = async () => {
    const { events } = await owner.fetchHistory();
    return (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
      timer ? [Number(timer.startToFireTimeout?.seconds)] : []
    );
  };
  await old.runUntil(async () => {
    await makeCurrent('old');
    const spec = aSpec({ endpoint: endpointName, tickMs: 1_000, stages: [GATE, ...aSpec().stages.slice(0, 1)] });
    const { rolloutId } = await client.workflow.executeUpdateWithStart(submitUpdate, {
      startWorkflowOperation: ownerStart({ endpoint: endpointName, taskQueue, searchAttributes: true }),
      args: [{ spec, who: approval.who }],
    });
    const running = client.workflow.getHandle<typeof rollout>(rolloutId);
    await until(
      async () => (await running.query(stateQuery)).phase.kind,
      (kind) => kind === 'approving'
    );
    const before = await owner.query(endpointQuery);
    await fresh.runUntil(async () => {
      // One that nobody talks to looks each hour; whatever comes before that moves it, too.
      expect(await pendingTimers()).toEqual([3_600]);
      await makeCurrent('new');
      await untilMoved(['old', 'new']);
      expect(await owner.query(endpointQuery)).toMatchObject({ running: before.running, count: 1 });
      await running.executeUpdate(verbUpdate('approve'), { args: [approval] });
      await until(
        () => owner.query(endpointQuery),
        ({ past }) => past.length === 1
      );
      await makeCurrent('old');
      await untilMoved(['old', 'new', 'old']);
      expect(await owner.query(endpointQuery)).toMatchObject({ incumbent: { version: 'v2' }, running: null });
      await owner.terminate('the test is over');
    });
  });
});
