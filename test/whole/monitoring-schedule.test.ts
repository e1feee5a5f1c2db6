import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { withDevServer } from '../support/dev-server';
import { aMonitor, Monitored } from '../support/monitored';
import { WholeStack } from '../support/whole-stack';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const NAME = 'hourly-quality';
const dev = withDevServer();
const stack = new WholeStack(dev);
const world = new Monitored(stack, dev);

beforeAll(async () => {
  await stack.start();
  await world.putTraining();
});
afterAll(() => stack.stop());

/** The provider's clock alone is turned: Temporal and the worker stay in the present. */
async function itIs(nowMs: number): Promise<void> {
  const response = await fetch(`${stack.aws.endpoint}/_sandbox/clock`, {
    method: 'PUT',
    body: JSON.stringify({ nowMs }),
  });
  if (!response.ok) throw new Error(`the clock was not set: ${response.status}`);
}

async function traffic(): Promise<void> {
  const calls = world.traffic('hourly');
  await sleep(2_000);
  await calls.stop();
  expect(calls.drops).toEqual([]);
  await world.flush();
}

test('SageMaker’s own schedule judges the windows that it was there for, a job of ours the one before; nobody judges one twice', async () => {
  const sagemaker = stack.sagemaker();
  const hourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const monitor = aMonitor({
    ...{ name: 'quality', kind: 'dataQuality', engine: 'modelMonitor', monitoringSchedule: true, options: {} },
    windowMs: HOUR_MS,
    onViolation: ['alert'],
    schedule: {
      ...{ times: { kind: 'cron', expressions: ['0 * * * *'] }, timezone: 'UTC', jitterMs: 0 },
      ...{ overlap: 'skip', catchUpWindowMs: 60_000, pauseOnFailure: true },
    },
  });
  const spec = world.fileOf({ endpoint: 'hourly', candidate: 'v1' }, [monitor]);
  const ours = async (): Promise<number> =>
    (await sagemaker.listProcessingJobs({ NameContains: NAME, MaxResults: 100 })).ProcessingJobSummaries?.length ?? 0;
  const execution = async (atMs: number) => {
    const { MonitoringExecutionSummaries: found = [] } = await sagemaker.listMonitoringExecutions({
      MonitoringScheduleName: NAME,
    });
    return found.find(({ ScheduledTime }) => ScheduledTime?.getTime() === atMs);
  };

  await itIs(hourMs - HOUR_MS - 10 * MINUTE_MS);
  // Requests have other columns than the training data: that is what has to be found.
  await world.deployed(spec, 2_000);
  // CloudWatch takes no metrics from more than two hours ahead, and the worker may be at the end of the present hour.
  await itIs(hourMs - 55 * MINUTE_MS);
  const first = await world.judge(spec, monitor, hourMs - HOUR_MS);
  expect(first.outcome).toMatchObject({ verdict: 'fail', window: { toMs: hourMs - HOUR_MS } });
  // The baseline, and the window that had ended before anybody could have been there for it in time.
  expect(await ours()).toBe(2);
  while (
    (await sagemaker.describeMonitoringSchedule({ MonitoringScheduleName: NAME })).MonitoringScheduleStatus !==
    'Scheduled'
  )
    await sleep(100);

  await itIs(hourMs - 30 * MINUTE_MS);
  await traffic();
  await itIs(hourMs + MINUTE_MS);
  while (!/^(Completed|Failed)/.test((await execution(hourMs))?.MonitoringExecutionStatus ?? '')) await sleep(100);
  expect((await execution(hourMs))?.MonitoringExecutionStatus).toBe('CompletedWithViolations');
  const second = await world.judge(spec, monitor, hourMs);
  expect(await ours()).toBe(2);
  expect(second).toMatchObject({ engine: 'modelMonitor', madeUpFor: [], outcome: { verdict: 'fail' } });
  expect(second.outcome.window).toEqual({ fromMs: hourMs - HOUR_MS, toMs: hourMs });
  expect(second.outcome.rows.used).toBeGreaterThan(50);
  expect(second.outcome.violations).toContainEqual(
    expect.objectContaining({ subject: 'truth', check: 'extra_column_check' })
  );
  expect((await world.owner('hourly')).monitors).toMatchObject([{ name: 'quality', last: { verdict: 'fail' } }]);
  sagemaker.destroy();
});
