import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { windowKey } from '../../rollout';
import type { MonitorResult } from '../../rollout';
import { readPipeline } from '../../worker/pipeline';
import { runsOf } from '../../worker/schedules/runs';
import type { monitor } from '../../workflows';
import { withDevServer } from '../support/dev-server';
import { aMonitor, Monitored } from '../support/monitored';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const stack = new WholeStack(dev);
const world = new Monitored(stack, dev);
const SECOND_MS = 1_000;
const ID = 'monitor/timed/quality';

beforeAll(async () => {
  await stack.start();
  await world.putTraining();
}, 120_000);
afterAll(() => stack.stop(), 60_000);

/** Ended runs of the schedule by nominal time, at least so many. */
async function runs(atLeast: number): Promise<readonly MonitorResult[]> {
  const { client } = dev().env;
  for (;;) {
    const done = (await runsOf(client, ID, 100)).filter(({ status }) => status === 'done');
    if (done.length >= atLeast)
      return Promise.all(done.reverse().map(({ id }) => client.workflow.getHandle<typeof monitor>(id).result()));
    await sleep(200);
  }
}

test('a schedule fires by itself, skips what overlaps, makes up for what was skipped, and is backfilled by nominal times', async () => {
  const quality = aMonitor({
    schedule: {
      ...{ times: { kind: 'interval', everyMs: 2 * SECOND_MS, offsetMs: 0 }, timezone: 'UTC', jitterMs: 0 },
      ...{ overlap: 'skip', catchUpWindowMs: 60_000, pauseOnFailure: true },
    },
    windowMs: 2 * SECOND_MS,
    // A run takes longer than the time between two, so every second one at least is skipped.
    lagMs: 3 * SECOND_MS,
    onViolation: ['alert'],
  });
  const spec = world.fileOf({ endpoint: 'timed', candidate: 'v1' }, [quality]);
  const startMs = await world.deployed(spec, 10 * SECOND_MS);
  const { client } = dev().env;
  const schedule = client.schedule.getHandle(ID);
  const fired = await runs(3);
  const health = await readPipeline(client, {
    endpoint: 'timed',
    window: { fromMs: fired[0]?.nominalMs ?? 0, toMs: fired.at(-1)?.nominalMs ?? 0 },
    taskQueue: stack.taskQueue,
    heartbeat: () => undefined,
  });
  await schedule.pause('the test has seen enough');
  for (const { nominalMs, outcome } of fired) {
    expect(nominalMs % (2 * SECOND_MS)).toBe(0);
    expect(outcome.window).toEqual({ fromMs: nominalMs - 2 * SECOND_MS, toMs: nominalMs });
  }
  // Together they have judged every window once, those of the skipped runs too.
  const judged = fired
    .flatMap(({ madeUpFor, outcome }) => [...madeUpFor, outcome])
    .map(({ window }) => windowKey(window));
  const first = fired[0]?.nominalMs ?? 0;
  const last = fired.at(-1)?.nominalMs ?? 0;
  expect(fired.some(({ madeUpFor }) => madeUpFor.length > 0)).toBe(true);
  expect(judged).toHaveLength((last - first) / (2 * SECOND_MS) + 1);
  expect(new Set(judged).size).toBe(judged.length);

  // What the system monitor is told of them. It says so of the window, before a person has paused the schedule.
  expect(health).toMatchObject({
    workers: [{ taskQueue: stack.taskQueue, pollers: 1 }],
    schedules: [{ id: ID, paused: false, missedCatchUp: 0 }],
  });
  expect(health?.schedules[0]?.skippedOverlap).toBeGreaterThan(0);
  expect(health?.runs.filter(({ status }) => status === 'completed').length).toBeGreaterThan(0);

  // Whole windows of the traffic, which the schedule had not seen before it was made.
  const from = Math.ceil(startMs / (2 * SECOND_MS)) * 2 * SECOND_MS;
  await schedule.backfill({
    start: new Date(from + 2 * SECOND_MS),
    end: new Date(from + 6 * SECOND_MS),
    overlap: ScheduleOverlapPolicy.BUFFER_ALL,
  });
  const filled = async () =>
    (await runs(1)).filter(({ nominalMs }) => nominalMs >= from + 2 * SECOND_MS && nominalMs <= from + 6 * SECOND_MS);
  while (new Set((await filled()).map(({ nominalMs }) => nominalMs)).size < 3) await sleep(200);
  for (const one of await filled())
    expect(one.outcome).toMatchObject({
      window: { fromMs: one.nominalMs - 2 * SECOND_MS, toMs: one.nominalMs },
    });
}, 180_000);
