import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { metricsOf } from '../metrics';
import type { Checked, MonitorKind } from '../types';
import type { Place } from './place';
import { at } from './place';

/**
 * Writes `/opt/ml/output/metrics/cloudwatch`, from which SageMaker publishes a container's metrics, by the names of Model Monitor.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-cloudwatch.html
 */
export async function writeMetrics(
  place: Place,
  kind: MonitorKind,
  { artefacts, report }: Pick<Checked, 'artefacts'> & Partial<Checked>
): Promise<void> {
  const { env } = place;
  const common = {
    Endpoint: env['sagemaker_endpoint_name'] ?? '',
    MonitoringSchedule: env['sagemaker_monitoring_schedule_name'] ?? '',
  };
  const metrics = metricsOf(kind, { checks: report?.checks ?? [], artefacts, withDeviations: false });
  const dir = at(place, '/opt/ml/output/metrics');
  await mkdir(dir, { recursive: true });
  const lines = metrics.map(({ dimensions, ...metric }) => {
    const Dimensions = Object.entries({ ...common, ...dimensions }).flatMap(([Name, Value]) =>
      Value === '' ? [] : [{ Name, Value }]
    );
    return JSON.stringify({ ...metric, Timestamp: env['end_time'], Dimensions, Unit: 'None' });
  });
  await writeFile(path.join(dir, 'cloudwatch'), lines.map((line) => `${line}\n`).join(''));
}
