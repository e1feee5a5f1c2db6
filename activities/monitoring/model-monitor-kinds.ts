import type { MonitorKind } from '../../monitors/types';
import { FailureError } from '../../sagemaker/faults';
import type { JobTask } from './types';

/** What SageMaker calls a kind of monitor, and who does it there. */
interface ForeignKind {
  readonly type: 'DataQuality' | 'ModelQuality' | 'ModelBias' | 'ModelExplainability';
  readonly image: 'analyzer' | 'clarify';
  /** `analysis_type` of the container's environment; the analyzer's default has none. */
  readonly analysis?: string;
  /** The file of a baseline that a check compares with. */
  readonly constraints: 'constraints.json' | 'analysis.json';
}

/** Whether labels are joined to captured records, which an execution then must wait for. */
export function joinsLabels({ monitor }: Pick<JobTask, 'monitor'>): boolean {
  return monitor === 'modelQuality' || monitor === 'bias';
}

const KINDS = {
  dataQuality: { type: 'DataQuality', image: 'analyzer', constraints: 'constraints.json' },
  modelQuality: {
    ...{ type: 'ModelQuality', image: 'analyzer', constraints: 'constraints.json' },
    analysis: 'MODEL_QUALITY',
  },
  bias: { type: 'ModelBias', image: 'clarify', constraints: 'analysis.json', analysis: 'MODEL_BIAS' },
  attribution: {
    ...{ type: 'ModelExplainability', image: 'clarify', constraints: 'analysis.json' },
    analysis: 'MODEL_EXPLAINABILITY',
  },
} as const satisfies Readonly<Partial<Record<MonitorKind, ForeignKind>>>;

/** Throws `InvalidRequest` for a kind that SageMaker has no monitoring for. */
export function foreignKind({ monitor }: Pick<JobTask, 'monitor'>): ForeignKind {
  const kind = Object.entries(KINDS).find(([name]) => name === monitor)?.[1];
  if (!kind)
    throw new FailureError('InvalidRequest', `SageMaker has no monitoring of ${monitor}: use \`engine: worker\`.`);
  return kind;
}

/** Where the labels lie that are joined to what was captured; undefined where nothing is joined. Throws `InvalidRequest` where there must be some. */
export function labelsFor(task: Pick<JobTask, 'monitor' | 'data' | 'jobs'>): string | undefined {
  const { monitor, data, jobs } = task;
  if (data.kind !== 'captures' || !joinsLabels({ monitor })) return undefined;
  if (jobs.groundTruth === undefined && monitor === 'modelQuality')
    throw new FailureError('InvalidRequest', 'Model quality needs labels: write `groundTruth: { from: s3://… }`.');
  return jobs.groundTruth;
}
