import type {
  CompositeAlarm,
  DescribeAlarmHistoryInput,
  DescribeAlarmHistoryOutput,
  DescribeAlarmsForMetricInput,
  DescribeAlarmsForMetricOutput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import type { CloudWatchContext } from '../context';
import { pageOf } from '../data/page';
import { toDimensions } from '../data/dimensions';
import { CloudWatchError, invalid, required } from '../errors';
import { childrenOf, parseRule } from './rule';
import type { Alarm } from './types';

const MAX_RECORDS = 100;

export function describeAlarms(input: DescribeAlarmsInput, context: CloudWatchContext): DescribeAlarmsOutput {
  const { AlarmNames, AlarmNamePrefix } = input;
  if (AlarmNames?.length && AlarmNamePrefix !== undefined) {
    throw new CloudWatchError(
      'InvalidParameterCombination',
      'The parameters AlarmNames and AlarmNamePrefix exclude each other.'
    );
  }
  if (AlarmNames && AlarmNames.length > MAX_RECORDS)
    throw invalid(`The collection AlarmNames must not have a size greater than ${MAX_RECORDS}.`);
  // Without types, CloudWatch describes metric alarms only, even those asked for by name.
  const types: readonly string[] = input.AlarmTypes?.length ? input.AlarmTypes : ['MetricAlarm'];
  const related = relatives(input, context);
  const matching = context.alarms.all().filter((alarm) => {
    const byName = !AlarmNames?.length || AlarmNames.includes(alarm.name);
    const byPrefix = AlarmNamePrefix === undefined || alarm.name.startsWith(AlarmNamePrefix);
    const byState = input.StateValue === undefined || alarm.state.value === input.StateValue;
    const byAction =
      input.ActionPrefix === undefined || allActions(alarm).some((arn) => arn.startsWith(input.ActionPrefix ?? ''));
    const byRelation = related ? related.includes(alarm.name) : types.includes(typeOf(alarm));
    return byName && byPrefix && byState && byAction && byRelation;
  });
  const { items, ...next } = pageOf(matching, { token: input.NextToken, size: recordsOf(input.MaxRecords) });
  return {
    MetricAlarms: items.flatMap((alarm) => (alarm.kind === 'metric' ? [describeMetric(alarm, context)] : [])),
    CompositeAlarms: items.flatMap((alarm) => (alarm.kind === 'composite' ? [describeComposite(alarm, context)] : [])),
    ...next,
  };
}

function relatives(
  { ChildrenOfAlarmName, ParentsOfAlarmName }: DescribeAlarmsInput,
  { alarms }: CloudWatchContext
): readonly string[] | undefined {
  if (ChildrenOfAlarmName !== undefined) return rulesChildren(alarms.get(ChildrenOfAlarmName));
  if (ParentsOfAlarmName === undefined) return undefined;
  return alarms.all().flatMap((alarm) => (rulesChildren(alarm).includes(ParentsOfAlarmName) ? [alarm.name] : []));
}

/** Alarms a composite alarm looks at; none for a metric alarm. */
export function rulesChildren(alarm: Alarm | undefined): readonly string[] {
  return alarm?.kind === 'composite' ? childrenOf(parseRule(alarm.definition.AlarmRule ?? '')) : [];
}

function typeOf(alarm: Alarm): 'MetricAlarm' | 'CompositeAlarm' {
  return alarm.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm';
}

function allActions({ definition }: Alarm): readonly string[] {
  return [definition.OKActions, definition.AlarmActions, definition.InsufficientDataActions].flatMap(
    (arns) => arns ?? []
  );
}

export function describeMetric(alarm: Alarm & { readonly kind: 'metric' }, context: CloudWatchContext): MetricAlarm {
  const { Metrics, MetricName, Dimensions, ...definition } = alarm.definition;
  const single = Metrics === undefined ? { MetricName, Dimensions: Dimensions ?? [] } : { Metrics, Dimensions: [] };
  return { ...definition, ...single, ...described(alarm, context) };
}

function describeComposite(alarm: Alarm & { readonly kind: 'composite' }, context: CloudWatchContext): CompositeAlarm {
  return { ...alarm.definition, ...described(alarm, context) };
}

function described(alarm: Alarm, context: CloudWatchContext) {
  const { OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = alarm.definition;
  return {
    AlarmName: alarm.name,
    AlarmArn: `arn:aws:cloudwatch:${context.region}:${context.accountId}:alarm:${alarm.name}`,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredMs),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions,
    AlarmActions,
    InsufficientDataActions,
    StateValue: alarm.state.value,
    StateReason: alarm.state.reason,
    ...(alarm.state.reasonData === undefined ? {} : { StateReasonData: alarm.state.reasonData }),
    StateUpdatedTimestamp: new Date(alarm.state.updatedMs),
    StateTransitionedTimestamp: new Date(alarm.state.changedMs),
  };
}

export function describeAlarmsForMetric(
  input: DescribeAlarmsForMetricInput,
  context: CloudWatchContext
): DescribeAlarmsForMetricOutput {
  const name = required(input.MetricName, 'MetricName');
  const namespace = required(input.Namespace, 'Namespace');
  const wanted = JSON.stringify(toDimensions(input.Dimensions, 'Dimensions'));
  const MetricAlarms = context.alarms.all().flatMap((alarm) => {
    if (alarm.kind !== 'metric') return [];
    const { definition } = alarm;
    const isOnMetric =
      definition.MetricName === name &&
      definition.Namespace === namespace &&
      JSON.stringify(toDimensions(definition.Dimensions, 'Dimensions')) === wanted;
    const fits = (['Statistic', 'ExtendedStatistic', 'Period', 'Unit'] as const).every(
      (member) => input[member] === undefined || input[member] === definition[member]
    );
    return isOnMetric && fits ? [describeMetric(alarm, context)] : [];
  });
  return { MetricAlarms };
}

/** Newest first unless asked otherwise. */
export function describeAlarmHistory(
  input: DescribeAlarmHistoryInput,
  { alarms }: CloudWatchContext
): DescribeAlarmHistoryOutput {
  const types: readonly string[] = input.AlarmTypes?.length ? input.AlarmTypes : ['MetricAlarm'];
  const matching = alarms.items().filter(({ name, kind, atMs, type }) => {
    const byName = input.AlarmName === undefined || name === input.AlarmName;
    // Asking for one alarm by name asks for its type as well.
    const byType =
      types.includes(kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm') ||
      (input.AlarmName === name && !input.AlarmTypes?.length);
    const byItem = input.HistoryItemType === undefined || type === input.HistoryItemType;
    const byTime = atMs >= (input.StartDate?.getTime() ?? -Infinity) && atMs <= (input.EndDate?.getTime() ?? Infinity);
    return byName && byType && byItem && byTime;
  });
  const ordered = input.ScanBy === 'TimestampAscending' ? matching : [...matching].reverse();
  const { items, ...next } = pageOf(ordered, { token: input.NextToken, size: recordsOf(input.MaxRecords) });
  return {
    AlarmHistoryItems: items.map(({ name, kind, atMs, type, summary, data }) => ({
      AlarmName: name,
      AlarmType: kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm',
      Timestamp: new Date(atMs),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: data,
    })),
    ...next,
  };
}

function recordsOf(asked: number | undefined): number {
  if (asked !== undefined && (asked < 1 || asked > MAX_RECORDS))
    throw invalid(`The parameter MaxRecords must be between 1 and ${MAX_RECORDS}.`);
  return asked ?? MAX_RECORDS;
}
