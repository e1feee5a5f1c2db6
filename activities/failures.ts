import { ApplicationFailure } from '@temporalio/activity';
import { awsFailure } from '../sagemaker/faults';
import type { Failure } from '../spec/failures';

/** A failure as Temporal carries it: whether its type is final is up to each call's retry policy; the details hold the data. */
export function toApplicationFailure(failure: Failure, cause?: Error): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.type,
    message: failure.what,
    details: [failure],
    ...(cause !== undefined && { cause }),
  });
}

/** Runs an activity's body; what it throws becomes one of our failures. Cancellations and application failures pass unchanged. */
export async function translated<T>(doing: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof ApplicationFailure || (error instanceof Error && error.name === 'CancelledFailure'))
      throw error;
    throw toApplicationFailure(awsFailure(error, doing), error instanceof Error ? error : undefined);
  }
}
