import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Checked, Json } from '../types';
import type { Place } from './place';
import { at, isRecord } from './place';

interface Metric {
  readonly MetricName: string;
  readonly Value?: number;
  readonly StatisticValues?: Readonly<Record<'SampleCount' | 'Sum' | 'Minimum' | 'Maximum', number>>;
}

/**
 * Writes `/opt/ml/output/metrics/cloudwatch`, from which SageMaker publishes a container's metrics, by the names of Model Monitor.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-cloudwatch.html
 */
export async function writeMetrics(
  place: Place,
  { artefacts, report }: Pick<Checked, 'artefacts'> & Partial<Checked>
): Promise<void> {
  const { env } = place;
  const Dimensions = [
    { Name: 'Endpoint', Value: env['sagemaker_endpoint_name'] ?? '' },
    { Name: 'MonitoringSchedule', Value: env['sagemaker_monitoring_schedule_name'] ?? '' },
  ].filter(({ Value }) => Value !== '');
  const drifts = (report?.checks ?? []).flatMap(({ check, subject, value }): readonly Metric[] =>
    check === 'baseline_drift_check' && value !== null
      ? [{ MetricName: `feature_baseline_drift_${subject}`, Value: value }]
      : []
  );
  const metrics = [...ofStatistics(artefacts['statistics.json']), ...drifts];
  const dir = at(place, '/opt/ml/output/metrics');
  await mkdir(dir, { recursive: true });
  const lines = metrics.map((metric) =>
    JSON.stringify({ ...metric, Timestamp: env['end_time'], Dimensions, Unit: 'None' })
  );
  await writeFile(path.join(dir, 'cloudwatch'), lines.map((line) => `${line}\n`).join(''));
}

function ofStatistics(statistics: Json | undefined): readonly Metric[] {
  if (!isRecord(statistics)) return [];
  const features = Array.isArray(statistics['features']) ? statistics['features'] : [];
  const qualities = Object.entries(statistics).find(([name]) => name.endsWith('_metrics'))?.[1];
  return [
    ...features.flatMap(ofFeature),
    ...(isRecord(qualities) ? Object.entries(qualities) : []).flatMap(([MetricName, metric]): readonly Metric[] =>
      isRecord(metric) && typeof metric['value'] === 'number' ? [{ MetricName, Value: metric['value'] }] : []
    ),
  ];
}

function ofFeature(feature: unknown): readonly Metric[] {
  if (!isRecord(feature)) return [];
  const numbers = feature['numerical_statistics'];
  const either = isRecord(numbers) ? numbers : feature['string_statistics'];
  const common = isRecord(either) ? either['common'] : undefined;
  if (typeof feature['name'] !== 'string' || !isRecord(common) || typeof common['num_present'] !== 'number') return [];
  const { name } = feature;
  const SampleCount = common['num_present'];
  const present = [{ MetricName: `feature_non_null_${name}`, Value: SampleCount }];
  if (!isRecord(numbers)) return present;
  const [Sum, Minimum, Maximum] = [numbers['sum'], numbers['min'], numbers['max']];
  if (typeof Sum !== 'number' || typeof Minimum !== 'number' || typeof Maximum !== 'number') return present;
  return [...present, { MetricName: `feature_data_${name}`, StatisticValues: { SampleCount, Sum, Minimum, Maximum } }];
}
