import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient, Dimension, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { FailureError } from '../../sagemaker/faults';
import type { ArmSources } from './arm-source';

/** SageMaker publishes per-minute metrics; two minutes later they have settled. */
const LAG_MS = 120_000;
export const MINUTE_MS = 60_000;

/** Data points by the start of their period, by query id. */
export type MetricData = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Minutes that end here or earlier do not change any more. */
export function settledMs(nowMs: number): number {
  return Math.floor((nowMs - LAG_MS) / MINUTE_MS) * MINUTE_MS;
}

/** All data points of `[fromMs, toMs)`. A query that CloudWatch could not answer is a failure, never an empty series. */
export async function readMetricData(
  cloudwatch: CloudWatchClient,
  input: { readonly queries: readonly MetricDataQuery[]; readonly fromMs: number; readonly toMs: number }
): Promise<MetricData> {
  const { queries, fromMs, toMs } = input;
  const series = new Map<string, Map<number, number>>(queries.map(({ Id }) => [Id ?? '', new Map()]));
  if (toMs <= fromMs || queries.length === 0) return series;
  let token: string | undefined;
  do {
    const page = await cloudwatch.send(
      new GetMetricDataCommand({
        MetricDataQueries: [...queries],
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        ScanBy: 'TimestampAscending',
        ...(token !== undefined && { NextToken: token }),
      })
    );
    for (const { Id = '', StatusCode, Messages, Timestamps = [], Values = [] } of page.MetricDataResults ?? []) {
      if (StatusCode === 'InternalError' || StatusCode === 'Forbidden') {
        const said = Messages?.map(({ Value }) => Value).join(' ') ?? '';
        const type = StatusCode === 'Forbidden' ? 'AccessDenied' : 'ProviderUnavailable';
        throw new FailureError(type, `CloudWatch could not answer ${Id}: ${StatusCode} ${said}`);
      }
      Timestamps.forEach((timestamp, i) => series.get(Id)?.set(timestamp.getTime(), Values[i] ?? 0));
    }
    token = page.NextToken;
  } while (token !== undefined);
  return series;
}

/** What SageMaker's metrics of one arm are told apart by: its variant, and where fleets share that name their endpoint config. */
export function variantDimensions(endpoint: string, arm: string, sources: ArmSources = {}): Dimension[] {
  const source = sources[arm];
  return [
    { Name: 'EndpointName', Value: endpoint },
    { Name: 'VariantName', Value: source?.variant ?? arm },
    ...(source === undefined ? [] : [{ Name: 'EndpointConfigName', Value: source.configName }]),
  ];
}
