import type { MonitoringType } from '@aws-sdk/client-sagemaker';

/** What one kind of monitoring is called in the places where its name is part of others. */
export interface MonitoringKind {
  readonly type: MonitoringType;
  /** Before the name of a definition in its ARN. */
  readonly arnKind:
    | 'data-quality-job-definition'
    | 'model-quality-job-definition'
    | 'model-bias-job-definition'
    | 'model-explainability-job-definition';
  /** Before the time in the names of its processing jobs. */
  readonly jobName: string;
  /** At the end of the namespace of its metrics. */
  readonly metrics: string;
  /** `analysis_type` of the container's environment; the analyzer's default has none. */
  readonly analysisType?: string;
}

/** The four kinds; everything that has a name for each of them is made from this table. */
export const KINDS: readonly MonitoringKind[] = [
  {
    type: 'DataQuality',
    arnKind: 'data-quality-job-definition',
    jobName: 'model-monitoring',
    metrics: 'data-metrics',
  },
  {
    type: 'ModelQuality',
    arnKind: 'model-quality-job-definition',
    jobName: 'model-quality-monitoring',
    metrics: 'model-metrics',
    analysisType: 'MODEL_QUALITY',
  },
  {
    type: 'ModelBias',
    arnKind: 'model-bias-job-definition',
    jobName: 'model-bias-monitoring',
    metrics: 'bias-metrics',
    analysisType: 'MODEL_BIAS',
  },
  {
    type: 'ModelExplainability',
    arnKind: 'model-explainability-job-definition',
    jobName: 'model-explainability-monitoring',
    metrics: 'explainability-metrics',
    analysisType: 'MODEL_EXPLAINABILITY',
  },
];

/** The row of a type. */
export function kindOf(type: MonitoringType): MonitoringKind {
  const kind = KINDS.find((one) => one.type === type);
  if (!kind) throw new Error(`there is no monitoring of the type ${type}`);
  return kind;
}
