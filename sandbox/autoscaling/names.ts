import { randomUUID } from 'node:crypto';
import { notImplemented, validationException } from '../wire/errors';

export const NAMESPACE = 'sagemaker';
export const DIMENSION = 'sagemaker:variant:DesiredInstanceCount';

interface Account {
  readonly region: string;
  readonly accountId: string;
}

/** What every operation on one target names. */
export interface TargetName {
  readonly ServiceNamespace: string;
  readonly ResourceId: string;
  readonly ScalableDimension: string;
}

/** Reads `endpoint/<endpoint>/variant/<variant>`. Throws ValidationException for what AWS or this sandbox does not scale. */
export function parseTarget(name: TargetName): { readonly endpointName: string; readonly variantName: string } {
  if (name.ServiceNamespace !== NAMESPACE)
    throw notImplemented(`Auto scaling of the service namespace ${name.ServiceNamespace}`);
  if (name.ScalableDimension.startsWith('sagemaker:') && name.ScalableDimension !== DIMENSION)
    throw notImplemented(`The scalable dimension ${name.ScalableDimension}`);
  const [, endpointName, variantName] = /^endpoint\/([^/]+)\/variant\/([^/]+)$/.exec(name.ResourceId) ?? [];
  if (name.ScalableDimension !== DIMENSION || endpointName === undefined || variantName === undefined)
    throw validationException('Unsupported service namespace, resource type or scalable dimension');
  return { endpointName, variantName };
}

export function targetArn(account: Account): string {
  const id = randomUUID().replaceAll('-', '').slice(0, 30);
  return `arn:aws:application-autoscaling:${account.region}:${account.accountId}:scalable-target/0s${id}`;
}

/** Policies and actions keep the ARN form of the service's first years. */
export function childArn(
  account: Account,
  kind: 'scalingPolicy' | 'scheduledAction',
  at: { readonly resourceId: string; readonly name: string }
): string {
  const label = kind === 'scalingPolicy' ? 'policyName' : 'scheduledActionName';
  return `arn:aws:autoscaling:${account.region}:${account.accountId}:${kind}:${randomUUID()}:resource/${NAMESPACE}/${at.resourceId}:${label}/${at.name}`;
}

/** The role that the service makes for itself; a caller's own role is not used for SageMaker variants. */
export function serviceRole(account: Account): string {
  return `arn:aws:iam::${account.accountId}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint`;
}
