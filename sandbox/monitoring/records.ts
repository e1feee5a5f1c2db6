import type {
  CreateModelBiasJobDefinitionCommandInput,
  CreateModelQualityJobDefinitionCommandInput,
  ExecutionStatus,
  MonitoringJobDefinition,
  MonitoringScheduleConfig,
  MonitoringType,
  ScheduleStatus,
} from '@aws-sdk/client-sagemaker';
import type { Checked } from '../wire/types';

/** A job definition is immutable: its record is the request that made it. The members' names differ by kind, and are found by it. */
export interface DefinitionRecord {
  readonly name: string;
  readonly arn: string;
  readonly type: MonitoringType;
  readonly createdMs: number;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ScheduleRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly status: ScheduleStatus;
  readonly type: MonitoringType;
  readonly endpointName?: string;
  readonly config: Checked<MonitoringScheduleConfig>;
  /** Times up to this one are dealt with. */
  readonly checkedMs: number;
}

export interface ExecutionRecord {
  readonly scheduleName: string;
  readonly scheduledMs: number;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly status: ExecutionStatus;
  readonly type: MonitoringType;
  readonly endpointName?: string;
  readonly definitionName?: string;
  /** The processing job that runs now or ran last. */
  readonly jobName?: string;
  readonly jobArn?: string;
  readonly failureReason?: string;
}

type Quality = Checked<CreateModelQualityJobDefinitionCommandInput>;
type Bias = Checked<CreateModelBiasJobDefinitionCommandInput>;

/** What all kinds of definitions, and the one within a schedule, say to a processing job. */
export interface Definition {
  readonly app: {
    readonly ImageUri: string;
    readonly ConfigUri?: string | undefined;
    readonly ProblemType?: string | undefined;
    readonly ContainerEntrypoint?: readonly string[] | undefined;
    readonly ContainerArguments?: readonly string[] | undefined;
    readonly RecordPreprocessorSourceUri?: string | undefined;
    readonly PostAnalyticsProcessorSourceUri?: string | undefined;
    readonly Environment?: Readonly<Record<string, string>> | undefined;
  };
  readonly endpoint?: NonNullable<Quality['ModelQualityJobInput']['EndpointInput']> | undefined;
  readonly batch?: NonNullable<Quality['ModelQualityJobInput']['BatchTransformInput']> | undefined;
  readonly groundTruthUri?: string | undefined;
  readonly baseline: {
    readonly constraintsUri?: string | undefined;
    readonly statisticsUri?: string | undefined;
    readonly jobName?: string | undefined;
  };
  readonly output: NonNullable<Quality['ModelQualityJobOutputConfig']['MonitoringOutputs'][number]['S3Output']>;
  readonly cluster: Quality['JobResources']['ClusterConfig'];
  readonly network?: Bias['NetworkConfig'];
  readonly roleArn: string;
  readonly maxRuntimeSeconds?: number | undefined;
}

export type InlineDefinition = Checked<MonitoringJobDefinition>;
