import type { EndpointInput, ProcessingInstanceType } from '@aws-sdk/client-sagemaker';
import type { AwsClients } from '../../sagemaker/clients';
import { FailureError } from '../../sagemaker/faults';
import type { JobDefinition } from '../../sagemaker/job-definitions';
import { monitoringImage } from '../../sagemaker/monitor-images';
import { contentHash } from '../../sagemaker/names';
import { writeJson } from './keep';
import {
  analysisConfig,
  answerAttribute,
  CONFIG_FILE,
  excludedColumns,
  MODEL_MONITOR_PLACES as PLACES,
  qualityAttributes,
} from './model-monitor-contract';
import { foreignKind, joinsLabels } from './model-monitor-kinds';
import type { JobTask } from './types';

/** The whole time between two hourly runs, but for the start of the instance. */
const MAX_RUNTIME_SECONDS = 3_300;
/** Two jobs share the hour where one joins labels before. */
const MAX_RUNTIME_OF_TWO_SECONDS = 1_800;

/**
 * What SageMaker's schedule is to run. `afterMs`: how long after the end of its window an execution is due. Throws `InvalidRequest` where labels are
 * needed and the file names none.
 */
export async function definitionOf(
  aws: Pick<AwsClients, 'sagemaker' | 's3'>,
  task: JobTask,
  how: { readonly to: string; readonly everyMs: number; readonly afterMs: number }
): Promise<JobDefinition> {
  const { jobs, baseline } = task;
  const { type, image, constraints } = foreignKind(task);
  const common = {
    JobResources: {
      ClusterConfig: {
        InstanceCount: 1,
        InstanceType: jobs.instanceType as ProcessingInstanceType,
        VolumeSizeInGB: 20,
      },
    },
    RoleArn: jobs.roleArn,
    StoppingCondition: { MaxRuntimeInSeconds: joinsLabels(task) ? MAX_RUNTIME_OF_TWO_SECONDS : MAX_RUNTIME_SECONDS },
  };
  const ImageUri = jobs.image ?? monitoringImage(image, await aws.sagemaker.config.region());
  const output = {
    MonitoringOutputs: [{ S3Output: { S3Uri: how.to, LocalPath: PLACES.output, S3UploadMode: 'EndOfJob' as const } }],
  };
  const compared = { ConstraintsResource: { S3Uri: `${baseline}/${constraints}` } };
  const input: EndpointInput = {
    EndpointName: jobs.endpoint,
    LocalPath: PLACES.captures,
    ...attributesOf(task),
    ...(how.afterMs > 0 && {
      StartTimeOffset: offset(how.everyMs + how.afterMs),
      EndTimeOffset: offset(how.afterMs),
    }),
  };
  switch (type) {
    case 'DataQuality':
      return {
        type: 'DataQuality',
        input: {
          ...common,
          DataQualityAppSpecification: { ImageUri },
          DataQualityBaselineConfig: {
            ...compared,
            StatisticsResource: { S3Uri: `${baseline}/statistics.json` },
          },
          DataQualityJobInput: { EndpointInput: input },
          DataQualityJobOutputConfig: output,
        },
      };
    case 'ModelQuality': {
      const { problem } = qualityAttributes(task);
      const { positiveLabel } = task.options;
      return {
        type: 'ModelQuality',
        input: {
          ...common,
          ModelQualityAppSpecification: {
            ImageUri,
            ...(problem !== undefined && { ProblemType: problem as 'Regression' }),
            ...(typeof positiveLabel === 'string' && { Environment: { positive_label: positiveLabel } }),
          },
          ModelQualityBaselineConfig: compared,
          ModelQualityJobInput: { EndpointInput: input, GroundTruthS3Input: { S3Uri: labelsOf(task) } },
          ModelQualityJobOutputConfig: output,
        },
      };
    }
    case 'ModelBias':
      return {
        type: 'ModelBias',
        input: {
          ...common,
          ModelBiasAppSpecification: { ImageUri, ConfigUri: await configUri(aws, task, how.to) },
          ModelBiasBaselineConfig: compared,
          ModelBiasJobInput: { EndpointInput: input, GroundTruthS3Input: { S3Uri: labelsOf(task) } },
          ModelBiasJobOutputConfig: output,
        },
      };
    case 'ModelExplainability':
      return {
        type: 'ModelExplainability',
        input: {
          ...common,
          ModelExplainabilityAppSpecification: { ImageUri, ConfigUri: await configUri(aws, task, how.to) },
          ModelExplainabilityBaselineConfig: compared,
          ModelExplainabilityJobInput: { EndpointInput: input },
          ModelExplainabilityJobOutputConfig: output,
        },
      };
  }
}

function attributesOf(task: JobTask): Partial<EndpointInput> {
  const exclude = excludedColumns(task);
  switch (task.monitor) {
    case 'modelQuality': {
      const { prediction, probability, threshold } = qualityAttributes(task);
      return {
        ...(prediction !== undefined && { InferenceAttribute: prediction }),
        ...(probability !== undefined && { ProbabilityAttribute: probability }),
        ...(threshold !== undefined && { ProbabilityThresholdAttribute: threshold }),
      };
    }
    case 'bias':
    case 'attribution':
      return { InferenceAttribute: answerAttribute(task) };
    default:
      return exclude.length > 0 ? { ExcludeFeaturesAttribute: exclude.join(',') } : {};
  }
}

/** Its name says its content: a definition cannot be changed, and what it points to must not be. */
async function configUri({ s3 }: Pick<AwsClients, 's3'>, task: JobTask, to: string): Promise<string> {
  const config = analysisConfig(task);
  const uri = `${to}/config-${contentHash(config).slice(0, 8)}/${CONFIG_FILE}`;
  await writeJson(s3, uri, config);
  return uri;
}

function labelsOf({ monitor, jobs }: JobTask): string {
  if (jobs.groundTruth !== undefined) return jobs.groundTruth;
  throw new FailureError(
    'InvalidRequest',
    `SageMaker's schedules join labels for ${monitor}: write \`groundTruth: { from: s3://… }\`, or remove \`monitoringSchedule\`.`
  );
}

/** ISO 8601, before the time of the execution. */
function offset(ms: number): string {
  return `-PT${ms / 3_600_000}H`;
}
