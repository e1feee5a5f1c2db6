import { expect, test } from '@jest/globals';
import { Context } from '@temporalio/activity';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointWorkflowId, retrainingWorkflowId } from '../../rollout';
import type { EndpointState, MonitorNews, RetrainingRequest, RetrainingResult } from '../../rollout';
import type { RolloutSpec, Stage } from '../../spec/types';
import type { endpoint, rollout } from '../../workflows';
import {
  endpointQuery,
  monitoredUpdate,
  retireUpdate,
  stateQuery,
  submitUpdate,
  verbUpdate,
} from '../../workflows/messages';
import type { SubmitReceipt } from '../../workflows/messages';
import { withDevServer } from '../support/dev-server';
import { fakeActivities, goodTick } from '../support/fake-activities';
import { recordHistory } from '../support/histories';
import { workflowBundle } from '../support/run-rollout';
import { aSpec } from '../support/spec';

/** An owner of months has millions of events; sixty are enough to see what it keeps. */
const dev = withDevServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 60 } });
const ana = { who: 'ana@example.org', why: 'as planned' };

const GATE: Stage = {
  ...{ kind: 'approval', approvers: [], need: 2, withinMs: 600_000, otherwise: 'reject' },
  identity: { kind: 'asserted' },
};
const CANARY = aSpec().stages.slice(0, 1);

interface Owned {
  file(name: string, changes?: Partial<RolloutSpec>): RolloutSpec;
  submit(spec: RolloutSpec): Promise<SubmitReceipt>;
  handle(): WorkflowHandle<typeof endpoint>;
  state(): Promise<EndpointState>;
  until(condition: (state: EndpointState) => boolean): Promise<EndpointState>;
  /** Tells the owner of a window, again and again, until it has gone on as a new run. */
  renew(): Promise<void>;
  hear(policies: MonitorNews['policies']): Promise<void>;
  /** Ends the owner's run by force, and what else `meanwhile` ends; the next one begins with what it knew. */
  startAnew(meanwhile: () => Promise<unknown>): Promise<void>;
}

async function withOwner(name: string, more: object, story: (owned: Owned) => Promise<void>): Promise<void> {
  const { client, nativeConnection: connection } = dev().env;
  const activities = { ...fakeActivities({ serving: null, tick: () => goodTick }).activities, ...more };
  const worker = await Worker.create({
    connection,
    taskQueue: name,
    workflowBundle: await workflowBundle(),
    activities,
  });
  const [known] = aSpec().candidates;
  const workflowId = endpointWorkflowId(name);
  const handle = () => client.workflow.getHandle<typeof endpoint>(workflowId);
  const owned: Owned = {
    file: (version, changes = {}) =>
      aSpec({
        ...{ endpoint: name, tickMs: 1_000, stages: CANARY, monitors: [], onNewer: 'queue' },
        candidates: [{ ...known, name: version }],
        ...changes,
      }),
    submit: (spec) =>
      client.workflow.executeUpdateWithStart(submitUpdate, {
        startWorkflowOperation: new WithStartWorkflowOperation<typeof endpoint>('endpoint', {
          ...{ workflowId, taskQueue: name, workflowIdConflictPolicy: 'USE_EXISTING' },
          args: [{ endpoint: name, carried: null }],
        }),
        args: [{ spec, who: ana.who }],
      }),
    handle,
    state: () => handle().query(endpointQuery),
    async until(condition) {
      for (;;) {
        const state = await owned.state();
        if (condition(state)) return state;
        await sleep(50);
      }
    },
    async hear(policies) {
      const news: MonitorNews = {
        ...{ name: 'quality', kind: 'modelQuality', policies, cooldownMs: 0, isCorrection: false },
        outcome: {
          ...{
            window: { fromMs: 0, toMs: 1 },
            verdict: policies.includes('retrain') ? 'fail' : 'pass',
            reason: 'told',
          },
          ...{ rows: { read: 1, used: 1 }, violations: [], violationCount: 0, output: 's3://r', sha256: 'a' },
        },
      };
      await handle().executeUpdate(monitoredUpdate, { args: [news] });
    },
    async renew() {
      const { runId } = await handle().describe();
      for (let told = 0; (await handle().describe()).runId === runId; told++) {
        if (told > 60) throw new Error('it never went on as new');
        await owned.hear(['alert']);
      }
    },
    async startAnew(meanwhile) {
      const input = { endpoint: name, carried: await owned.state() };
      await handle().terminate('the run after it is to start');
      await meanwhile();
      await client.workflow.start<typeof endpoint>('endpoint', { workflowId, taskQueue: name, args: [input] });
    },
  };
  await worker.runUntil(async () => {
    await story(owned);
    await handle().terminate('the test is over');
  });
}

/** Work outside that ends when the test says so. */
function held<T>(): {
  readonly begun: Promise<void>;
  readonly end: (value: T) => void;
  readonly work: () => Promise<T>;
} {
  let begin = (): void => undefined;
  let end = (_value: T): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const result = new Promise<T>((resolve) => (end = resolve));
  const work = (): Promise<T> => {
    begin();
    return Promise.race([result, Context.current().cancelled]);
  };
  return { begun, end: (value) => end(value), work };
}

test('an owner that goes on as new in the middle of a rollout keeps incumbent, schedules, a given approval and who waits', async () => {
  const scheduled: string[] = [];
  const applySchedules = async ({ spec }: { readonly spec: RolloutSpec }) => {
    scheduled.push(spec.candidates[0].name);
    return 'set';
  };
  await withOwner('renewed', { applySchedules }, async ({ file, submit, state, until, renew, startAnew }) => {
    const rolloutOf = (id: string) => dev().env.client.workflow.getHandle<typeof rollout>(id);
    const isApproving = async (id: string): Promise<void> => {
      while ((await rolloutOf(id).query(stateQuery)).phase.kind !== 'approving') await sleep(50);
    };
    await submit(file('v1'));
    await until(({ past, schedulesDue }) => past.length === 1 && !schedulesDue);
    const { rolloutId } = await submit(file('v2', { stages: [GATE, ...CANARY] }));
    const running = rolloutOf(rolloutId);
    await until(({ running: now }) => now?.number === 2);
    await isApproving(rolloutId);
    await running.executeUpdate(verbUpdate('approve'), { args: [ana] });
    await submit(file('v3'));
    const before = await state();
    expect(before).toMatchObject({ incumbent: { version: 'v1' }, running: { number: 2 }, queued: { candidate: 'v3' } });

    await renew();
    const after = await state();
    expect({ ...after, monitors: [] }).toEqual({ ...before, monitors: [] });
    expect(after.monitors).toMatchObject([{ name: 'quality', last: { verdict: 'pass' } }]);
    expect((await running.query(stateQuery)).approvals).toMatchObject([{ who: ana.who }]);

    // The rollout of the former run ends, and the one that has waited since then begins.
    await running.executeUpdate(verbUpdate('approve'), { args: [{ ...ana, who: 'bo@example.org' }] });
    const end = await until(({ past }) => past.length === 3 && scheduled.length === 3);
    expect(end.past.map(({ candidate, outcome }) => [candidate, outcome.kind])).toEqual([
      ['v3', 'promoted'],
      ['v2', 'promoted'],
      ['v1', 'promoted'],
    ]);
    expect(scheduled).toEqual(['v1', 'v2', 'v3']);

    // One that is terminated cannot say goodbye to an owner that went on as new: it is missed all the same.
    const last = await submit(file('v4', { stages: [GATE, ...CANARY] }));
    await until(({ running: now }) => now?.number === 4);
    await isApproving(last.rolloutId);
    await startAnew(() => rolloutOf(last.rolloutId).terminate('by hand'));
    expect(await until(({ running: now }) => now === null)).toMatchObject({ incumbent: { version: 'v3' } });
  });
});

test('an owner that goes on as new while a baseline, a new model or a retirement is under way hears what comes of it', async () => {
  const [baseline, model, drain] = [held<object>(), held<RetrainingResult>(), held<object>()];
  let asked = 0;
  const nothing = async () => [];
  const activities = {
    applySchedules: async () => 'set',
    runMonitor: baseline.work,
    // The first model is made as the test says, the second one never.
    askForModel: (_request: RetrainingRequest) => (++asked === 1 ? model.work() : Context.current().cancelled),
    drainEndpoint: drain.work,
    ...{ retireSchedules: nothing, retireScaling: nothing, retireAlarms: nothing },
    ...{ retireEndpoint: nothing, retireConfigs: nothing, retireModels: nothing },
  };
  await withOwner('waiting', activities, async ({ file, submit, handle, state, until, renew, hear, startAnew }) => {
    const { workflow } = dev().env.client;
    const retraining = { how: { kind: 'webhook', url: 'https://ci.example.org' }, cooldownMs: 0 } as const;
    const data = { dataset: 's3://data/train.csv', to: 's3://baselines' };
    await submit(file('v1', { retraining, baseline: { ...aSpec().baseline, data } }));
    await baseline.begun;
    await renew();
    expect(await state()).toMatchObject({ running: null, queued: { number: 1, baselines: null } });
    baseline.end({ verdict: 'pass', reason: '', rows: { read: 9, used: 9 } });
    expect(await until(({ past }) => past.length === 1)).toMatchObject({ incumbent: { version: 'v1' } });
    await recordHistory(workflow.getHandle('baseline/waiting/1'), 'baseline');

    await hear(['retrain']);
    await model.begun;
    await renew();
    const renewed = await state();
    expect(renewed.retraining).toMatchObject({ number: 1, who: 'monitor quality' });
    model.end({ kind: 'trained', spec: file('v1-retrained-1'), candidate: 'v1-retrained-1', model: 's3://m.tar.gz' });
    const { past, retrained } = await until((now) => now.past.length === 2);
    expect(past[0]).toMatchObject({ candidate: 'v1-retrained-1', outcome: { kind: 'promoted' } });
    expect(retrained).toMatchObject({ count: 1, last: { kind: 'trained' } });
    await recordHistory(workflow.getHandle(retrainingWorkflowId('waiting', 1)), 'retraining');

    // One that is terminated tells nobody.
    await submit(file('v2', { retraining }));
    await until((now) => now.past.length === 3);
    await hear(['retrain']);
    while (asked < 2) await sleep(50);
    const lost = retrainingWorkflowId('waiting', 2);
    await startAnew(() => workflow.getHandle(lost).terminate('by hand'));
    expect((await until((now) => now.retraining === null)).retrained).toMatchObject({
      count: 2,
      last: { kind: 'failed', why: `${lost} was ended from outside` },
    });

    const args = [{ ...ana, drain: { quietMs: 60_000, atMostMs: 3_600_000 } }] as const;
    const id = await handle().executeUpdate(retireUpdate, { args: [...args] });
    await drain.begun;
    await renew();
    expect(await state()).toMatchObject({ retiring: { id } });
    drain.end({ isQuiet: true, requests: 0 });
    expect(await until(({ retired }) => retired !== null)).toMatchObject({ retiring: null, incumbent: null });
    await recordHistory(workflow.getHandle(id), 'retirement');
    await recordHistory(handle(), 'owner-renewed-in-a-retirement');
  });
});
