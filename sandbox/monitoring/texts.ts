import { AwsError } from '../wire/errors';

type What = 'Monitoring Schedule' | 'Job Definition';

/** The sentence is known of schedules, and inferred for definitions. */
export function monitoringNotFound(what: What, arn: string): AwsError {
  return new AwsError({ code: 'ResourceNotFound', message: `${what} ${arn} not found` });
}

/** Inferred sentence. */
export function monitoringExists(what: What, arn: string): AwsError {
  return new AwsError({ code: 'ResourceInUse', message: `${what} ${arn} already exists` });
}
