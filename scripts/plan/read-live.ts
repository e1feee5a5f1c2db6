import { DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeEndpointConfigCommand, DescribeModelCommand, ListTagsCommand } from '@aws-sdk/client-sagemaker';
import type { DescribeEndpointCommandOutput } from '@aws-sdk/client-sagemaker';
import { inspectEndpoint } from '../../activities/deploy';
import { checkContainerTransforms } from '../../activities/transforms';
import type { ActivityDeps } from '../../activities/deps';
import type { RolloutContext } from '../../activities/types';
import type { AlarmFacts, LiveFacts, ScalingFacts } from '../../report/plan-input';
import type { LiveEndpoint } from '../../rollout';
import type { AwsClients } from '../../sagemaker/clients';
import { describeEndpoint, readLiveEndpoint } from '../../sagemaker/endpoint';
import { FailureError } from '../../sagemaker/faults';
import type { Failure } from '../../spec/failures';
import type { RolloutSpec } from '../../spec/types';

/** Reads what the plan compares with. Every call here only reads; what the rollout would refuse comes from its own activity. */
export async function readLive(deps: ActivityDeps, context: RolloutContext): Promise<LiveFacts> {
  const { aws } = deps;
  const { spec } = context;
  const refused = await refusalOf(deps, context);
  const description = await describeEndpoint(aws.sagemaker, spec.endpoint);
  const alarms = await alarmsOf(aws, spec);
  if (description === null)
    return { endpoint: null, refused, models: {}, capture: null, tags: {}, scaling: [], alarms };
  const endpoint = await readLiveEndpoint(aws.sagemaker, description);
  return {
    endpoint,
    refused,
    models: await modelsOf(aws, endpoint),
    capture: await captureOf(aws, description),
    tags: await tagsOf(aws, description),
    scaling: await scalingOf(aws, spec.endpoint),
    alarms,
  };
}

async function refusalOf(deps: ActivityDeps, context: RolloutContext): Promise<Failure | null> {
  try {
    await inspectEndpoint(deps, context);
    await checkContainerTransforms(deps, context);
    return null;
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
}

async function modelsOf({ sagemaker }: AwsClients, { variants }: LiveEndpoint): Promise<LiveFacts['models']> {
  const models: Record<string, LiveFacts['models'][string]> = {};
  for (const { name, modelName } of variants) {
    const { PrimaryContainer, Containers = [] } = await sagemaker.send(
      new DescribeModelCommand({ ModelName: modelName })
    );
    const all = PrimaryContainer === undefined ? Containers : [PrimaryContainer];
    const [first] = all;
    if (first === undefined) continue;
    const image = all.map(({ Image, ModelPackageName }) => Image ?? `package ${ModelPackageName ?? '?'}`).join(' → ');
    models[name] = { image, artifact: all.length === 1 ? (first.ModelDataUrl ?? null) : null };
  }
  return models;
}

async function captureOf(
  { sagemaker }: AwsClients,
  { EndpointConfigName }: DescribeEndpointCommandOutput
): Promise<LiveFacts['capture']> {
  const { DataCaptureConfig: config } = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName }));
  if (config === undefined || config.EnableCapture === false) return null;
  return { to: config.DestinationS3Uri ?? '', samplingPct: config.InitialSamplingPercentage ?? 0 };
}

async function tagsOf(
  { sagemaker }: AwsClients,
  { EndpointArn }: DescribeEndpointCommandOutput
): Promise<LiveFacts['tags']> {
  const { Tags = [] } = await sagemaker.send(new ListTagsCommand({ ResourceArn: EndpointArn, MaxResults: 100 }));
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Null where the role may not read it: a plan says so, and goes on. */
async function scalingOf({ autoscaling }: AwsClients, endpoint: string): Promise<readonly ScalingFacts[] | null> {
  try {
    const { ScalableTargets = [] } = await autoscaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker' })
    );
    const prefix = `endpoint/${endpoint}/variant/`;
    return ScalableTargets.filter(({ ResourceId }) => ResourceId?.startsWith(prefix)).map(
      ({ ResourceId = '', MinCapacity = 0, MaxCapacity = 0 }) => ({
        variant: ResourceId.slice(prefix.length),
        min: MinCapacity,
        max: MaxCapacity,
      })
    );
  } catch {
    return null;
  }
}

async function alarmsOf({ cloudwatch }: AwsClients, spec: RolloutSpec): Promise<readonly AlarmFacts[]> {
  const names = [
    ...spec.guards.flatMap((guard) => (guard.kind === 'alarm' ? [guard.name] : [])),
    ...spec.stages.flatMap((stage) =>
      stage.kind === 'blueGreen' && stage.engine === 'guardrails' ? stage.alarms : []
    ),
  ];
  const found: AlarmFacts[] = [];
  for (const name of new Set(names)) {
    const { MetricAlarms = [], CompositeAlarms = [] } = await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] })
    );
    const [alarm] = MetricAlarms;
    if (alarm === undefined) {
      found.push({ name, exists: CompositeAlarms.length > 0, metric: null });
      continue;
    }
    const { Period = 60, EvaluationPeriods = 1, DatapointsToAlarm = EvaluationPeriods } = alarm;
    found.push({
      name,
      exists: true,
      metric: {
        name: alarm.MetricName ?? '',
        statistic: alarm.Statistic ?? alarm.ExtendedStatistic ?? '',
        threshold: alarm.Threshold ?? 0,
        comparison: alarm.ComparisonOperator ?? '',
        needsMs: Period * DatapointsToAlarm * 1000,
        dimensions: Object.fromEntries((alarm.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value])),
      },
    });
  }
  return found;
}
