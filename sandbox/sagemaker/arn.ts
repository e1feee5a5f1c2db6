import type { MonitoringKind } from '../monitoring/kinds';

type ArnKind =
  | 'model'
  | 'endpoint-config'
  | 'endpoint'
  | 'model-package-group'
  | 'model-package'
  | 'inference-experiment'
  | 'transform-job'
  | 'processing-job'
  | 'training-job'
  | 'monitoring-schedule'
  | MonitoringKind['arnKind'];

/** SageMaker's ARNs carry names in lower case. */
export function arnOf(
  account: { readonly region: string; readonly accountId: string },
  kind: ArnKind,
  name: string
): string {
  return `arn:aws:sagemaker:${account.region}:${account.accountId}:${kind}/${name.toLowerCase()}`;
}
