import { expect, test } from '@jest/globals';
import { AddTagsCommand, ListModelPackagesCommand, ListTagsCommand } from '@aws-sdk/client-sagemaker';
import type { WorkflowHandle } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createBatchActivities } from '../../activities/batch';
import type { BatchActivities } from '../../activities/batch/types';
import type { MonitorRunActivities, WindowRun } from '../../activities/monitoring/run-types';
import type { MonitorTask } from '../../activities/monitoring/types';
import type { Following } from '../../activities/registry-types';
import { batchScheduleId } from '../../batch';
import type { BatchResult } from '../../batch';
import { endpointWorkflowId, monitorScheduleId } from '../../rollout';
import type { EndpointState, MonitorNews, MonitorResult, RetrainingRequest, RetrainingResult } from '../../rollout';
import type { AwsClients } from '../../sagemaker/clients';
import { applyBatchSchedules } from '../../scripts/batch/schedule';
import type { MonitorSpec, RolloutSpec } from '../../spec/types';
import { createLifecycleActivities } from '../../worker/lifecycle';
import { createRegistryActivities } from '../../worker/registry';
import { applyMonitorSchedules } from '../../worker/schedules/monitors';
import { deleteSchedulesOf } from '../../worker/schedules/remove';
import type { endpoint, rollout } from '../../workflows';
import { endpointQuery, monitoredUpdate, retireUpdate, stateQuery, submitUpdate } from '../../workflows/messages';
import { aBatch } from '../support/batch-world';
import { fakeActivities, goodTick } from '../support/fake-activities';
import { HandSchedules } from '../support/hand-schedules';
import { recordHistory } from '../support/histories';
import { aMonitor } from '../support/monitored';
import { quietRuntime } from '../support/quiet';
import { workflowBundle } from '../support/run-rollout';
import { aSpec } from '../support/spec';
import { withTimeSkipping } from '../support/time-skipping';

quietRuntime();
const env = withTimeSkipping();
const NAME = 'months';
const ana = 'ana@example.org';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const daily = (offsetMs: number): NonNullable<MonitorSpec['schedule']> => ({
  times: { kind: 'interval', everyMs: DAY_MS, offsetMs },
  ...{ timezone: 'UTC', jitterMs: 0, overlap: 'skip', catchUpWindowMs: 60_000, pauseOnFailure: true },
});
const MONITORS = [
  aMonitor({ name: 'quality', kind: 'modelQuality', onViolation: ['rollBack'] }),
  aMonitor({ name: 'drift', kind: 'dataQuality', onViolation: ['retrain'] }),
].map((monitor) => ({ ...monitor, schedule: daily(0), windowMs: DAY_MS, cooldownMs: 0 }));

const [CANDIDATE] = aSpec().candidates;
/**
 * About two days at 5 %, then three in the watch. A tick is not the owner's hour: when owner and rollout signal each other at the same instant, the
 * time-skipping server locks up (a real one does not).
 */
const TICK_MS = 61 * 60_000;

const FILE: RolloutSpec = aSpec({
  endpoint: NAME,
  tickMs: TICK_MS,
  stages: [
    {
      ...{ kind: 'canary', sharePct: 5, groups: [], onInconclusive: 'rollBack' },
      until: { kind: 'requests', requests: 300 * 48, atMostMs: 5 * DAY_MS },
    },
  ],
  watch: { forMs: 3 * DAY_MS, holdbackPct: 2, keep: 'warm' },
  onNewer: 'queue',
  baseline: {
    ...aSpec().baseline,
    data: { dataset: 's3://data/train.csv', label: 'sentiment', to: 's3://baselines' },
  },
  monitors: MONITORS,
  batch: [aBatch({ name: 'nightly', model: { kind: 'incumbent' }, schedule: daily(0) })],
  retraining: { how: { kind: 'webhook', url: 'https://ci.example.org/train' }, cooldownMs: 7 * DAY_MS },
});
const file = (name: string): RolloutSpec => ({ ...FILE, candidates: [{ ...CANDIDATE, name }] });

/** The webhook of the file's retraining has the new model at once. */
async function askForModel({ spec, number, incumbent }: RetrainingRequest): Promise<RetrainingResult> {
  const candidate = `${incumbent.version}-retrained-${number}`;
  const next: RolloutSpec = { ...spec, candidates: [{ ...spec.candidates[0], name: candidate }] };
  return { kind: 'trained', spec: next, candidate, model: `s3://models/${number}/model.tar.gz` };
}

/** A model registry of one group, with what is written on its versions. */
function aRegistry() {
  const approved: number[] = [];
  const tags = new Map<string, { readonly Key: string; readonly Value: string }[]>();
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof ListModelPackagesCommand)
      return {
        ModelPackageSummaryList: approved.map((version) => ({
          ModelPackageArn: `arn:aws:sagemaker:eu-west-1:123456789012:model-package/reviews/${version}`,
          ...{ ModelPackageVersion: version, ModelPackageStatus: 'Completed' },
        })),
      };
    if (command instanceof ListTagsCommand) return { Tags: tags.get(command.input.ResourceArn ?? '') ?? [] };
    if (command instanceof AddTagsCommand) {
      tags.set(command.input.ResourceArn ?? '', command.input.Tags as never);
      return {};
    }
    throw new Error('the registry is asked for nothing else');
  };
  return { approve: (version: number) => void approved.push(version), aws: { sagemaker: { send } } as never };
}

/** The product's own activities wherever they talk to Temporal; what they would ask of AWS is remembered or made up here. */
function outside(schedules: HandSchedules, registry: { readonly aws: AwsClients }) {
  const tasks: MonitorTask[] = [];
  const retired: string[] = [];
  /** Models that a monitor finds bad, by its name. */
  const bad = { quality: new Set<string>(), drift: new Set<string>() };
  const step = (name: string) => async () => {
    retired.push(name);
    return [name];
  };
  const judgeWindow = async ({ request, window, target }: WindowRun) => {
    const isBad = bad[request.monitor.name as keyof typeof bad].has(target.version);
    return {
      ...{ window, rows: { read: 900, used: 900 }, violations: [], violationCount: isBad ? 1 : 0 },
      ...({ verdict: isBad ? 'fail' : 'pass', reason: isBad ? `${target.version} has changed` : 'as before' } as const),
      ...{ output: `s3://reports/${window.toMs}`, sha256: String(window.toMs) },
    };
  };
  const { monitorTarget, tellOwner } = createLifecycleActivities({ aws: registry.aws });
  const runs: Pick<MonitorRunActivities, 'monitorTarget' | 'tellOwner' | 'lookAround' | 'judgeWindow'> = {
    ...{ monitorTarget, tellOwner, judgeWindow },
    lookAround: async () => ({ late: [], missing: [] }),
  };
  const batches: BatchActivities = {
    openBatch: createBatchActivities({ aws: registry.aws }).openBatch,
    listInput: async () => ({ parts: [{ part: 1, objects: 1, bytes: 100 }], bad: [] }),
    scanPart: async () => ({ records: 10, refused: 0, pieces: 1, bad: [] }),
    startJob: async () => undefined,
    awaitJob: async () => ({ status: 'Completed', reason: null }),
    checkPart: async () => ({ good: 10, bad: 0, labels: {} }),
    carvePart: async () => ({ pieces: 0, quarantined: 0, bad: [] }),
    comparePart: async () => ({ pairs: 0, different: 0, refused: 0, changes: {} }),
    assemblePart: async () => undefined,
    publishBatch: async ({ opened }) => ({ manifest: `${opened.output}/manifest.json`, drift: null }),
    cleanBatch: async () => undefined,
    discardBatch: async () => undefined,
  };
  const activities = {
    ...fakeActivities({ serving: null, tick: () => goodTick }).activities,
    ...createRegistryActivities({ aws: registry.aws }),
    ...{ ...runs, ...batches, askForModel },
    runMonitor: async (task: MonitorTask) => {
      tasks.push(task);
      return { verdict: 'pass', reason: '', rows: { read: 9, used: 9 } };
    },
    applySchedules: async (of: { readonly spec: RolloutSpec; readonly searchAttributes: boolean }) => {
      const { taskQueue } = Context.current().info;
      return JSON.stringify(await applyMonitorSchedules(schedules.client, { ...of, taskQueue }));
    },
    drainEndpoint: async () => {
      retired.push('drain');
      return { isQuiet: true, requests: 0 };
    },
    retireSchedules: async () => {
      retired.push('schedules');
      return deleteSchedulesOf(schedules.client, NAME, () => undefined);
    },
    ...{ retireScaling: step('scaling'), retireAlarms: step('alarms'), retireEndpoint: step('endpoint') },
    ...{ retireConfigs: step('configs'), retireModels: step('models') },
  };
  return { activities, tasks, retired, bad };
}

/** Where the file says that the baselines of a rollout's model are put. */
function baselinesOf(rolledOut: string): Readonly<Record<string, string>> {
  const below = `s3://baselines/${NAME}/baselines/${rolledOut}`;
  return { dataQuality: `${below}/dataQuality`, modelQuality: `${below}/modelQuality` };
}

/** What the runs of one day were about. */
interface Day {
  readonly batch: string;
  readonly judged: string;
}

test('months of an endpoint: whatever runs by schedule follows the incumbent, through promotions, a rollback, a retrained and an approved model, to the retirement', async () => {
  const schedules = new HandSchedules(env());
  await schedules.prepare();
  const registry = aRegistry();
  const { activities, tasks, retired, bad } = outside(schedules, registry);
  const taskQueue = `lifecycle-${randomUUID()}`;
  const worker = await Worker.create({
    ...{ connection: env().nativeConnection, taskQueue, activities },
    workflowBundle: await workflowBundle(),
  });
  const { workflow } = env().client;
  const owner: WorkflowHandle<typeof endpoint> = workflow.getHandle(endpointWorkflowId(NAME));
  const state = (): Promise<EndpointState> => owner.query(endpointQuery);
  const submit = (name: string) => owner.executeUpdate(submitUpdate, { args: [{ spec: file(name), who: ana }] });

  const system: MonitorNews = {
    ...{ name: 'system', kind: 'system', policies: ['alert'], cooldownMs: 0, isCorrection: false },
    outcome: {
      ...{ window: { fromMs: 0, toMs: HOUR_MS }, verdict: 'pass', reason: 'in time', rows: { read: 1, used: 1 } },
      ...{ violations: [], violationCount: 0, output: 's3://reports/system', sha256: null },
    },
  };
  let lastMs = Math.ceil((await env().currentTimeMs()) / DAY_MS) * DAY_MS;
  const results: MonitorResult[] = [];
  /** One day: the owner hears of another monitor every second hour; at its end everything runs that is scheduled. */
  const passDay = async (): Promise<Day> => {
    for (let hour = 2; hour <= 24; hour += 2) {
      const leftMs = lastMs + hour * HOUR_MS - (await env().currentTimeMs());
      if (leftMs > 0) await env().sleep(leftMs);
      await owner.executeUpdate(monitoredUpdate, { args: [system] });
    }
    lastMs += DAY_MS;
    const came = await schedules.runDue(lastMs);
    const batch = came.get(batchScheduleId(NAME, 'nightly')) as BatchResult | undefined;
    const judged: string[] = [];
    for (const { name } of MONITORS) {
      const result = came.get(monitorScheduleId(NAME, name)) as MonitorResult | undefined;
      if (result === undefined) continue;
      results.push(result);
      judged.push(result.served?.version ?? 'nothing');
    }
    expect(new Set(judged).size).toBeLessThanOrEqual(1);
    return { batch: batch?.model ?? 'none', judged: judged[0] ?? 'nothing' };
  };
  const passDays = async (days: number): Promise<readonly Day[]> => {
    const all: Day[] = [];
    for (let day = 0; day < days; day++) all.push(await passDay());
    return all;
  };
  const each = (days: number, batch: string, judged = batch): readonly Day[] => Array(days).fill({ batch, judged });
  /** Days until the owner is as said; at most twenty. */
  const daysUntil = async (condition: (now: EndpointState) => boolean): Promise<readonly Day[]> => {
    const all: Day[] = [];
    while (!condition(await state())) {
      if (all.length === 20) throw new Error('it never came to that');
      all.push(await passDay());
    }
    return all;
  };
  /** The owner once it is as said, without a day passing: what follows at once may be under way still when a schedule's run has ended. */
  const soon = async (condition: (now: EndpointState) => boolean): Promise<EndpointState> => {
    for (;;) {
      const now = await state();
      if (condition(now)) return now;
      await delay(50);
    }
  };
  const isIdle = ({ running, queued, retraining }: EndpointState): boolean =>
    running === null && queued === null && retraining === null;
  const isWatching = ({ running }: EndpointState): boolean => running?.isWatching === true;

  await worker.runUntil(async () => {
    await workflow.start<typeof endpoint>('endpoint', {
      ...{ workflowId: endpointWorkflowId(NAME), taskQueue },
      args: [{ endpoint: NAME, carried: null }],
    });

    // Its baseline is made before it begins. Nothing is scheduled before something serves.
    expect(await submit('v1')).toEqual({ rolloutId: 'rollout/months/1', number: 1, isQueued: true });
    await daysUntil(isIdle);
    expect(tasks.map(({ baseline, window }) => [baseline, window])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect((await state()).incumbent).toMatchObject({ version: 'v1', baselines: baselinesOf('v1-r1') });
    await applyBatchSchedules(schedules.client, { spec: file('v1'), taskQueue });
    expect(schedules.ids).toEqual(['batch/months/nightly', 'monitor/months/drift', 'monitor/months/quality']);
    expect(await passDays(6)).toEqual(each(6, 'v1'));

    // v2: at 5 % both follow the incumbent; in the watch monitors judge what answers, and batches still the incumbent.
    await submit('v2');
    const shifting = await daysUntil(isWatching);
    expect(shifting.length).toBeGreaterThanOrEqual(2);
    expect(shifting.slice(0, -1)).toEqual(each(shifting.length - 1, 'v1'));
    expect((await state()).incumbent?.version).toBe('v1');
    expect(await passDays(2)).toEqual(each(2, 'v1', 'v2'));
    await daysUntil(isIdle);
    expect(await passDays(6)).toEqual(each(6, 'v2'));

    // v3 is found bad in its watch, by a run of a monitor: everything is as it was.
    bad.quality.add('v3');
    await submit('v3');
    const tried = await daysUntil(({ past }) => past.length === 3);
    expect(tried.map(({ batch }) => batch)).toEqual(tried.map(() => 'v2'));
    expect(tried.at(-1)).toEqual({ batch: 'v2', judged: 'v3' });
    expect(
      results.flatMap(({ monitor, consequences }) => consequences.map(({ what }) => `${monitor}: ${what}`))
    ).toEqual(['quality: rollback of rollout/months/3']);
    expect((await state()).past[0]).toMatchObject({ candidate: 'v3', outcome: { kind: 'rolledBack' } });
    expect(await passDays(6)).toEqual(each(6, 'v2'));

    // The data drift away from v2: a model is asked for, once, and rolled out as any other.
    bad.drift.add('v2');
    await passDay();
    const asked = await soon(({ running }) => running !== null);
    expect(asked).toMatchObject({ retrained: { count: 1 }, running: { candidate: 'v2-retrained-1' } });
    await daysUntil(isIdle);
    expect(await state()).toMatchObject({ retrained: { count: 1 }, incumbent: { version: 'v2-retrained-1' } });
    const held = results.flatMap(({ consequences }) => consequences.flatMap(({ heldBack }) => heldBack ?? []));
    expect(held.length).toBeGreaterThan(0);
    expect(held.every((why) => /^a model was asked for .* ago, and the cooldown is 7d$/.test(why))).toBe(true);
    expect(await passDays(6)).toEqual(each(6, 'v2-retrained-1'));

    // A version is approved in the model registry, which a schedule looks into.
    const following: Following = { group: 'reviews', spec: file('reviews-0'), who: ana, searchAttributes: true };
    await schedules.client.schedule.create({
      scheduleId: `registry/reviews/${NAME}`,
      spec: { intervals: [{ every: DAY_MS }] },
      action: { type: 'startWorkflow', workflowType: 'registryPoll', taskQueue, args: [following] },
    });
    expect(await passDays(2)).toEqual(each(2, 'v2-retrained-1'));
    registry.approve(8);
    await passDay();
    expect((await state()).running ?? (await state()).queued).toMatchObject({
      candidate: 'reviews-8',
      who: `${ana}, following reviews`,
    });
    await daysUntil(isIdle);
    expect(await passDays(6)).toEqual(each(6, 'reviews-8'));
    expect((await state()).incumbent?.baselines).toEqual(baselinesOf('reviews-8-r5'));

    // It is given up: in order, and nothing is started by a schedule any more. What was stays known.
    const args = [{ who: ana, why: 'it is over', drain: { quietMs: HOUR_MS, atMostMs: DAY_MS } }] as const;
    await owner.executeUpdate(retireUpdate, { args: [...args] });
    await daysUntil((now) => now.retired !== null);
    expect(retired).toEqual(['drain', 'schedules', 'scaling', 'alarms', 'endpoint', 'configs', 'models']);
    expect(schedules.ids).toEqual([]);
    expect(await passDays(1)).toEqual(each(1, 'none', 'nothing'));
    const end = await state();
    expect(end).toMatchObject({ count: 5, incumbent: null, retiring: null, retired: { why: 'it is over' } });
    expect(end.past.map(({ candidate, outcome }) => [candidate, outcome.kind])).toEqual([
      ['reviews-8', 'promoted'],
      ['v2-retrained-1', 'promoted'],
      ['v3', 'rolledBack'],
      ['v2', 'promoted'],
      ['v1', 'promoted'],
    ]);
    for (const { id } of end.past)
      expect((await workflow.getHandle<typeof rollout>(id).query(stateQuery)).phase.kind).toBe('ended');

    await expectWithinLimits(owner);
    await recordHistory(workflow.getHandle(`${monitorScheduleId(NAME, 'drift')}-${isoOf(results[0])}`), 'monitor');
    await recordHistory(owner, 'lifecycle-renewed');
    await owner.terminate('the test is over');
  });
}, 600_000);

function isoOf(result: MonitorResult | undefined): string {
  return new Date(result?.nominalMs ?? 0).toISOString().replace('.000Z', 'Z');
}

/**
 * Temporal ends a run at 51,200 events, and takes no update after 2,000 and no signal after 10,000. The longest run that was seen here, before the server suggests
 * a new one: 4,100 events, 788 updates, 12 signals.
 */
async function expectWithinLimits(owner: WorkflowHandle): Promise<void> {
  const runs: { readonly events: number; readonly updates: number; readonly signals: number }[] = [];
  for (let runId: string | undefined; ;) {
    const { events } = await env().client.workflow.getHandle(owner.workflowId, runId).fetchHistory();
    const count = (
      name: 'workflowExecutionUpdateAcceptedEventAttributes' | 'workflowExecutionSignaledEventAttributes'
    ) => (events ?? []).filter((event) => event[name] !== null && event[name] !== undefined).length;
    runs.push({
      events: events?.length ?? 0,
      updates: count('workflowExecutionUpdateAcceptedEventAttributes'),
      signals: count('workflowExecutionSignaledEventAttributes'),
    });
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
    if (runId === undefined) break;
  }
  expect(runs.length).toBeGreaterThanOrEqual(2);
  expect(Math.max(...runs.map(({ events }) => events))).toBeLessThan(5_000);
  expect(Math.max(...runs.map(({ updates }) => updates))).toBeLessThan(1_000);
  expect(Math.max(...runs.map(({ signals }) => signals))).toBeLessThan(100);
}
