import { containerBlueprints } from '../../sagemaker/blueprint-of';
import type { SageMakerContext } from '../../sagemaker/context';
import { findModel } from '../../sagemaker/models';
import type { Handlers } from '../../sagemaker/operations';
import { dateOf, JobDesk } from '../desk';
import type { TransformJobRecord } from '../records';
import type { JobRunner } from '../runner';
import { assertTransformable } from './checks';

type Names = 'CreateTransformJob' | 'DescribeTransformJob' | 'ListTransformJobs' | 'StopTransformJob';

export function transformHandlers(context: SageMakerContext, runner: JobRunner<TransformJobRecord>): Handlers<Names> {
  const { transformJobs: jobs } = context.tables;
  const desk = new JobDesk(context, {
    ...{ kind: 'TransformJob', jobs, runner, missingCode: () => context.knobs.missingTransformJob },
    instancesOf: ({ TransformResources: used }) => ({ type: used.InstanceType, count: used.InstanceCount }),
  });

  return {
    CreateTransformJob: async (input) => {
      const name = input.TransformJobName;
      const model = findModel(context, input.ModelName);
      const containers = containerBlueprints(model);
      assertTransformable(input, model, containers);
      const arn = desk.create({ name, input, containers });
      context.visibility.created('TransformJob', name);
      return { TransformJobArn: arn };
    },

    DescribeTransformJob: async ({ TransformJobName }) => {
      const job = desk.find(TransformJobName);
      const { Tags: _tags, ...input } = job.input;
      return {
        ...input,
        TransformJobArn: job.arn,
        TransformJobStatus: job.status,
        FailureReason: job.failureReason,
        CreationTime: new Date(job.createdMs),
        TransformStartTime: dateOf(job.startMs),
        TransformEndTime: dateOf(job.endMs),
      };
    },

    ListTransformJobs: async (input) => {
      const { page, nextToken } = desk.page(input);
      return {
        TransformJobSummaries: page.map((job) => ({
          TransformJobName: job.name,
          TransformJobArn: job.arn,
          TransformJobStatus: job.status,
          CreationTime: new Date(job.createdMs),
          LastModifiedTime: new Date(job.modifiedMs),
          TransformEndTime: dateOf(job.endMs),
          FailureReason: job.failureReason,
        })),
        NextToken: nextToken,
      };
    },

    StopTransformJob: async ({ TransformJobName }) => {
      desk.stop(TransformJobName);
      return {};
    },
  };
}
