import { CloudWatchError, invalid, required } from '../errors';
import { checkName, toDimensions } from '../data/dimensions';
import { shortestPeriod, statisticOf, toQueries, type Query } from '../data/queries';
import { assertPeriod } from '../data/windows';
import { TREATMENTS, type Treatment } from './judge';
import type { MetricDefinition } from './types';

const OPERATORS = {
  GreaterThanThreshold: { isBeyond: (value: number, threshold: number) => value > threshold, words: 'greater than' },
  GreaterThanOrEqualToThreshold: {
    isBeyond: (value: number, threshold: number) => value >= threshold,
    words: 'greater than or equal to',
  },
  LessThanThreshold: { isBeyond: (value: number, threshold: number) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: {
    isBeyond: (value: number, threshold: number) => value <= threshold,
    words: 'less than or equal to',
  },
} as const;

/** A metric alarm's definition, checked and ready to be evaluated. */
export interface Watch {
  readonly queries: readonly Query[];
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly operator: (typeof OPERATORS)[keyof typeof OPERATORS];
  readonly treatment: Treatment;
  /** Share of samples a percentile cuts off at, when too few samples are to leave the state alone. */
  readonly lowSamplePercent: number | undefined;
  /** What the reason calls the statistic. */
  readonly statistic: string | undefined;
}

const LOW_PERIODS = [10, 20, 30];
const DAY_SECONDS = 86_400;
const UNSUPPORTED = [
  'ThresholdMetricId',
  'EvaluationWindow',
  'WarmUpConfiguration',
  'EvaluationCriteria',
  'EvaluationInterval',
  'ActionConfiguration',
] as const;

/** Checks a definition; throws what PutMetricAlarm refuses it with. */
export function toWatch(definition: MetricDefinition): Watch {
  const unsupported = UNSUPPORTED.find((member) => definition[member] !== undefined);
  if (unsupported !== undefined) throw invalid(`The parameter ${unsupported} is not implemented by this sandbox.`);
  const evaluationPeriods = integer(required(definition.EvaluationPeriods, 'EvaluationPeriods'), 'EvaluationPeriods');
  const datapointsToAlarm = integer(definition.DatapointsToAlarm ?? evaluationPeriods, 'DatapointsToAlarm');
  if (datapointsToAlarm > evaluationPeriods) {
    throw new CloudWatchError('ValidationError', 'DatapointsToAlarm must be less than or equal to EvaluationPeriods.');
  }
  const queries = definition.Metrics === undefined ? [singleQuery(definition)] : mathQueries(definition);
  const periodSeconds = shortestPeriod(queries);
  const spanSeconds = periodSeconds * evaluationPeriods;
  if (spanSeconds > (periodSeconds >= 3600 ? 7 * DAY_SECONDS : DAY_SECONDS)) {
    throw new CloudWatchError(
      'ValidationError',
      'Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).'
    );
  }
  return {
    queries,
    periodSeconds,
    evaluationPeriods,
    datapointsToAlarm,
    threshold: required(definition.Threshold, 'Threshold'),
    operator: operatorOf(required(definition.ComparisonOperator, 'ComparisonOperator')),
    treatment: treatmentOf(definition.TreatMissingData),
    lowSamplePercent: lowSamplePercent(definition),
    statistic: definition.Statistic ?? definition.ExtendedStatistic,
  };
}

function singleQuery(definition: MetricDefinition): Query {
  if (definition.Statistic !== undefined && definition.ExtendedStatistic !== undefined) {
    throw new CloudWatchError(
      'InvalidParameterCombination',
      'Exactly one of Statistic and ExtendedStatistic must be given.'
    );
  }
  const periodSeconds = required(definition.Period, 'Period');
  assertPeriod(periodSeconds, 'Period', LOW_PERIODS);
  const extended = definition.ExtendedStatistic;
  const statistic = statisticOf(
    extended ?? definition.Statistic,
    extended === undefined ? 'Statistic' : 'ExtendedStatistic'
  );
  if ((statistic.kind === 'basic') !== (extended === undefined)) {
    throw invalid(
      `The value ${extended ?? definition.Statistic} is not a ${extended === undefined ? 'Statistic' : 'ExtendedStatistic'}.`
    );
  }
  return {
    id: 'm1',
    label: undefined,
    returnsData: true,
    what: {
      kind: 'metric',
      periodSeconds,
      statistic,
      metric: {
        namespace: checkName(definition.Namespace, 'Namespace'),
        name: checkName(definition.MetricName, 'MetricName'),
        dimensions: toDimensions(definition.Dimensions, 'Dimensions'),
        unit: definition.Unit,
      },
    },
  };
}

function mathQueries(definition: MetricDefinition): readonly Query[] {
  const single = (
    ['MetricName', 'Namespace', 'Statistic', 'ExtendedStatistic', 'Dimensions', 'Period', 'Unit'] as const
  ).find((member) => definition[member] !== undefined);
  if (single !== undefined)
    throw new CloudWatchError(
      'InvalidParameterCombination',
      `The parameters Metrics and ${single} exclude each other.`
    );
  const queries = toQueries(definition.Metrics ?? [], 'Metrics');
  for (const { what } of queries)
    if (what.kind === 'metric') assertPeriod(what.periodSeconds, 'Metrics.member.MetricStat.Period', LOW_PERIODS);
  if (queries.filter(({ returnsData }) => returnsData).length !== 1) {
    throw new CloudWatchError('ValidationError', 'Exactly one element of the metrics list should return data.');
  }
  return queries;
}

function integer(value: number, parameter: string): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new CloudWatchError(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${parameter}' failed to satisfy constraint: Member must have value greater than or equal to 1`
  );
}

function operatorOf(name: string): Watch['operator'] {
  if (isOperator(name)) return OPERATORS[name];
  if (/Anomal|UpperThreshold|LowerThreshold/.test(name))
    throw invalid(`The comparison ${name} needs anomaly detection, which is not implemented by this sandbox.`);
  throw new CloudWatchError(
    'ValidationError',
    `1 validation error detected: Value '${name}' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [${Object.keys(OPERATORS).join(', ')}]`
  );
}

function isOperator(name: string): name is keyof typeof OPERATORS {
  return Object.hasOwn(OPERATORS, name);
}

function treatmentOf(text: string | undefined): Treatment {
  if (text === undefined) return 'missing';
  const found = TREATMENTS.find((treatment) => treatment === text);
  if (!found)
    throw new CloudWatchError(
      'ValidationError',
      `Option ${text} is not supported for TreatMissingData parameter. Supported options are [${[...TREATMENTS].sort().join(', ')}].`
    );
  return found;
}

function lowSamplePercent(definition: MetricDefinition): number | undefined {
  const option = definition.EvaluateLowSampleCountPercentile;
  if (option === undefined || option === 'evaluate') return undefined;
  const percentile = /^p([\d.]+)$/.exec(definition.ExtendedStatistic ?? '')?.[1];
  if (option !== 'ignore')
    throw invalid(`The value ${option} for parameter EvaluateLowSampleCountPercentile is not supported.`);
  if (percentile === undefined)
    throw invalid('The parameter EvaluateLowSampleCountPercentile is for alarms on percentiles.');
  return Number(percentile);
}
