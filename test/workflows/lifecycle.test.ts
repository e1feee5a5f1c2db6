import { expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import type { MonitorTask } from '../../activities/monitoring/types';
import { endpointWorkflowId } from '../../rollout';
import type { EndpointState, MonitorNews, RetrainingRequest, RetrainingResult } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import type { endpoint } from '../../workflows';
import { endpointQuery, monitoredUpdate, retireUpdate, submitUpdate } from '../../workflows/messages';
import { fakeActivities, goodTick } from '../support/fake-activities';
import { recordHistory } from '../support/histories';
import { quietRuntime } from '../support/quiet';
import { workflowBundle } from '../support/run-rollout';
import { aSpec } from '../support/spec';
import { withTimeSkipping } from '../support/time-skipping';

quietRuntime();
const env = withTimeSkipping();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const [CANDIDATE] = aSpec().candidates;
const FILE: RolloutSpec = aSpec({
  endpoint: 'months',
  tickMs: HOUR_MS,
  stages: aSpec().stages.slice(0, 1),
  watch: { forMs: 3 * DAY_MS, holdbackPct: 2, keep: 'warm' },
  onNewer: 'queue',
  baseline: {
    ...aSpec().baseline,
    data: { dataset: 's3://data/train.csv', label: 'sentiment', to: 's3://baselines' },
  },
  retraining: { how: { kind: 'webhook', url: 'https://ci.example.org/train' }, cooldownMs: 7 * DAY_MS },
});

const file = (name: string): RolloutSpec => ({ ...FILE, candidates: [{ ...CANDIDATE, name }] });

function violated(policies: MonitorNews['policies']): MonitorNews {
  const window = { fromMs: 0, toMs: HOUR_MS };
  return {
    name: 'quality',
    kind: 'modelQuality',
    outcome: {
      window,
      verdict: 'fail',
      reason: 'accuracy 0.71 is below 0.90',
      rows: { read: 900, used: 900 },
      violations: [],
      violationCount: 1,
      output: 's3://reports/1',
      sha256: 'abc',
    },
    policies,
    cooldownMs: DAY_MS,
    isCorrection: false,
  };
}

/** The webhook of the file's retraining has the new model at once. */
async function askForModel({ spec, number, incumbent }: RetrainingRequest): Promise<RetrainingResult> {
  const candidate = `${incumbent.version}-retrained-${number}`;
  const next: RolloutSpec = { ...spec, candidates: [{ ...spec.candidates[0], name: candidate }] };
  return { kind: 'trained', spec: next, candidate, model: `s3://models/${number}/model.tar.gz` };
}

test('months of an endpoint: baselines, promotions, a rollback in the watch, a model that a monitor has asked for, retirement', async () => {
  const fake = fakeActivities({ serving: null, tick: () => goodTick });
  const tasks: MonitorTask[] = [];
  const retired: string[] = [];
  const step = (name: string) => async () => {
    retired.push(name);
    return [name];
  };
  const taskQueue = `lifecycle-${randomUUID()}`;
  const worker = await Worker.create({
    connection: env().nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: {
      ...fake.activities,
      askForModel,
      runMonitor: async (task: MonitorTask) => {
        tasks.push(task);
        return { verdict: 'pass', reason: '', rows: { read: 9, used: 9 } };
      },
      retireSchedules: step('schedules'),
      retireScaling: step('scaling'),
      retireAlarms: step('alarms'),
      retireEndpoint: step('endpoint'),
      retireConfigs: step('configs'),
      retireModels: step('models'),
    },
  });
  await worker.runUntil(async () => {
    const owner: WorkflowHandle<typeof endpoint> = await env().client.workflow.start<typeof endpoint>('endpoint', {
      workflowId: endpointWorkflowId('months'),
      taskQueue,
      args: [{ endpoint: 'months', carried: null }],
    });
    const until = async (condition: (state: EndpointState) => boolean): Promise<EndpointState> => {
      for (let hour = 0; hour < 400; hour++) {
        const state = await owner.query(endpointQuery);
        if (condition(state)) return state;
        await env().sleep('1 hour');
      }
      throw new Error('it never came to that');
    };
    const submit = (name: string) =>
      owner.executeUpdate(submitUpdate, { args: [{ spec: file(name), who: 'ana@example.org' }] });
    const say = (policies: MonitorNews['policies']) =>
      owner.executeUpdate(monitoredUpdate, { args: [violated(policies)] });
    const isIdle = ({ running, queued, retraining, past }: EndpointState, rollouts: number): boolean =>
      running === null && queued === null && retraining === null && past.length === rollouts;

    // Its baseline is made before it begins.
    expect(await submit('v1')).toEqual({ rolloutId: 'rollout/months/1', number: 1, isQueued: true });
    const first = await until((state) => isIdle(state, 1));
    expect(tasks).toMatchObject([{ monitor: 'dataQuality', baseline: null, options: { exclude: ['sentiment'] } }]);
    expect(first.incumbent).toMatchObject({
      version: 'v1',
      baselines: { dataQuality: 's3://baselines/months/baselines/v1-r1/dataQuality' },
    });

    // A month later v2 is promoted, and brought back by a monitor while it is watched.
    await env().sleep('30 days');
    await submit('v2');
    await until(({ running }) => running?.isWatching === true);
    expect(await say(['rollBack', 'retrain'])).toMatchObject([
      { policy: 'rollBack', heldBack: null },
      { policy: 'retrain', heldBack: null },
    ]);
    // What was retrained waits for the end of the rollback, and is rolled out like any other.
    const third = await until((state) => isIdle(state, 3));
    expect(third.past.map(({ candidate, outcome }) => [candidate, outcome.kind])).toEqual([
      ['v1-retrained-1', 'promoted'],
      ['v2', 'rolledBack'],
      ['v1', 'promoted'],
    ]);
    expect(third.incumbent).toMatchObject({
      version: 'v1-retrained-1',
      rollout: { number: 3 },
      baselines: { dataQuality: 's3://baselines/months/baselines/v1-retrained-1-r3/dataQuality' },
    });

    // Soon after, no second one; the monitor's own cooldown has passed, the retraining's has not.
    await env().sleep('1 day');
    const [held] = await say(['retrain']);
    expect(held?.heldBack).toMatch(/^a model was asked for .* ago, and the cooldown is 7d$/);
    await env().sleep('30 days');
    expect(await say(['retrain'])).toMatchObject([{ heldBack: null }]);
    expect((await until((state) => isIdle(state, 4))).incumbent?.version).toBe('v1-retrained-1-retrained-2');

    await owner.executeUpdate(retireUpdate, { args: [{ who: 'ana@example.org', why: 'it is over', drain: null }] });
    const end = await until((state) => state.retired !== null);
    expect(retired).toEqual(['schedules', 'scaling', 'alarms', 'endpoint', 'configs', 'models']);
    expect(end).toMatchObject({ count: 4, incumbent: null, retiring: null, retired: { why: 'it is over' } });
    await recordHistory(owner, 'lifecycle');
    await owner.terminate('the test is over');
  });
}, 180_000);
