import type { MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import type { SandboxClock } from '../../ports';
import { CloudWatchError, invalid } from '../errors';
import type { MetricStore, Sample } from '../store/metric-store';
import { checkName, isUnit, toDimensions } from './dimensions';

const MAX_DATA = 1000;
const MAX_VALUES = 150;
const PAST_MS = 14 * 86_400_000;
const FUTURE_MS = 2 * 3_600_000;
/** Range that CloudWatch accepts: −2³⁶⁰ … 2³⁶⁰. */
const MAX_MAGNITUDE = 2 ** 360;

/** Takes all data or none, and answers when it is on disk. */
export function putMetricData(
  input: PutMetricDataInput,
  { store, clock }: { readonly store: MetricStore; readonly clock: SandboxClock }
): object {
  const namespace = checkName(input.Namespace, 'Namespace');
  if (input.EntityMetricData !== undefined && input.EntityMetricData.length > 0) {
    throw invalid('The parameter EntityMetricData is not implemented by this sandbox.');
  }
  const data = input.MetricData ?? [];
  if (data.length === 0) throw new CloudWatchError('MissingParameter', 'The parameter MetricData is required.');
  if (data.length > MAX_DATA) throw invalid(`The collection MetricData must not have a size greater than ${MAX_DATA}.`);
  const puts = data.map((datum, at) =>
    toPut(datum, { namespace, nowMs: clock.now(), parameter: `MetricData.member.${at + 1}` })
  );
  puts.forEach((put) => put(store));
  store.drain();
  return {};
}

function toPut(
  datum: MetricDatum,
  context: { readonly namespace: string; readonly nowMs: number; readonly parameter: string }
): (store: MetricStore) => void {
  const { namespace, nowMs, parameter } = context;
  const sample: Sample = {
    namespace,
    name: checkName(datum.MetricName, `${parameter}.MetricName`),
    dimensions: Object.fromEntries(toDimensions(datum.Dimensions, `${parameter}.Dimensions`)),
    unit: unitOf(datum.Unit, parameter),
    atMs: timestampOf(datum.Timestamp, nowMs, parameter),
  };
  if (datum.StorageResolution !== undefined && datum.StorageResolution !== 1 && datum.StorageResolution !== 60) {
    throw invalid(`The parameter ${parameter}.StorageResolution must be 1 or 60.`);
  }
  const given = [datum.Value, datum.Values, datum.StatisticValues].filter((member) => member !== undefined);
  if (given.length !== 1) {
    const code = given.length === 0 ? 'MissingParameter' : 'InvalidParameterCombination';
    throw new CloudWatchError(code, `Exactly one of Value, Values and StatisticValues must be given in ${parameter}.`);
  }
  if (datum.StatisticValues) return putSummary(datum.StatisticValues, sample, parameter);
  const values = datum.Values ?? [datum.Value ?? 0];
  const counts = datum.Counts ?? values.map(() => 1);
  if (values.length === 0 || values.length > MAX_VALUES || counts.length !== values.length) {
    throw invalid(
      `The parameters ${parameter}.Values and ${parameter}.Counts must have the same size, at most ${MAX_VALUES}.`
    );
  }
  values.forEach((value) => checkValue(value, `${parameter}.Value`));
  counts.forEach((count) => checkCount(count, `${parameter}.Counts`));
  const weights = new Map<number, number>();
  values.forEach((value, at) => weights.set(value, (weights.get(value) ?? 0) + (counts[at] ?? 1)));
  return (store) => store.putWeighted(sample, weights);
}

function putSummary(
  set: NonNullable<MetricDatum['StatisticValues']>,
  sample: Sample,
  parameter: string
): (store: MetricStore) => void {
  const { SampleCount: count = NaN, Sum: sum = NaN, Minimum: min = NaN, Maximum: max = NaN } = set;
  checkCount(count, `${parameter}.StatisticValues.SampleCount`);
  [sum, min, max].forEach((value) => checkValue(value, `${parameter}.StatisticValues`));
  if (min > max) throw invalid(`The parameter ${parameter}.StatisticValues.Minimum must not exceed Maximum.`);
  return (store) => store.putSummary(sample, { count, sum, min, max });
}

function unitOf(unit: string | undefined, parameter: string): string {
  if (unit === undefined) return 'None';
  if (!isUnit(unit)) throw invalid(`The value ${unit} for parameter ${parameter}.Unit is not supported.`);
  return unit;
}

function timestampOf(timestamp: Date | undefined, nowMs: number, parameter: string): number {
  const atMs = timestamp?.getTime() ?? nowMs;
  if (Number.isNaN(atMs) || atMs < nowMs - PAST_MS || atMs > nowMs + FUTURE_MS) {
    throw invalid(
      `The parameter ${parameter}.Timestamp must specify a time within the past two weeks and no more than two hours in the future.`
    );
  }
  return atMs;
}

function checkValue(value: number, parameter: string): void {
  if (!(Math.abs(value) <= MAX_MAGNITUDE)) throw invalid(`The value ${value} for parameter ${parameter} is invalid.`);
}

function checkCount(count: number, parameter: string): void {
  if (!(count > 0 && count <= MAX_MAGNITUDE))
    throw invalid(`The value ${count} for parameter ${parameter} must be greater than 0.`);
}
