import type {
  CreateProcessingJobCommandInput,
  ProcessingInput,
  ProcessingInstanceType,
} from '@aws-sdk/client-sagemaker';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseS3Location } from '../../gateway/s3-location';
import { FailureError } from '../../sagemaker/faults';
import { analyzerImage } from '../../sagemaker/monitor-images';
import { monitorJobName, tagList, TAGS } from '../../sagemaker/names';
import { MODEL_MONITOR_PLACES as PLACES, modelMonitorEnvironment } from './model-monitor-contract';
import { readModelMonitor } from './model-monitor-verdict';
import { evidenceOf, listData } from './objects';
import type { ListedObject } from './objects';
import { endOfJob, jobFailure, manifests, s3Input } from './processing-job';
import type { JobDeps } from './processing-job';
import type { JobTask, MonitorOutcome } from './types';

const VOLUME_GB = 20;
/** A job that has not ended by then never will; SageMaker's own schedules give up within the hour. */
const MAX_RUNTIME_SECONDS = 43_200;

/**
 * A baseline, or the check of one window, by the image of SageMaker Model Monitor in a Processing job: no schedule of SageMaker's is needed, so
 * any cadence will do. Rejects with `NoEvidence` where there is nothing to read. A repetition on the same data finds the job.
 */
export async function runModelMonitor(deps: JobDeps, task: JobTask): Promise<MonitorOutcome> {
  const { s3 } = deps.aws;
  const objects = await listData(s3, task);
  const evidence = evidenceOf(objects.map(({ key }) => key));
  const { endpoint, monitor } = task.jobs;
  const name = monitorJobName({ endpoint, monitor, output: task.output, sha256: evidence.sha256 });
  if (objects.length === 0) throw new FailureError('NoEvidence', `There is nothing to read for ${name}.`);
  const ended = await endOfJob(deps, name, () => jobInput(deps, task, { objects, name }));
  if (ended.status !== 'Completed') {
    if (isWithoutData(ended.said)) throw new FailureError('NoEvidence', `${name} found no record in the window.`);
    throw jobFailure(ended);
  }
  const told = await readModelMonitor(s3, {
    output: task.output,
    said: ended.said,
    isBaseline: task.baseline === null,
  });
  return { monitor: task.monitor, output: task.output, evidence, ...told };
}

/** Objects are chosen by the hour, so that all their records may lie outside of the window. */
function isWithoutData(said: string): boolean {
  return /no records in the window|inputs had no data/i.test(said);
}

async function jobInput(
  { aws }: JobDeps,
  task: JobTask,
  of: { readonly objects: readonly ListedObject[]; readonly name: string }
): Promise<Omit<CreateProcessingJobCommandInput, 'ProcessingJobName'>> {
  const { roleArn, instanceType, image, tags, endpoint } = task.jobs;
  return {
    RoleArn: roleArn,
    AppSpecification: { ImageUri: image ?? analyzerImage(await aws.sagemaker.config.region()) },
    Environment: modelMonitorEnvironment(task),
    ProcessingInputs: await inputsOf(aws.s3, task, of),
    ProcessingOutputConfig: {
      Outputs: [
        {
          OutputName: 'monitoring_output',
          S3Output: { S3Uri: task.output, LocalPath: PLACES.output, S3UploadMode: 'EndOfJob' },
        },
      ],
    },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: 1,
        InstanceType: instanceType as ProcessingInstanceType,
        VolumeSizeInGB: VOLUME_GB,
      },
    },
    StoppingCondition: { MaxRuntimeInSeconds: MAX_RUNTIME_SECONDS },
    Tags: tagList({ ...tags, [TAGS.endpoint]: endpoint }),
  };
}

async function inputsOf(
  s3: S3Client,
  task: JobTask,
  { objects, name }: { readonly objects: readonly ListedObject[]; readonly name: string }
): Promise<ProcessingInput[]> {
  const { data, baseline } = task;
  // Below the data's folder stands the endpoint's, as the image expects it.
  const prefix = data.kind === 'captures' ? parseS3Location(data.to).prefix : '';
  const below = prefix === '' ? '' : `${prefix}/`;
  const inputs = await manifests(s3, objects, {
    ...{ home: `${task.output}/jobs/${name}`, name: 'data', below },
    localPath: () => PLACES.data,
  });
  if (baseline === null) return inputs;
  return [
    ...inputs,
    s3Input('constraints', { uri: `${baseline}/constraints.json`, localPath: PLACES.constraints }),
    s3Input('baseline', { uri: `${baseline}/statistics.json`, localPath: PLACES.statistics }),
  ];
}
