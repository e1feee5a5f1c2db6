import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dataMetrics } from '../metrics';
import type { Checked } from '../types';
import type { Place } from './place';
import { at } from './place';

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
  const metrics = dataMetrics({
    checks: report?.checks ?? [],
    statistics: artefacts['statistics.json'] ?? null,
    withDeviations: false,
  });
  const dir = at(place, '/opt/ml/output/metrics');
  await mkdir(dir, { recursive: true });
  const lines = metrics.map((metric) =>
    JSON.stringify({ ...metric, Timestamp: env['end_time'], Dimensions, Unit: 'None' })
  );
  await writeFile(path.join(dir, 'cloudwatch'), lines.map((line) => `${line}\n`).join(''));
}
