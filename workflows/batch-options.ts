import { proxyActivities } from '@temporalio/workflow';
import type { BatchActivities } from '../activities/batch/types';
import { told } from './attempt';
import { FINAL_TYPES } from './final-types';

/**
 * Reading, cutting and writing objects: as long as the data is large, told of by heartbeats. Attempts are counted (35 are about a quarter of an
 * hour) instead of time, because the time that no worker was there says nothing about AWS.
 */
export const data = proxyActivities<BatchActivities>({
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  startToCloseTimeout: '24 hours',
  heartbeatTimeout: '30 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 35,
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/**
 * A transform job takes minutes or days. It is only looked at, and found again by its name, so an attempt that a worker lost costs nothing, and a stop
 * need not wait for the next heartbeat. A beat reaches the server every 24 s: so soon another worker takes over.
 */
export const job = proxyActivities<BatchActivities>({
  cancellationType: 'TRY_CANCEL',
  startToCloseTimeout: '5 days',
  heartbeatTimeout: '30 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/** Stopping jobs and deleting what nobody needs: retried for about an hour, then left to a person. */
export const undo = proxyActivities<BatchActivities>({
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  startToCloseTimeout: '4 hours',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 60 },
});

/** The same activities with a sentence for the timeline. */
export function telling(profile: typeof data, summary: string): BatchActivities {
  return told<BatchActivities>(profile, summary);
}
