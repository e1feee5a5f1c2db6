/**
 * The closed list of what can go wrong. Every failure says what happened, with its numbers, and what to do next; types are a
 * public vocabulary (they appear in the Temporal UI, in results and in tests).
 */
export const FAILURE_TYPES = [
  'InvalidRequest',
  'AccessDenied',
  'BadRecords',
  'QuotaExceeded',
  'CapacityUnavailable',
  'Throttled',
  'ProviderUnavailable',
  'EndpointBusy',
  'EndpointFailed',
  'EndpointNotOurs',
  'IdentityRefused',
  'NameCollision',
  'NotApproved',
  'NoEvidence',
  'NotFound',
  'NotVerified',
  'OutsideChange',
  'SilentRollback',
  'TimedOut',
  'TransformFailed',
  'Internal',
] as const;

export type FailureType = (typeof FAILURE_TYPES)[number];

export interface Failure {
  readonly type: FailureType;
  /** What happened, as one sentence with its numbers. */
  readonly what: string;
  /** The next step for a person. */
  readonly next: string;
}

/** Types that a later attempt may cure by itself; all others are final for the call that met them. */
const RETRYABLE: ReadonlySet<FailureType> = new Set(['Throttled', 'ProviderUnavailable', 'EndpointBusy', 'Internal']);

export function isRetryable(type: FailureType): boolean {
  return RETRYABLE.has(type);
}

export function isFailureType(text: unknown): text is FailureType {
  return (FAILURE_TYPES as readonly unknown[]).includes(text);
}
