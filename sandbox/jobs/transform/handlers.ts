import { arnOf } from '../../sagemaker/arn';
import { containerBlueprints } from '../../sagemaker/blueprint-of';
import type { SageMakerContext } from '../../sagemaker/context';
import { listPage } from '../../sagemaker/listing';
import { findModel } from '../../sagemaker/models';
import type { Handlers } from '../../sagemaker/operations';
import { tagResource } from '../../sagemaker/tags';
import { assertJobQuota } from '../quota';
import type { TransformJobRecord } from '../records';
import type { JobRunner } from '../runner';
import { jobNameTaken, jobNotFound, notStoppable } from '../texts';
import { assertTransformable } from './checks';

type Names = 'CreateTransformJob' | 'DescribeTransformJob' | 'ListTransformJobs' | 'StopTransformJob';

export function transformHandlers(context: SageMakerContext, runner: JobRunner<TransformJobRecord>): Handlers<Names> {
  const { transformJobs: jobs } = context.tables;

  function find(name: string): TransformJobRecord {
    const job = jobs.get(name);
    if (!job || context.visibility.isHidden('TransformJob', name))
      throw jobNotFound(name, context.knobs.missingTransformJob);
    return job;
  }

  return {
    CreateTransformJob: async (input) => {
      const name = input.TransformJobName;
      const arn = arnOf(context, 'transform-job', name);
      const model = findModel(context, input.ModelName);
      const containers = containerBlueprints(model);
      assertTransformable(input, model, containers);
      if (jobs.get(name)) throw jobNameTaken(arn);
      const { InstanceType: type, InstanceCount: count } = input.TransformResources;
      assertJobQuota(context, {
        ...{ operation: 'CreateTransformJob', jobName: name, usage: 'transform job', type, count },
        used: jobs
          .all()
          .filter(({ status }) => status === 'InProgress' || status === 'Stopping')
          .map(({ input: { TransformResources: used } }) => ({ type: used.InstanceType, count: used.InstanceCount })),
      });
      tagResource(context, arn, input.Tags);
      const nowMs = context.clock.now();
      runner.create({ name, arn, createdMs: nowMs, modifiedMs: nowMs, status: 'InProgress', input, containers });
      context.visibility.created('TransformJob', name);
      return { TransformJobArn: arn };
    },

    DescribeTransformJob: async ({ TransformJobName }) => {
      const job = find(TransformJobName);
      const { Tags: _tags, ...input } = job.input;
      return {
        ...input,
        TransformJobArn: job.arn,
        TransformJobStatus: job.status,
        FailureReason: job.failureReason,
        CreationTime: new Date(job.createdMs),
        TransformStartTime: job.startMs === undefined ? undefined : new Date(job.startMs),
        TransformEndTime: job.endMs === undefined ? undefined : new Date(job.endMs),
      };
    },

    ListTransformJobs: async (input) => {
      const visible = jobs
        .all()
        .filter(
          ({ name, status }) =>
            (input.StatusEquals ?? status) === status && !context.visibility.isHidden('TransformJob', name)
        );
      const { page, nextToken } = listPage(visible, input);
      return {
        TransformJobSummaries: page.map((job) => ({
          TransformJobName: job.name,
          TransformJobArn: job.arn,
          TransformJobStatus: job.status,
          CreationTime: new Date(job.createdMs),
          LastModifiedTime: new Date(job.modifiedMs),
          TransformEndTime: job.endMs === undefined ? undefined : new Date(job.endMs),
          FailureReason: job.failureReason,
        })),
        NextToken: nextToken,
      };
    },

    StopTransformJob: async ({ TransformJobName }) => {
      const job = find(TransformJobName);
      if (job.status !== 'InProgress') throw notStoppable(job.arn, job.status);
      runner.stop(job.name);
      return {};
    },
  };
}
