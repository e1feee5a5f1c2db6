/**
 * How long SageMaker takes, in milliseconds of provider time; the clock's speed scales them. Orders of magnitude from operators'
 * logs, none documented: a new fleet takes minutes, a change of weights about half a minute.
 */
export const DELAYS = {
  provisionMs: 150_000,
  shiftTrafficMs: 15_000,
  weightsMs: 30_000,
  rollBackMs: 20_000,
  deleteMs: 15_000,
  packageCheckMs: 60_000,
  experimentMs: 15_000,
  jobProvisionMs: 120_000,
  scheduleMs: 5_000,
} as const;
