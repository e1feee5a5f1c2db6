import { DescribeAlarmHistoryCommand, PutMetricAlarmCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, describe, expect, test } from '@jest/globals';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricStore } from '../../sandbox/cloudwatch/store/metric-store';
import { compute } from '../../sandbox/cloudwatch/stats/compute';
import { dataOf } from '../../sandbox/cloudwatch/data/windows';
import { NOON, startCloudWatch, type CloudWatchFixture } from '../support/cloudwatch';
import { settableClock } from '../support/settable-clock';

const open: CloudWatchFixture[] = [];
const dirs: string[] = [];

afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture.close();
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
});

/** A server on the same files; the earlier one is neither closed nor told, like a killed process. */
async function restarted(after?: CloudWatchFixture): Promise<CloudWatchFixture> {
  const fixture = await startCloudWatch({}, after);
  open.push(fixture);
  return fixture;
}

function sumOf(fixture: CloudWatchFixture, name: string): readonly number[] {
  const range = { startMs: NOON, endMs: NOON + 60_000, periodSeconds: 60 };
  return fixture.cloudWatch
    .read({ namespace: 'N', name, dimensions: {}, statistic: 'Sum', ...range })
    .map(({ value }) => value);
}

describe('after a kill', () => {
  test('everything PutMetricData acknowledged, every alarm, its state and its history are there', async () => {
    const first = await restarted();
    await first.client.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'm', Value: 7 }] }));
    await first.client.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'm', Value: 5 }] }));
    await first.client.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: 'a', Namespace: 'N', MetricName: 'm', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1 },
        ...{ Threshold: 10, ComparisonOperator: 'GreaterThanThreshold' },
      })
    );
    first.clock.advance(60_000);
    first.cloudWatch.alarms.evaluate();

    const second = await restarted(first);
    expect(sumOf(second, 'm')).toEqual([12]);
    expect(second.cloudWatch.alarmState('a')).toBe('ALARM');
    const { AlarmHistoryItems } = await second.client.send(new DescribeAlarmHistoryCommand({ AlarmName: 'a' }));
    expect(AlarmHistoryItems).toHaveLength(2);
    await second.client.send(
      new PutMetricDataCommand({
        Namespace: 'N',
        MetricData: [{ MetricName: 'm', Value: 1, Timestamp: new Date(NOON) }],
      })
    );
    expect(sumOf(await restarted(second), 'm')).toEqual([13]);
  });

  test('a torn last line is cut off', async () => {
    const first = await restarted();
    await first.client.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'm', Value: 7 }] }));
    const [hour = ''] = await readdir(join(first.dir, 'hours'));
    await appendFile(join(first.dir, 'hours', hour), '[1,17723664');
    const second = await restarted(first);
    expect(sumOf(second, 'm')).toEqual([7]);
    await second.client.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'm', Value: 1 }] }));
    expect(sumOf(await restarted(second), 'm')).toEqual([8]);
  });

  test('metrics of the sandbox itself are there once they were written', async () => {
    const first = await restarted();
    const datum = { namespace: 'N', name: 's', dimensions: {}, unit: 'None', atMs: NOON };
    for (let at = 0; at < 5000; at++) first.cloudWatch.sink.put({ ...datum, value: 1 });
    expect(sumOf(first, 's')).toEqual([5000]);
    expect(sumOf(await restarted(first), 's')).toEqual([5000]);
  });
});

describe('the metric store over days', () => {
  const metric = { namespace: 'N', name: 'latency', dimensions: [] };
  const sample = { namespace: 'N', name: 'latency', dimensions: {}, unit: 'Microseconds' };

  test('rewrites old hours, forgets the oldest, keeps sums exact, and reads back what it wrote', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sandbox-metrics-'));
    dirs.push(dir);
    const clock = settableClock(NOON);
    let store = new MetricStore(dir, clock);
    const hours = 24 * 17;
    for (let hour = 0; hour < hours; hour++) {
      for (let at = 0; at < 300; at++)
        store.put({ ...sample, atMs: clock.now() + at * 7 }, 1000 + ((at * 7919) % 3001));
      store.drain();
      clock.advance(3_600_000);
    }
    store.drain();
    const files = await readdir(join(dir, 'hours'));
    expect(files.length).toBeLessThanOrEqual(24 * 15 + 2);
    expect(files.filter((name) => !name.endsWith('.min.jsonl')).length).toBeLessThanOrEqual(6);
    expect(store.select({}).reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(files.length * 64 + 6 * 512);

    const sums = (from: MetricStore): readonly unknown[] => {
      const end = Math.floor(clock.now() / 1000);
      const windows = { start: end - 14 * 86_400, end, periodSeconds: 3600 };
      return [...dataOf(from, metric, windows)].map(([at, parts]) => [
        at,
        compute({ kind: 'basic', name: 'Sum' }, parts),
        compute({ kind: 'percentile', percent: 90 }, parts),
      ]);
    };
    const before = sums(store);
    expect(before).toHaveLength(14 * 24);
    expect(new Set(before.map((row) => Array.isArray(row) && row[1])).size).toBe(1);
    store.close();
    store = new MetricStore(dir, clock);
    expect(sums(store)).toEqual(before);
    store.close();
  });
});
