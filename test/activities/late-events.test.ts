import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { judgeWindow } from '../../activities/monitoring/judge-window';
import type { JudgeDeps } from '../../activities/monitoring/judge-window';
import { lookAround } from '../../activities/monitoring/look-around';
import { runMonitor } from '../../activities/monitoring/run-monitor';
import type { WindowRun } from '../../activities/monitoring/run-types';
import type { MonitorOutcome, MonitorTask } from '../../activities/monitoring/types';
import { captured } from '../monitors/data/files';
import { aMonitor } from '../support/monitored';
import { below } from '../support/sandbox/jobs';
import type { TestSandbox } from '../support/sandbox/harness';
import { startTestSandbox } from '../support/sandbox/harness';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.parse('2030-01-07T00:00:00Z');
const scratchDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-late-test-'));
const CALLS = 400;
let box: TestSandbox;
beforeAll(async () => {
  box = await startTestSandbox();
  await box.s3.createBucket({ Bucket: 'data' });
});
afterAll(async () => {
  rmSync(scratchDir, { recursive: true, force: true });
  await box.stop();
});

const put = (key: string, lines: readonly unknown[]) =>
  box.s3.putObject({
    ...{ Bucket: 'data', Key: key },
    Body: lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  });
const callAt = (hour: number, n: number) => FROM_MS + hour * HOUR_MS + n * 8_000;
const putCalls = (hour: number) => {
  const line = (n: number) =>
    captured({ event: `${hour}-${n}`, at: new Date(callAt(hour, n)).toISOString(), output: '1', input: 'x' });
  return put(`capture/e/v1/2030/01/07/0${hour}/0.jsonl`, [
    ...Array.from({ length: CALLS }, (_, n) => line(n)),
    line(7),
  ]);
};
/** A sale after every second call of these, received in the hour that the key names. */
const putSales = (hour: number, receivedIn: number, [from, to]: readonly [number, number]) => {
  const sales = Array.from({ length: (to - from) / 2 }, (_, i) => {
    const n = from + 2 * i;
    const at = new Date(callAt(hour, n) + 60_000).toISOString();
    return { eventId: `sale-${hour}-${n}`, event: 'sale', inferenceId: `${hour}-${n}`, value: 1, at };
  });
  return put(`sales/2030/01/07/0${receivedIn}/${hour}-${from}.jsonl`, [...sales, sales[0]]);
};

test('business events that come late correct their window, and never reach the bets over windows', async () => {
  await Promise.all([0, 1].map(putCalls));
  await putSales(0, 0, [0, CALLS]);
  // Of the second hour most were lost on their way.
  await putSales(1, 1, [0, 40]);
  let nowMs = FROM_MS + 3 * HOUR_MS;
  const aws = { ...box, cloudwatch: box.cloudWatch, close: () => undefined } as never;
  const seen: MonitorOutcome[] = [];
  const deps: JudgeDeps = {
    aws,
    now: () => nowMs,
    engines: {
      worker: async (task: MonitorTask) => {
        const outcome = await runMonitor({ aws, now: () => nowMs, heartbeat: () => undefined, scratchDir }, task);
        seen.push(outcome);
        return outcome;
      },
    } as never,
    publish: () => Promise.resolve(),
  };
  const monitor = aMonitor({
    ...{ kind: 'business', name: 'sales', windowMs: HOUR_MS, to: 's3://data/reports', lateMs: 4 * HOUR_MS },
    options: { event: 'sale', events: 's3://data/sales' },
  });
  const request = { monitor, of: { endpoint: 'e', capture: { to: 's3://data/capture' }, schema: {}, baseline: {} } };
  const run = (hour: number, purpose: WindowRun['purpose']): WindowRun => ({
    ...{ request: request as never, purpose, target: { variant: 'v1', version: 'v1', baseline: null } },
    window: { fromMs: FROM_MS + hour * HOUR_MS, toMs: FROM_MS + (hour + 1) * HOUR_MS },
  });
  const late = async () =>
    (
      await lookAround(
        { s3: box.s3, heartbeat: () => undefined },
        { request: request as never, nominalMs: FROM_MS + 3 * HOUR_MS }
      )
    ).late.map(({ outcome }) => outcome.window.fromMs);
  expect(await judgeWindow(deps, run(0, 'regular'))).toMatchObject({ verdict: 'pass' });
  // Two events were delivered twice, and one call was captured twice.
  expect(seen.at(-1)?.issueCounts).toEqual({ duplicateId: 3 });
  expect(await judgeWindow(deps, run(1, 'regular'))).toMatchObject({ verdict: 'fail' });
  expect(await late()).toEqual([]);

  const memory = await below(box.s3, 'reports/e/monitors/sales/memory/');
  expect(Object.keys(memory)).toHaveLength(2);
  // Delivered three hours late, into the hour in which they came.
  await putSales(1, 4, [40, CALLS]);
  nowMs = FROM_MS + 5 * HOUR_MS;
  expect(await late()).toEqual([FROM_MS, FROM_MS + HOUR_MS]);
  expect(await judgeWindow(deps, run(1, 'correction'))).toMatchObject({ verdict: 'pass' });
  expect(await below(box.s3, 'reports/e/monitors/sales/memory/')).toEqual(memory);
  expect(await late()).toEqual([FROM_MS]);
});
