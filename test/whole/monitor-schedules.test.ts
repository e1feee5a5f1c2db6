import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { windowKey } from '../../rollout';
import type { MonitorResult, Window } from '../../rollout';
import { applyMonitorSchedules } from '../../worker/schedules/monitors';
import { readPipeline } from '../../worker/pipeline';
import { runsOf } from '../../worker/schedules/runs';
import type { monitor } from '../../workflows';
import { until } from '../scripts/until';
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
});
afterAll(() => stack.stop());

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

const EVERY_MS = 2 * SECOND_MS;
const quality = aMonitor({
  schedule: {
    ...{ times: { kind: 'interval', everyMs: EVERY_MS, offsetMs: 0 }, timezone: 'UTC', jitterMs: 0 },
    ...{ overlap: 'skip', catchUpWindowMs: 60_000, pauseOnFailure: true },
  },
  windowMs: EVERY_MS,
  // A run takes longer than the time between two, so every second one at least is skipped.
  lagMs: 3 * SECOND_MS,
  onViolation: ['alert'],
});
/** When the traffic began; the schedule is made only after its end. */
let startMs = 0;

test('a schedule fires by itself, skips what overlaps, and makes up for what was skipped', async () => {
  const { client } = dev().env;
  const { schedule: _, ...unscheduled } = quality;
  startMs = await world.deployed(world.fileOf({ endpoint: 'timed', candidate: 'v1' }, [unscheduled]), 8 * SECOND_MS);
  const spec = world.fileOf({ endpoint: 'timed', candidate: 'v1' }, [quality]);
  await applyMonitorSchedules(client, { spec, taskQueue: stack.taskQueue, searchAttributes: true });
  const fired = await runs(2);
  const health = await readPipeline(client, {
    endpoint: 'timed',
    window: { fromMs: fired[0]?.nominalMs ?? 0, toMs: fired.at(-1)?.nominalMs ?? 0 },
    taskQueue: stack.taskQueue,
    heartbeat: () => undefined,
  });
  await client.schedule.getHandle(ID).pause('the test has seen enough');
  for (const { nominalMs, outcome } of fired) {
    expect(nominalMs % EVERY_MS).toBe(0);
    expect(outcome.window).toEqual({ fromMs: nominalMs - EVERY_MS, toMs: nominalMs });
  }
  // Together they have judged every window once, those of the skipped runs too.
  const judged = fired
    .flatMap(({ madeUpFor, outcome }) => [...madeUpFor, outcome])
    .map(({ window }) => windowKey(window));
  const first = fired[0]?.nominalMs ?? 0;
  const last = fired.at(-1)?.nominalMs ?? 0;
  expect(fired.some(({ madeUpFor }) => madeUpFor.length > 0)).toBe(true);
  expect(judged).toHaveLength((last - first) / EVERY_MS + 1);
  expect(new Set(judged).size).toBe(judged.length);

  // What the system monitor is told of them. It says so of the window, before a person has paused the schedule.
  expect(health).toMatchObject({
    workers: [{ taskQueue: stack.taskQueue, pollers: 1 }],
    schedules: [{ id: ID, paused: false, missedCatchUp: 0 }],
  });
  expect(health?.schedules[0]?.skippedOverlap).toBeGreaterThan(0);
  // The first run was due at the window's first moment, the second at its end, which belongs to the next one.
  expect(health?.runs).toMatchObject([{ dueMs: first, status: 'completed' }]);
});

/** How many requests were answered in a window, by what the endpoint captured. */
async function capturedIn({ fromMs, toMs }: Window): Promise<number> {
  const s3 = new S3Client(stack.aws);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'capture', Prefix: 'whole/timed/' }));
  const texts = await Promise.all(
    Contents.map(async ({ Key }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'capture', Key }));
      return (await Body?.transformToString()) ?? '';
    })
  );
  s3.destroy();
  const times = [...texts.join('').matchAll(/"inferenceTime":"([^"]+)"/g)].map(([, time = '']) => Date.parse(time));
  return times.filter((ms) => ms >= fromMs && ms < toMs).length;
}

test('a backfill judges the windows of past nominal times, each once and in order; a second one judges them again, to the same end', async () => {
  const { client } = dev().env;
  const schedule = client.schedule.getHandle(ID);
  const firstMs = Math.ceil(startMs / EVERY_MS) * EVERY_MS + EVERY_MS;
  const nominals = [firstMs, firstMs + EVERY_MS, firstMs + 2 * EVERY_MS];
  const ofThem = async () =>
    (await runsOf(client, ID, 100)).filter(({ nominalMs }) => nominals.includes(nominalMs)).reverse();
  const fill = async (atLeast: number) => {
    await schedule.backfill({
      start: new Date(firstMs - 1),
      end: new Date(firstMs + 2 * EVERY_MS),
      overlap: ScheduleOverlapPolicy.BUFFER_ALL,
    });
    return until(ofThem, (found) => found.length >= atLeast && found.every(({ status }) => status === 'done'));
  };
  const resultOf = ({ id }: { readonly id: string }) => client.workflow.getHandle<typeof monitor>(id).result();

  const first = await fill(nominals.length);
  expect(first.map(({ nominalMs }) => nominalMs)).toEqual(nominals);
  expect(new Set(first.map(({ id }) => id)).size).toBe(nominals.length);
  const begun = first.map(({ begunMs }) => begunMs ?? 0);
  expect([...begun].sort((a, b) => a - b)).toEqual(begun);
  const results = await Promise.all(first.map(resultOf));
  for (const { nominalMs, outcome, madeUpFor } of results) {
    const window = { fromMs: nominalMs - EVERY_MS, toMs: nominalMs };
    const rows = await capturedIn(window);
    expect(rows).toBeGreaterThan(0);
    expect(outcome).toMatchObject({ window, rows: { used: rows } });
    expect(madeUpFor).toEqual([]);
  }

  const second = await fill(2 * nominals.length);
  expect(second.map(({ nominalMs }) => nominalMs)).toEqual(nominals.flatMap((ms) => [ms, ms]));
  const again = await Promise.all(first.map(resultOf));
  const essence = ({ nominalMs, outcome, madeUpFor, corrections }: MonitorResult) => ({
    ...{ nominalMs, madeUpFor, corrections },
    ...{ verdict: outcome.verdict, rows: outcome.rows, sha256: outcome.sha256, output: outcome.output },
  });
  expect(again.map(essence)).toEqual(results.map(essence));
});
