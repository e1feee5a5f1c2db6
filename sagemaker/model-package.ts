import { DescribeModelCommand, DescribeModelPackageCommand } from '@aws-sdk/client-sagemaker';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { FailureError } from './faults';

/** A version in the model registry, as far as a rollout asks. */
export interface ModelPackage {
  readonly arn: string;
  readonly containers: number;
}

/** The package when it may be deployed: registered completely, and approved. Throws `NotApproved` otherwise, with what it is. */
export async function readApprovedPackage(client: SageMakerClient, name: string): Promise<ModelPackage> {
  const found = await client.send(new DescribeModelPackageCommand({ ModelPackageName: name }));
  const arn = found.ModelPackageArn ?? name;
  if (found.ModelPackageStatus !== 'Completed')
    throw new FailureError('NotApproved', `Model package ${arn} is ${found.ModelPackageStatus}, not Completed.`);
  // Packages outside a group have no approval.
  const isVersioned = found.ModelPackageGroupName !== undefined;
  if (isVersioned && found.ModelApprovalStatus !== 'Approved') {
    const why = found.ApprovalDescription === undefined ? '' : ` (${found.ApprovalDescription})`;
    throw new FailureError(
      'NotApproved',
      `Model package ${arn} is ${found.ModelApprovalStatus ?? 'without approval'}${why}, and only Approved ones are deployed.`
    );
  }
  return { arn, containers: found.InferenceSpecification?.Containers?.length ?? 1 };
}

/** What a model is, as far as SageMaker's features depend on it. */
export async function readModelShape(
  client: SageMakerClient,
  modelName: string
): Promise<'container' | 'pipeline' | 'multiModel'> {
  const { PrimaryContainer, Containers = [] } = await client.send(new DescribeModelCommand({ ModelName: modelName }));
  const all = PrimaryContainer === undefined ? Containers : [PrimaryContainer];
  if (all.some(({ Mode }) => Mode === 'MultiModel')) return 'multiModel';
  return all.length > 1 ? 'pipeline' : 'container';
}
