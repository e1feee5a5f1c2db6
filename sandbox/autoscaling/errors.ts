import { AwsError } from '../wire/errors';

/** No target, policy or action is registered under these names; the text is AWS's. */
export function objectNotFound(what: string, resourceId: string): AwsError {
  return new AwsError({
    code: 'ObjectNotFoundException',
    message: `${what} for service namespace: sagemaker, resource ID: ${resourceId}, scalable dimension: sagemaker:variant:DesiredInstanceCount`,
  });
}

/** A quota of Application Auto Scaling: policies and scheduled actions of a target. */
export function limitExceeded(message: string): AwsError {
  return new AwsError({ code: 'LimitExceededException', message });
}

export function invalidNextToken(): AwsError {
  return new AwsError({ code: 'InvalidNextTokenException', message: 'The specified next token is invalid.' });
}

/** The tag operations speak of resources by ARN. */
export function resourceNotFound(arn: string): AwsError {
  return new AwsError({
    code: 'ResourceNotFoundException',
    message: `The specified resource ${arn} could not be found.`,
    members: { ResourceName: arn },
  });
}

export function tooManyTags(arn: string, limit: number): AwsError {
  return new AwsError({
    code: 'TooManyTagsException',
    message: `The resource has more than ${limit} tags.`,
    members: { ResourceName: arn },
  });
}
