import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient, CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { AlarmEvidence, AlarmPlan } from '../../guards/thresholds/types';
import type { AlarmGuard } from '../../spec/types';
import type { Look } from './look';
import { readMetricData } from './metric-data';
import { latestTick } from './reading';
import type { GuardReading } from './reading';

type Found =
  | { readonly kind: 'metric'; readonly alarm: MetricAlarm }
  | { readonly kind: 'composite'; readonly alarm: CompositeAlarm };

/** The alarm of a name; null when there is none. */
async function findAlarm(cloudwatch: CloudWatchClient, name: string): Promise<Found | null> {
  const { MetricAlarms = [], CompositeAlarms = [] } = await cloudwatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] })
  );
  const [metric] = MetricAlarms;
  if (metric !== undefined) return { kind: 'metric', alarm: metric };
  const [composite] = CompositeAlarms;
  return composite === undefined ? null : { kind: 'composite', alarm: composite };
}

/** How the alarm treats missing data, by its own setting; null when there is no such alarm. */
export async function alarmTreatment(
  cloudwatch: CloudWatchClient,
  name: string
): Promise<AlarmPlan['missingData'] | null> {
  const found = await findAlarm(cloudwatch, name);
  if (found === null) return null;
  const own = found.kind === 'metric' ? found.alarm.TreatMissingData : undefined;
  const known = (['notBreaching', 'breaching', 'ignore'] as const).find((treatment) => treatment === own);
  return known ?? 'missing';
}

/**
 * The alarm's state as of now, with the number of data points that it had to go by: an alarm that says OK on no data proves nothing. An
 * alarm that is gone has no data either.
 */
export async function readAlarm(look: Look, guard: AlarmGuard): Promise<GuardReading> {
  const { cloudwatch, nowMs, spec } = look;
  const found = await findAlarm(cloudwatch, guard.name);
  const state = stateOf(found?.alarm.StateValue);
  const dataPoints = found?.kind === 'metric' ? await countDataPoints(cloudwatch, found.alarm, nowMs) : null;
  return latestTick({ nowMs, tickMs: spec.tickMs }, (key) => ({ kind: 'alarm', key, state, dataPoints }));
}

function stateOf(state: string | undefined): AlarmEvidence['state'] {
  return state === 'OK' || state === 'ALARM' ? state : 'INSUFFICIENT_DATA';
}

/** Samples of the alarm's metric within its evaluation range; null for an alarm on a formula. */
async function countDataPoints(
  cloudwatch: CloudWatchClient,
  alarm: MetricAlarm,
  nowMs: number
): Promise<number | null> {
  const { Namespace, MetricName, Dimensions, Period = 60, EvaluationPeriods = 1 } = alarm;
  if (Namespace === undefined || MetricName === undefined) return null;
  const periodMs = Period * 1_000;
  const toMs = Math.ceil(nowMs / periodMs) * periodMs;
  const query = {
    Id: 'n',
    MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: 'SampleCount' },
  };
  // One period more than it evaluates: the newest one may have just begun.
  const fromMs = toMs - (EvaluationPeriods + 1) * periodMs;
  const data = await readMetricData(cloudwatch, { queries: [query], fromMs, toMs });
  return [...(data.get('n')?.values() ?? [])].reduce((sum, n) => sum + Math.round(n), 0);
}
