import { DescribeScalingActivitiesCommand } from '@aws-sdk/client-application-auto-scaling';
import type { TargetTrackingScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling';
import { DescribeEndpointCommand } from '@aws-sdk/client-sagemaker';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { MinuteMetrics, ScalingActivity, SystemEvidence, VariantEvidence } from '../../monitors/system/types';
import { readScaling } from '../../sagemaker/scaling';
import type { VariantScaling } from '../../spec/live';
import type { ActivityDeps } from '../deps';
import { MINUTE_MS, readMetricData, settledMs, variantDimensions } from '../evidence/metric-data';
import type { MetricData } from '../evidence/metric-data';
import { readCapturedAnswers } from '../evidence/predictions';

type Deps = Pick<ActivityDeps, 'aws' | 'objects'>;
type Window = SystemEvidence['window'];

/** Capture "can require a couple of minutes"; what is not there after five is missing. */
const CAPTURE_LAG_MS = 300_000;

/** Metric by name here: its namespace, its name there, its statistic. Latencies are microseconds. */
const METRICS = {
  invocations: ['AWS/SageMaker', 'Invocations', 'Sum'],
  errors4xx: ['AWS/SageMaker', 'Invocation4XXErrors', 'Sum'],
  errors5xx: ['AWS/SageMaker', 'Invocation5XXErrors', 'Sum'],
  p50: ['AWS/SageMaker', 'ModelLatency', 'p50'],
  p90: ['AWS/SageMaker', 'ModelLatency', 'p90'],
  p99: ['AWS/SageMaker', 'ModelLatency', 'p99'],
  overhead: ['AWS/SageMaker', 'OverheadLatency', 'p99'],
  perInstance: ['AWS/SageMaker', 'InvocationsPerInstance', 'Sum'],
  setups: ['AWS/SageMaker', 'ModelSetupTime', 'SampleCount'],
  cpu: ['/aws/sagemaker/Endpoints', 'CPUUtilization', 'Average'],
  memory: ['/aws/sagemaker/Endpoints', 'MemoryUtilization', 'Average'],
  disk: ['/aws/sagemaker/Endpoints', 'DiskUtilization', 'Maximum'],
} as const;
type Metric = keyof typeof METRICS;

/**
 * What AWS knows of an endpoint in a window, as it is now: variants, their minutes in CloudWatch, scaling and its activities, and what data
 * capture has stored. https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
 */
export async function readSystem(
  deps: Deps,
  p: { readonly endpoint: string; readonly window: Window; readonly asOfMs: number; readonly withCapture: boolean }
): Promise<Omit<SystemEvidence, 'pipeline'> & { readonly pipeline: null }> {
  const { endpoint, asOfMs } = p;
  const { aws } = deps;
  const live = await aws.sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpoint }));
  const names = (live.ProductionVariants ?? []).flatMap(({ VariantName }) => VariantName ?? []);
  const window = {
    fromMs: p.window.fromMs,
    toMs: Math.max(p.window.fromMs, Math.min(p.window.toMs, settledMs(asOfMs))),
  };
  const data = await readMetricData(aws.cloudwatch, { queries: queriesOf(endpoint, names), ...window });
  const capture = live.DataCaptureConfig;
  const captureTo = capture?.EnableCapture === true && p.withCapture ? (capture.DestinationS3Uri ?? null) : null;
  const variants = await Promise.all(
    (live.ProductionVariants ?? []).map(async (variant, v): Promise<VariantEvidence> => {
      const name = variant.VariantName ?? '';
      const captured =
        captureTo === null ? null : await countCaptured(deps, { captureTo, endpoint, variant: name, window });
      const closedMs = asOfMs - CAPTURE_LAG_MS;
      return {
        variant: name,
        instances: { current: variant.CurrentInstanceCount ?? 0, desired: variant.DesiredInstanceCount ?? 0 },
        scaling: scalingOf(await readScaling(aws.autoscaling, { endpoint, variant: name })),
        sampling: captured === null ? null : (capture?.CurrentSamplingPercentage ?? 100) / 100,
        minutes: minutesOf(window).map((atMs) => ({
          ...minuteOf(data, v, atMs),
          captured: captured === null || atMs + MINUTE_MS > closedMs ? null : (captured.get(atMs) ?? 0),
        })),
      };
    })
  );
  const activities = await Promise.all(names.map((variant) => readActivities(deps, { endpoint, variant, window })));
  return { endpoint, window, variants, activities: activities.flat(), pipeline: null };
}

const idOf = (variant: number, metric: Metric): string => `v${variant}${metric}`;

function queriesOf(endpoint: string, variants: readonly string[]): MetricDataQuery[] {
  return variants.flatMap((variant, v) =>
    (Object.keys(METRICS) as Metric[]).map((metric) => {
      const [Namespace, MetricName, Stat] = METRICS[metric];
      const Metric = { Namespace, MetricName, Dimensions: variantDimensions(endpoint, variant) };
      return { Id: idOf(v, metric), MetricStat: { Metric, Period: MINUTE_MS / 1_000, Stat } };
    })
  );
}

const minutesOf = ({ fromMs, toMs }: Window): readonly number[] => {
  const first = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: Math.max(0, Math.floor((toMs - first) / MINUTE_MS)) }, (_, i) => first + i * MINUTE_MS);
};

function minuteOf(data: MetricData, variant: number, atMs: number): Omit<MinuteMetrics, 'captured'> {
  const value = (metric: Metric): number | null => data.get(idOf(variant, metric))?.get(atMs) ?? null;
  const milliseconds = (metric: Metric): number | null => {
    const found = value(metric);
    return found === null ? null : found / 1_000;
  };
  const [p50, p90, p99] = [milliseconds('p50'), milliseconds('p90'), milliseconds('p99')];
  return {
    atMs,
    // Sums of ones come back as floats.
    invocations: Math.round(value('invocations') ?? 0),
    errors4xx: Math.round(value('errors4xx') ?? 0),
    errors5xx: Math.round(value('errors5xx') ?? 0),
    latencyMs: p50 === null || p90 === null || p99 === null ? null : { p50, p90, p99 },
    overheadP99Ms: milliseconds('overhead'),
    cpuPct: value('cpu'),
    memoryPct: value('memory'),
    diskPct: value('disk'),
    invocationsPerInstance: value('perInstance'),
    coldStarts: Math.round(value('setups') ?? 0),
  };
}

/** Records by the minute of their inference. */
async function countCaptured(
  { objects }: Deps,
  p: { readonly captureTo: string; readonly endpoint: string; readonly variant: string; readonly window: Window }
): Promise<ReadonlyMap<number, number>> {
  const { window, ...at } = p;
  // CloudWatch counts probes among the invocations.
  const answers = await readCapturedAnswers({ objects, ...at, ...window, withProbes: true });
  const counts = new Map<number, number>();
  for (const { atMs } of answers) {
    const minute = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    counts.set(minute, (counts.get(minute) ?? 0) + 1);
  }
  return counts;
}

function scalingOf(scaling: VariantScaling | null): VariantEvidence['scaling'] {
  if (scaling === null) return null;
  const targets = scaling.policies.flatMap(({ type, settings }) => {
    // As Application Auto Scaling gave it; `readScaling` hands settings through as they are.
    const { PredefinedMetricSpecification: metric, TargetValue } =
      settings as Partial<TargetTrackingScalingPolicyConfiguration>;
    const isOwn =
      type === 'TargetTrackingScaling' && metric?.PredefinedMetricType === 'SageMakerVariantInvocationsPerInstance';
    return isOwn && TargetValue !== undefined ? [TargetValue] : [];
  });
  return { min: scaling.min, max: scaling.max, target: targets[0] ?? null };
}

/** Activities that began in the window, the oldest first. */
async function readActivities(
  { aws }: Deps,
  p: { readonly endpoint: string; readonly variant: string; readonly window: Window }
): Promise<readonly ScalingActivity[]> {
  const { endpoint, variant, window } = p;
  const found: ScalingActivity[] = [];
  let token: string | undefined;
  do {
    const page = await aws.autoscaling.send(
      new DescribeScalingActivitiesCommand({
        ServiceNamespace: 'sagemaker',
        ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
        ResourceId: `endpoint/${endpoint}/variant/${variant}`,
        ...(token !== undefined && { NextToken: token }),
      })
    );
    for (const { StartTime, EndTime, StatusCode, Cause, StatusMessage } of page.ScalingActivities ?? []) {
      const startMs = StartTime?.getTime() ?? 0;
      // Newest first: what is older than the window ends the search.
      if (startMs < window.fromMs) return found.reverse();
      if (startMs < window.toMs)
        found.push({
          variant,
          startMs,
          endMs: EndTime?.getTime() ?? null,
          status: StatusCode ?? 'Unknown',
          cause: StatusMessage ?? Cause ?? '',
        });
    }
    token = page.NextToken;
  } while (token !== undefined);
  return found.reverse();
}
