import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { MetricSink } from '../../ports';
import type { ProcessingJobRecord } from '../records';
import { isRecord } from '../../is-record';

/** A container that writes more than this at once has lost its way. */
const FILE_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Publishes what a monitoring container wrote to `/opt/ml/output/metrics/cloudwatch`: one JSON object a line, with MetricName, Timestamp,
 * Dimensions, and Value or StatisticValues. A line that is none of these is passed over, as nobody could be told of it.
 */
export async function publishMetrics(
  sink: MetricSink,
  { monitoring }: ProcessingJobRecord,
  of: { readonly base: string; readonly nowMs: number }
): Promise<void> {
  if (monitoring?.metricNamespace === undefined) return;
  const text = await readFile(path.join(of.base, 'output', 'metrics', 'cloudwatch'), 'utf8').catch(() => '');
  for (const line of text.slice(0, FILE_LIMIT_BYTES).split('\n')) {
    const record = parsed(line);
    const name = record?.['MetricName'];
    if (!record || typeof name !== 'string') continue;
    const at = record['Timestamp'];
    const atMs = typeof at === 'string' ? Date.parse(at) : NaN;
    const common = {
      namespace: monitoring.metricNamespace,
      name,
      dimensions: dimensionsOf(record['Dimensions']),
      unit: typeof record['Unit'] === 'string' ? record['Unit'] : 'None',
      atMs: Number.isNaN(atMs) ? of.nowMs : atMs,
    };
    for (const value of valuesOf(record)) sink.put({ ...common, value });
  }
}

/** A statistic set as values that have its count, sum, minimum and maximum; a sink takes values only. */
function valuesOf(record: Readonly<Record<string, unknown>>): readonly number[] {
  if (typeof record['Value'] === 'number') return [record['Value']];
  const set = record['StatisticValues'];
  if (!isRecord(set)) return [];
  const [count, sum, min, max] = ['SampleCount', 'Sum', 'Minimum', 'Maximum'].map((name) => Number(set[name]));
  if (![count, sum, min, max].every(Number.isFinite)) return [];
  const [n = 0, total = 0, low = 0, high = 0] = [count, sum, min, max];
  if (n < 1 || n > MOST_VALUES) return n < 1 ? [] : [total / n];
  if (n === 1) return [total];
  const between = n === 2 ? [] : Array.from({ length: n - 2 }, () => (total - low - high) / (n - 2));
  return [low, ...between, high];
}

/** Above so many, the mean stands for all. */
const MOST_VALUES = 100_000;

function dimensionsOf(value: unknown): Readonly<Record<string, string>> {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return Object.fromEntries(
    list.flatMap((one) =>
      isRecord(one) && typeof one['Name'] === 'string' && typeof one['Value'] === 'string'
        ? [[one['Name'], one['Value']]]
        : []
    )
  );
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
