import { expect, test } from '@jest/globals';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointWorkflowId } from '../../rollout';
import type { EndpointState, MonitorNews } from '../../rollout';
import type { RolloutSpec, Stage } from '../../spec/types';
import type { endpoint, rollout } from '../../workflows';
import { endpointQuery, monitoredUpdate, stateQuery, submitUpdate, verbUpdate } from '../../workflows/messages';
import { withDevServer } from '../support/dev-server';
import { fakeActivities, goodTick } from '../support/fake-activities';
import { workflowBundle } from '../support/run-rollout';
import { aSpec } from '../support/spec';

const dev = withDevServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 60 } });
const ENDPOINT = 'renewed';
const ana = { who: 'ana@example.org', why: 'as planned' };

const GATE: Stage = {
  ...{ kind: 'approval', approvers: [], need: 2, withinMs: 600_000, otherwise: 'reject' },
  identity: { kind: 'asserted' },
};

/** An owner of months has millions of events; sixty are enough to see what it keeps. */
test('an owner that goes on as new in the middle of a rollout keeps incumbent, schedules, a given approval and who waits', async () => {
  const { client, nativeConnection: connection } = dev().env;
  const fake = fakeActivities({ serving: null, tick: () => goodTick });
  const scheduled: string[] = [];
  const activities = {
    ...fake.activities,
    async applySchedules({ spec }: { readonly spec: RolloutSpec }) {
      scheduled.push(spec.candidates[0].name);
      return 'set';
    },
  };
  const taskQueue = `renewal-${randomUUID()}`;
  const worker = await Worker.create({ connection, taskQueue, workflowBundle: await workflowBundle(), activities });
  const [known] = aSpec().candidates;
  const file = (name: string, stages: readonly Stage[]): RolloutSpec =>
    aSpec({
      endpoint: ENDPOINT,
      tickMs: 1_000,
      stages,
      monitors: [],
      onNewer: 'queue',
      candidates: [{ ...known, name }],
    });
  const submit = (spec: RolloutSpec) =>
    client.workflow.executeUpdateWithStart(submitUpdate, {
      startWorkflowOperation: new WithStartWorkflowOperation<typeof endpoint>('endpoint', {
        workflowId: endpointWorkflowId(ENDPOINT),
        taskQueue,
        args: [{ endpoint: ENDPOINT, carried: null }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
      args: [{ spec, who: ana.who }],
    });
  const owner = () => client.workflow.getHandle<typeof endpoint>(endpointWorkflowId(ENDPOINT));
  const until = async (condition: (state: EndpointState) => boolean): Promise<EndpointState> => {
    for (;;) {
      const state = await owner().query(endpointQuery);
      if (condition(state)) return state;
      await sleep(50);
    }
  };
  const canary = aSpec().stages.slice(0, 1);
  const news: MonitorNews = {
    ...{ name: 'quality', kind: 'modelQuality', policies: ['alert'], cooldownMs: 0, isCorrection: false },
    outcome: {
      ...{ window: { fromMs: 0, toMs: 1 }, verdict: 'pass', reason: 'fine', rows: { read: 1, used: 1 } },
      ...{ violations: [], violationCount: 0, output: 's3://r', sha256: 'a' },
    },
  };

  await worker.runUntil(async () => {
    await submit(file('v1', canary));
    await until(({ past, schedulesDue }) => past.length === 1 && !schedulesDue);
    const second = await submit(file('v2', [GATE, ...canary]));
    const running = client.workflow.getHandle<typeof rollout>(second.rolloutId);
    await until(({ running: now }) => now?.number === 2);
    while ((await running.query(stateQuery)).phase.kind !== 'approving') await sleep(50);
    await running.executeUpdate(verbUpdate('approve'), { args: [ana] });
    await submit(file('v3', canary));
    const before = await owner().query(endpointQuery);
    expect(before).toMatchObject({ incumbent: { version: 'v1' }, running: { number: 2 }, queued: { candidate: 'v3' } });

    const { runId } = await owner().describe();
    for (let told = 0; (await owner().describe()).runId === runId; told++) {
      if (told > 60) throw new Error('it never went on as new');
      await owner().executeUpdate(monitoredUpdate, { args: [news] });
    }
    const after = await owner().query(endpointQuery);
    expect({ ...after, monitors: [] }).toEqual({ ...before, monitors: [] });
    expect(after.monitors).toMatchObject([{ name: 'quality', last: { verdict: 'pass' } }]);
    expect((await running.query(stateQuery)).approvals).toMatchObject([{ who: ana.who }]);

    // The rollout of the former run ends, and the one that has waited since then begins.
    await running.executeUpdate(verbUpdate('approve'), { args: [{ ...ana, who: 'bo@example.org' }] });
    const end = await until(({ past, schedulesDue }) => past.length === 3 && !schedulesDue);
    expect(end.past.map(({ candidate, outcome }) => [candidate, outcome.kind])).toEqual([
      ['v3', 'promoted'],
      ['v2', 'promoted'],
      ['v1', 'promoted'],
    ]);
    expect(scheduled).toEqual(['v1', 'v2', 'v3']);

    // One that is terminated cannot say goodbye to an owner that went on as new: it is missed all the same.
    await submit(file('v4', [GATE, ...canary]));
    await until(({ running: now }) => now?.number === 4);
    const last = client.workflow.getHandle<typeof rollout>(`rollout/${ENDPOINT}/4`);
    while ((await last.query(stateQuery)).phase.kind !== 'approving') await sleep(50);
    const input = { endpoint: ENDPOINT, carried: await owner().query(endpointQuery) };
    await owner().terminate('the run after it is to start');
    await last.terminate('by hand');
    const workflowId = endpointWorkflowId(ENDPOINT);
    await client.workflow.start<typeof endpoint>('endpoint', { workflowId, taskQueue, args: [input] });
    expect(await until(({ running: now }) => now === null)).toMatchObject({ incumbent: { version: 'v3' } });
    await owner().terminate('the test is over');
  });
}, 120_000);
