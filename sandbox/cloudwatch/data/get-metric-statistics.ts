import type { Datapoint, GetMetricStatisticsInput, GetMetricStatisticsOutput } from '@aws-sdk/client-cloudwatch';
import { CloudWatchError, required } from '../errors';
import { compute } from '../stats/compute';
import { BASIC_STATISTICS } from '../stats/statistic';
import type { MetricStore } from '../store/metric-store';
import { checkName, isUnit, toDimensions } from './dimensions';
import { rangeOf } from './get-metric-data';
import { statisticOf } from './queries';
import { assertPeriod, dataOf, windowsOf } from './windows';

const MAX_DATAPOINTS = 1440;

export function getMetricStatistics(
  input: GetMetricStatisticsInput,
  { store }: { readonly store: MetricStore }
): GetMetricStatisticsOutput {
  const namespace = checkName(input.Namespace, 'Namespace');
  const name = checkName(input.MetricName, 'MetricName');
  const dimensions = toDimensions(input.Dimensions, 'Dimensions');
  const [start, end] = rangeOf(input.StartTime, input.EndTime);
  const period = required(input.Period, 'Period');
  assertPeriod(period, 'Period');
  const { basic, extended } = statisticsOf(input);
  const windows = windowsOf(start, end, period);
  const expected = Math.ceil((windows.end - windows.start) / period);
  if (expected > MAX_DATAPOINTS) {
    throw new CloudWatchError(
      'InvalidParameterCombination',
      `You have requested up to ${expected} datapoints, which exceeds the limit of ${MAX_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`
    );
  }
  const Datapoints: Datapoint[] = [];
  for (const unit of unitsOf(store, { namespace, name, dimensions }, input.Unit)) {
    for (const [second, parts] of dataOf(store, { namespace, name, dimensions, unit }, windows)) {
      const point: Datapoint = { Timestamp: new Date(second * 1000), ...(isUnit(unit) ? { Unit: unit } : {}) };
      for (const statistic of basic) point[statistic] = compute({ kind: 'basic', name: statistic }, parts);
      const values = extended.flatMap((text) => {
        const value = compute(statisticOf(text, 'ExtendedStatistics'), parts);
        return value === undefined ? [] : [[text, value] as const];
      });
      if (values.length > 0) point.ExtendedStatistics = Object.fromEntries(values);
      if (basic.length > 0 || values.length > 0) Datapoints.push(point);
    }
  }
  return { Label: name, Datapoints };
}

function statisticsOf(input: GetMetricStatisticsInput) {
  const asked = input.Statistics ?? [];
  const extended = input.ExtendedStatistics ?? [];
  if (asked.length === 0 && extended.length === 0) {
    throw new CloudWatchError(
      'MissingParameter',
      'At least one of the parameters Statistics and ExtendedStatistics must be specified.'
    );
  }
  const basic = asked.map((text) => {
    const found = BASIC_STATISTICS.find((name) => name === text);
    if (!found)
      throw new CloudWatchError(
        'InvalidParameterValue',
        `The value ${text} for parameter Statistics is not supported.`
      );
    return found;
  });
  for (const text of extended) {
    if (statisticOf(text, 'ExtendedStatistics').kind === 'basic') {
      throw new CloudWatchError(
        'InvalidParameterValue',
        `The value ${text} for parameter ExtendedStatistics is not supported.`
      );
    }
  }
  return { basic, extended };
}

/** Data of different units is never mixed: each unit has data points of its own. */
function unitsOf(
  store: MetricStore,
  metric: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: readonly (readonly [string, string])[];
  },
  unit: string | undefined
): readonly string[] {
  if (unit !== undefined) return [unit];
  return store.exact(metric).map(({ identity }) => identity.unit);
}
