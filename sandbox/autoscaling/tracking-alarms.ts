import type {
  TargetTrackingMetricDataQuery,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import type { MetricDataQuery, PutMetricAlarmInput, StandardUnit } from '@aws-sdk/client-cloudwatch';
import { randomUUID } from 'node:crypto';
import type { Knobs } from '../knobs/knobs';
import type { Checked } from '../wire/types';
import type { PolicyRecord, TargetRecord } from './records';

type Tracking = Checked<TargetTrackingScalingPolicyConfiguration>;
type TrackingPolicy = PolicyRecord & { readonly type: 'TargetTrackingScaling' };

const PERIOD_SECONDS = 60;
/** Above the target for three minutes in a row; below nine tenths of it for fifteen. */
const HIGH_POINTS = 3;
const LOW_POINTS = 15;
const LOW_SHARE = 0.9;

/** Names of the alarms of a policy, the one for scaling out first. */
export function alarmNames(policy: TrackingPolicy): readonly string[] {
  const { high, low } = policy.alarms;
  return low === undefined ? [high] : [high, low];
}

/** The two CloudWatch alarms that a target-tracking policy makes, as AWS names and sets them. */
export const trackingAlarms = {
  /** Kept when the policy is put again. Without scale-in there is no alarm for it. Both unless the knobs say otherwise. */
  names(
    target: TargetRecord,
    tracking: Tracking,
    from: { readonly known: TrackingPolicy['alarms'] | undefined; readonly knobs: Knobs }
  ) {
    const known = from.knobs.retakenAlarmNames === 'kept' ? from.known : undefined;
    const hasLow = !tracking.DisableScaleIn || from.knobs.disabledScaleInAlarm === 'made';
    const name = (side: 'High' | 'Low') => `TargetTracking-${target.resourceId}-Alarm${side}-${randomUUID()}`;
    const high = known?.high ?? name('High');
    return hasLow ? { high, low: known?.low ?? name('Low') } : { high };
  },

  definitions(target: TargetRecord, policy: TrackingPolicy): readonly PutMetricAlarmInput[] {
    const { tracking, alarms, arn } = policy;
    const common = {
      AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${arn}.`,
      AlarmActions: [arn],
      ...metricOf(target, tracking),
    };
    const high: PutMetricAlarmInput = {
      ...common,
      AlarmName: alarms.high,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: tracking.TargetValue,
      EvaluationPeriods: HIGH_POINTS,
    };
    if (alarms.low === undefined) return [high];
    return [
      high,
      {
        ...common,
        AlarmName: alarms.low,
        ComparisonOperator: 'LessThanThreshold',
        Threshold: tracking.TargetValue * LOW_SHARE,
        EvaluationPeriods: LOW_POINTS,
      },
    ];
  },
};

function metricOf(target: TargetRecord, tracking: Tracking): Partial<PutMetricAlarmInput> {
  const custom = tracking.CustomizedMetricSpecification;
  if (custom?.Metrics) return { Metrics: custom.Metrics.map(query) };
  if (custom)
    return {
      Namespace: custom.Namespace,
      MetricName: custom.MetricName,
      Statistic: custom.Statistic,
      Dimensions: (custom.Dimensions ?? []).map(({ Name, Value }) => ({ Name, Value })),
      Period: PERIOD_SECONDS,
      ...(custom.Unit === undefined ? {} : { Unit: unit(custom.Unit) }),
    };
  return {
    Namespace: 'AWS/SageMaker',
    MetricName: 'InvocationsPerInstance',
    Statistic: 'Sum',
    Dimensions: [
      { Name: 'EndpointName', Value: target.endpointName },
      { Name: 'VariantName', Value: target.variantName },
    ],
    Period: PERIOD_SECONDS,
  };
}

/** The same math query in CloudWatch's words, which ask for the period that target tracking fixes at a minute. */
function query(from: Checked<TargetTrackingMetricDataQuery>): MetricDataQuery {
  const { Id, Expression, Label, MetricStat: stat, ReturnData } = from;
  return {
    Id,
    ...(Expression === undefined ? {} : { Expression }),
    ...(Label === undefined ? {} : { Label }),
    ...(ReturnData === undefined ? {} : { ReturnData }),
    ...(stat === undefined
      ? {}
      : {
          MetricStat: {
            Metric: {
              Namespace: stat.Metric.Namespace,
              MetricName: stat.Metric.MetricName,
              Dimensions: (stat.Metric.Dimensions ?? []).map(({ Name, Value }) => ({ Name, Value })),
            },
            Stat: stat.Stat,
            Period: PERIOD_SECONDS,
            ...(stat.Unit === undefined ? {} : { Unit: unit(stat.Unit) }),
          },
        }),
  };
}

/** A free text here, an enumeration there: CloudWatch takes any text and finds no data for a wrong one. */
function unit(text: string): StandardUnit {
  return text as StandardUnit;
}
