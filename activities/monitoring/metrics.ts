import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient, MetricDatum } from '@aws-sdk/client-cloudwatch';
import type { S3Client } from '@aws-sdk/client-s3';
import { monitorScheduleId } from '../../rollout';
import type { WindowOutcome } from '../../rollout';
import { dimensionsOf } from '../../sagemaker/alarms';
import { metricsOf } from '../../monitors/metrics';
import type { Check } from '../../monitors/types';
import { readArtefacts, readJson } from './keep';
import type { WindowRun } from './run-types';

/** What a guard of a rollout can read of a monitor (`kind: monitor`): violations by variant. */
export const VIOLATIONS_NAMESPACE = 'Sluice/Monitors';

/** Namespaces as Model Monitor publishes an endpoint's (SageMaker guide, "Monitoring: CloudWatch metrics"). */
const NAMESPACES = {
  dataQuality: 'aws/sagemaker/Endpoints/data-metrics',
  modelQuality: 'aws/sagemaker/Endpoints/model-metrics',
  bias: 'aws/sagemaker/Endpoints/bias-metrics',
  attribution: 'aws/sagemaker/Endpoints/explainability-metrics',
} as const;

const MOST_A_CALL = 500;
const HOUR_MS = 3_600_000;

/**
 * Publishes the numbers of a window: violations under our own name, and what Model Monitor would have published under its names, stamped with
 * the end of the window. What a guard reads is stamped with now, because it judges ticks that are still open.
 */
export async function publishMetrics(
  clients: { readonly cloudwatch: CloudWatchClient; readonly s3: S3Client },
  { request, purpose, target }: WindowRun,
  { outcome, nowMs }: { readonly outcome: WindowOutcome; readonly nowMs: number }
): Promise<void> {
  const { monitor, of } = request;
  const { cloudwatch, s3 } = clients;
  if (outcome.verdict !== 'error' && outcome.sha256 !== null && outcome.rows.used > 0)
    await put(cloudwatch, VIOLATIONS_NAMESPACE, [
      {
        MetricName: monitor.name,
        Dimensions: dimensionsOf({ EndpointName: of.endpoint, VariantName: target.variant }),
        Timestamp: new Date(nowMs),
        Value: outcome.violationCount,
        Unit: 'Count',
      },
    ]);
  const namespace = namespaceOf(monitor.kind);
  if (purpose !== 'regular' || namespace === null || outcome.output === '') return;
  const report = await readJson<{ readonly checks?: readonly Check[] }>(s3, `${outcome.output}/report.json`);
  const artefacts = await readArtefacts(s3, outcome.output, ['statistics.json', 'analysis.json']);
  const at = {
    Timestamp: new Date(Math.max(outcome.window.toMs - 1, nowMs - 13 * 24 * HOUR_MS)),
    dimensions: { Endpoint: of.endpoint, MonitoringSchedule: monitorScheduleId(of.endpoint, monitor.name) },
  };
  const data = metricsOf(monitor.kind, { checks: report?.checks ?? [], artefacts, withDeviations: true }).map(
    ({ dimensions, ...datum }): MetricDatum => ({
      ...datum,
      Timestamp: at.Timestamp,
      // CloudWatch refuses a dimension without a value, such as the label of predictions that have none.
      Dimensions: dimensionsOf({ ...at.dimensions, ...dimensions }).filter(({ Value }) => Value !== ''),
    })
  );
  await put(cloudwatch, namespace, data);
}

function namespaceOf(kind: string): string | null {
  return kind in NAMESPACES ? NAMESPACES[kind as keyof typeof NAMESPACES] : null;
}

async function put(client: CloudWatchClient, Namespace: string, data: readonly MetricDatum[]): Promise<void> {
  for (let i = 0; i < data.length; i += MOST_A_CALL)
    await client.send(new PutMetricDataCommand({ Namespace, MetricData: data.slice(i, i + MOST_A_CALL) }));
}
