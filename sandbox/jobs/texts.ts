import { AwsError, validationException } from '../wire/errors';

/** SageMaker's answer to a job name that nobody has used. */
export function jobNotFound(name: string, code = 'ValidationException'): AwsError {
  return new AwsError({ code, message: `Could not find requested job with name: ${name}` });
}

/** Job names are used once; a job that has ended keeps its name. */
export function jobNameTaken(arn: string): AwsError {
  return new AwsError({
    code: 'ResourceInUse',
    message: `Job name must be unique within an AWS account and region, and a job with this name already exists (${arn})`,
  });
}

/** Inferred text: a job that has ended, or is ending, cannot be stopped. */
export function notStoppable(arn: string, status: string): AwsError {
  return validationException(
    `The request was rejected because the job ${arn} is in status ${status}. Only jobs in status InProgress can be stopped.`
  );
}
