import { globMatches } from '../engine/glob';
import type { SageMakerContext } from '../sagemaker/context';
import { resourceLimitExceeded } from '../wire/errors';

/** Instances that a job has, or asks for. */
export interface JobInstances {
  readonly type: string;
  readonly count: number;
}

/** Throws ResourceLimitExceeded when a job's instances do not fit beside those of the jobs of its kind that are in progress. */
export function assertJobQuota(
  context: SageMakerContext,
  asked: JobInstances & {
    readonly operation: 'CreateTransformJob' | 'CreateProcessingJob' | 'CreateTrainingJob';
    readonly jobName: string;
    /** `transform job`, `processing job` or `training job`. */
    readonly usage: string;
    readonly used: readonly JobInstances[];
  }
): void {
  const { operation, jobName: resource, usage, type, count } = asked;
  const current = asked.used.filter((one) => one.type === type).reduce((sum, one) => sum + one.count, 0);
  const site = { service: 'sagemaker', operation, resource } as const;
  const struck = context.faults.strike(['quota'], site, ({ instanceType }) => globMatches(instanceType ?? '*', type));
  const limit = struck?.fault.instances ?? context.knobs.instancesPerType;
  if (current + count <= limit) return;
  throw resourceLimitExceeded(
    `The account-level service limit '${type} for ${usage} usage' is ${limit} Instances, with current utilization of ${current} Instances and a request delta of ${count} Instances. Please contact AWS support to request an increase for this limit.`
  );
}
