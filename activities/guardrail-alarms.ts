import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { bell, deleteOwnAlarms, dimensionsOf, ensureAlarm, ring } from '../sagemaker/alarms';
import type { AlarmDefinition } from '../sagemaker/alarms';
import type { ActivityDeps } from './deps';
import { singleConfigName, tagsFor } from './endpoint-config';
import { incumbentSource } from './evidence/arm-source';
import { variantDimensions } from './evidence/metric-data';
import type { NamedContext } from './types';

/** Failures in one minute below which a rate says nothing. */
export const LEAST_FAILURES = 5;
/** Calls in one minute below which a percentile says nothing. */
export const LEAST_CALLS = 20;
/** These alarms are the net for when nobody judges: they ring for what is gross, the guards find what is small. */
const GROSS_ERROR_PCT = { least: 5, most: 50 };
export const GROSS_FACTOR = 3;
const USUAL_MS = 3 * 3_600_000;
const ABORT_METRIC = 'Abort';

/** The alarms that Sluice makes for one deployment by guardrails. */
export type GuardrailAlarmNames = Readonly<Record<'errors' | 'latency' | 'abort', string>>;

export function guardrailAlarmNames({ names, spec }: NamedContext): GuardrailAlarmNames {
  const stem = `sluice-${singleConfigName(names, spec.candidates[0].name)}`;
  return { errors: `${stem}-errors`, latency: `${stem}-latency`, abort: `${stem}-abort` };
}

/** Makes the alarms of the new fleet, and returns the names of those that there are: without a usual latency none can be unusual. */
export async function ensureGuardrailAlarms(deps: ActivityDeps, context: NamedContext): Promise<readonly string[]> {
  const names = guardrailAlarmNames(context);
  const usual = await readUsual(deps, context);
  const definitions: readonly (readonly [string, AlarmDefinition | null])[] = [
    [names.errors, errorsAlarm(context, usual.errorPct)],
    [names.latency, usual.p90Us === null ? null : latencyAlarm(context, usual.p90Us)],
    [names.abort, { ...bell(ABORT_METRIC, abortDimensions(context)), AlarmDescription: `Aborts ${context.id}.` }],
  ];
  const made: string[] = [];
  for (const [name, definition] of definitions) {
    if (definition === null) continue;
    await ensureAlarm(deps.aws.cloudwatch, { name, definition }, tagsFor(context));
    made.push(name);
  }
  return made;
}

export async function deleteGuardrailAlarms({ aws }: ActivityDeps, context: NamedContext): Promise<void> {
  await deleteOwnAlarms(aws.cloudwatch, Object.values(guardrailAlarmNames(context)), tagsFor(context));
}

/** Makes SageMaker go back. False when the deployment has no such alarm. */
export async function ringAbort({ aws }: ActivityDeps, context: NamedContext): Promise<boolean> {
  const alarm = {
    name: guardrailAlarmNames(context).abort,
    metric: ABORT_METRIC,
    dimensions: abortDimensions(context),
  };
  return ring(aws.cloudwatch, alarm, `${context.id} turns back.`);
}

function abortDimensions({ id }: NamedContext): Readonly<Record<string, string>> {
  return { Rollout: id };
}

/**
 * The rate of failed calls in a minute, in percent. Its threshold lies well below what the rate can reach, and a quiet minute is no alarm:
 * the average of `Invocation5XXErrors`, which sample alarms compare with 1, never exceeds 1.
 */
function errorsAlarm(context: NamedContext, usualPct: number): AlarmDefinition {
  const { errors4xx, sloPct } = errorsGuardOf(context);
  const failed = errors4xx ? '(e5 + e4)' : 'e5';
  return {
    AlarmDescription: `Failed calls of the new fleet, ${context.id}.`,
    Metrics: [
      metric(context, { id: 'calls', name: 'Invocations', stat: 'Sum' }),
      metric(context, { id: 'e5', name: 'Invocation5XXErrors', stat: 'Sum' }),
      ...(errors4xx ? [metric(context, { id: 'e4', name: 'Invocation4XXErrors', stat: 'Sum' })] : []),
      { Id: 'pct', Expression: `IF(${failed} >= ${LEAST_FAILURES}, 100 * ${failed} / calls, 0)`, ReturnData: true },
    ],
    ...aboveInOneMinute(grossErrorPct({ usualPct, sloPct })),
  };
}

/** Percent of failed calls in a minute above which the alarm rings. */
export function grossErrorPct({ usualPct, sloPct }: { readonly usualPct: number; readonly sloPct: number }): number {
  return Math.min(GROSS_ERROR_PCT.most, Math.max(GROSS_ERROR_PCT.least, GROSS_FACTOR * usualPct, sloPct));
}

/** The 90th percentile of `ModelLatency` in a minute, in microseconds. */
function latencyAlarm(context: NamedContext, usualP90Us: number): AlarmDefinition {
  return {
    AlarmDescription: `Latency of the new fleet, ${context.id}.`,
    Metrics: [
      metric(context, { id: 'calls', name: 'Invocations', stat: 'Sum' }),
      metric(context, { id: 'p90', name: 'ModelLatency', stat: 'p90' }),
      { Id: 'us', Expression: `IF(calls >= ${LEAST_CALLS}, p90, 0)`, ReturnData: true },
    ],
    ...aboveInOneMinute(Math.ceil(GROSS_FACTOR * usualP90Us)),
  };
}

function aboveInOneMinute(
  threshold: number
): Pick<
  AlarmDefinition,
  'EvaluationPeriods' | 'DatapointsToAlarm' | 'Threshold' | 'ComparisonOperator' | 'TreatMissingData'
> {
  return {
    EvaluationPeriods: 1,
    DatapointsToAlarm: 1,
    Threshold: threshold,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  };
}

function metric(
  context: NamedContext,
  wanted: { readonly id: string; readonly name: string; readonly stat: string }
): MetricDataQuery {
  const { spec, names, incumbent } = context;
  const configName = singleConfigName(names, spec.candidates[0].name);
  return {
    Id: wanted.id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/SageMaker',
        MetricName: wanted.name,
        Dimensions: dimensionsOf({
          EndpointName: spec.endpoint,
          VariantName: incumbent?.variant ?? '',
          EndpointConfigName: configName,
        }),
      },
      Period: 60,
      Stat: wanted.stat,
    },
    ReturnData: false,
  };
}

function errorsGuardOf({ spec }: NamedContext): { readonly errors4xx: boolean; readonly sloPct: number } {
  for (const guard of spec.guards)
    if (guard.kind === 'errors') return { errors4xx: guard.statuses === '4xx+5xx', sloPct: 100 * (guard.slo ?? 0) };
  return { errors4xx: false, sloPct: 0 };
}

/** What is usual for the incumbent, from its last hours. */
async function readUsual(
  { aws, now }: ActivityDeps,
  context: NamedContext
): Promise<{ readonly errorPct: number; readonly p90Us: number | null }> {
  const { spec, incumbent } = context;
  const { errors4xx } = errorsGuardOf(context);
  const query = (Id: string, MetricName: string, Stat: string): MetricDataQuery => ({
    Id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/SageMaker',
        MetricName,
        Dimensions: variantDimensions(spec.endpoint, incumbent?.variant ?? '', incumbentSource(context)),
      },
      Period: USUAL_MS / 1_000,
      Stat,
    },
  });
  const { MetricDataResults = [] } = await aws.cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [
        query('calls', 'Invocations', 'Sum'),
        query('e5', 'Invocation5XXErrors', 'Sum'),
        query('e4', 'Invocation4XXErrors', 'Sum'),
        query('p90', 'ModelLatency', 'p90'),
      ],
      StartTime: new Date(now() - USUAL_MS),
      EndTime: new Date(now()),
    })
  );
  const valuesOf = (id: string): readonly number[] => MetricDataResults.find(({ Id }) => Id === id)?.Values ?? [];
  const sum = (id: string): number => valuesOf(id).reduce((total, value) => total + value, 0);
  const failed = sum('e5') + (errors4xx ? sum('e4') : 0);
  const slowest = valuesOf('p90');
  return {
    errorPct: sum('calls') > 0 ? (100 * failed) / sum('calls') : 0,
    p90Us: slowest.length === 0 ? null : Math.max(...slowest),
  };
}
