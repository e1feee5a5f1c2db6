import { proxyActivities } from '@temporalio/workflow';
import type { RolloutActivities } from '../activities/types';
import { FINAL_TYPES } from './final-types';

/**
 * One AWS request or a few: quick, and throttling deserves patience. Attempts are counted (35 are about a quarter of an hour) instead of
 * time, because the time that no worker was there says nothing about AWS. A cancelled call is waited for: what it does at AWS must have
 * happened before it can be undone. (The SDK's documented default, but not what 1.24 does when the option is left out.)
 */
export const call = proxyActivities<RolloutActivities>({
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  startToCloseTimeout: '1 minute',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 35,
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/** Several AWS calls with a wait between them: as patient as `call`, as long as `wait`. An abort waits for what is under way. */
export const change = proxyActivities<RolloutActivities>({
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  startToCloseTimeout: '4 hours',
  heartbeatTimeout: '2 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 35,
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/** SageMaker takes minutes, sometimes an hour, for a fleet change; a beat every 96 s (80 % of the timeout) keeps the cost low. It only reads, so an abort need not wait for it. */
export const wait = proxyActivities<RolloutActivities>({
  cancellationType: 'TRY_CANCEL',
  startToCloseTimeout: '4 hours',
  heartbeatTimeout: '2 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/** Reading the incumbent may wait for evidence as long as the file allows (at most a day). It changes nothing, so an abort need not wait for it. */
export const plan = proxyActivities<RolloutActivities>({
  cancellationType: 'TRY_CANCEL',
  startToCloseTimeout: '25 hours',
  heartbeatTimeout: '1 minute',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/** A look that fails is no evidence and the next one comes with the next tick, so few attempts and a short time. */
export const look = proxyActivities<RolloutActivities>({
  startToCloseTimeout: '30 seconds',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumAttempts: 3,
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/** Fetches an issuer's keys and checks a signature, while a person waits for the answer. */
export const verify = proxyActivities<RolloutActivities>({
  startToCloseTimeout: '10 seconds',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumAttempts: 3,
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/**
 * The way back, and the last step of a promotion. Twelve attempts are about six minutes; after that the rollout says loudly that it is
 * incomplete and starts over, for ever. Types that are final elsewhere are tried again here: someone may be mending permissions or quotas.
 */
export const compensate = proxyActivities<RolloutActivities>({
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  startToCloseTimeout: '4 hours',
  heartbeatTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 12 },
});
