import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  ListTagsForResourceCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import type {
  CloudWatchClient,
  MetricAlarm,
  PutMetricAlarmCommandInput,
  StateValue,
  Tag,
} from '@aws-sdk/client-cloudwatch';
import { FailureError, isNotFound } from './faults';

/** Metrics of our own: what rings an alarm by hand. */
export const OWN_NAMESPACE = 'Sluice';

/** A metric alarm before it is made; its name is given apart. */
export type AlarmDefinition = Omit<PutMetricAlarmCommandInput, 'AlarmName' | 'Tags'>;

/** The alarms of these names that exist. */
async function describeAlarms(client: CloudWatchClient, names: readonly string[]): Promise<readonly MetricAlarm[]> {
  if (names.length === 0) return [];
  const { MetricAlarms = [] } = await client.send(
    new DescribeAlarmsCommand({ AlarmNames: [...names], AlarmTypes: ['MetricAlarm'] })
  );
  return MetricAlarms;
}

/** The states of alarms of any kind, by name; those that do not exist are missing. */
export async function alarmStates(
  client: CloudWatchClient,
  names: readonly string[]
): Promise<ReadonlyMap<string, StateValue>> {
  if (names.length === 0) return new Map();
  const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(
    new DescribeAlarmsCommand({ AlarmNames: [...names], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] })
  );
  return new Map(
    [...MetricAlarms, ...CompositeAlarms].flatMap(({ AlarmName, StateValue }) =>
      AlarmName === undefined || StateValue === undefined ? [] : [[AlarmName, StateValue] as const]
    )
  );
}

/** Makes or redefines an alarm of ours. One of the same name that carries not all of our tags is somebody else's. */
export async function ensureAlarm(
  client: CloudWatchClient,
  alarm: { readonly name: string; readonly definition: AlarmDefinition },
  tags: readonly Tag[]
): Promise<void> {
  const { name, definition } = alarm;
  const [existing] = await describeAlarms(client, [name]);
  if (existing !== undefined && !(await isOwn(client, existing, tags)))
    throw new FailureError('NameCollision', `Alarm ${name} exists and was not made by this rollout.`);
  await client.send(new PutMetricAlarmCommand({ ...definition, AlarmName: name, Tags: [...tags] }));
}

/** Deletes those of these alarms that carry our tags; the others, and those that are gone, are left alone. */
export async function deleteOwnAlarms(
  client: CloudWatchClient,
  names: readonly string[],
  tags: readonly Tag[]
): Promise<void> {
  const own: string[] = [];
  for (const alarm of await describeAlarms(client, names))
    if (alarm.AlarmName !== undefined && (await isOwn(client, alarm, tags))) own.push(alarm.AlarmName);
  if (own.length > 0) await client.send(new DeleteAlarmsCommand({ AlarmNames: own }));
}

async function isOwn(client: CloudWatchClient, { AlarmArn }: MetricAlarm, tags: readonly Tag[]): Promise<boolean> {
  const { Tags = [] } = await client.send(new ListTagsForResourceCommand({ ResourceARN: AlarmArn }));
  return tags.every((tag) => Tags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
}

/** An alarm that looks at a metric which only `ring` writes. It stays as it is while nothing is written. */
export function bell(metric: string, dimensions: Readonly<Record<string, string>>): AlarmDefinition {
  return {
    Namespace: OWN_NAMESPACE,
    MetricName: metric,
    Dimensions: dimensionsOf(dimensions),
    Statistic: 'Maximum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'ignore',
  };
}

/**
 * Rings a `bell`: the state is set at once, and the data point keeps it, because a state that data do not back is taken back at the next
 * evaluation (SetAlarmState in CloudWatch's API reference). False when there is no such alarm.
 */
export async function ring(
  client: CloudWatchClient,
  alarm: { readonly name: string; readonly metric: string; readonly dimensions: Readonly<Record<string, string>> },
  why: string
): Promise<boolean> {
  const { name, metric, dimensions } = alarm;
  try {
    await client.send(
      new PutMetricDataCommand({
        Namespace: OWN_NAMESPACE,
        MetricData: [{ MetricName: metric, Dimensions: dimensionsOf(dimensions), Value: 1, Unit: 'None' }],
      })
    );
    await client.send(
      new SetAlarmStateCommand({ AlarmName: name, StateValue: 'ALARM', StateReason: why.slice(0, 1_000) })
    );
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

export function dimensionsOf(dimensions: Readonly<Record<string, string>>): { Name: string; Value: string }[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}
