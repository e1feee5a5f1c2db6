import type { Failure, FailureType } from '../spec/failures';

const NEXT: Readonly<Record<FailureType, string>> = {
  InvalidRequest: 'Correct the rollout file; SageMaker says what it refuses.',
  AccessDenied: 'Give the worker’s role the permission that the message names, then deploy again.',
  BadRecords:
    'Correct the records that the message names, or allow more of them: `onBadRecord: quarantine`, `atMostBad`.',
  QuotaExceeded: 'Ask AWS for a higher quota, or choose another instance type or a smaller count.',
  CapacityUnavailable: 'Try another instance type or Availability Zone, or try later.',
  Throttled: 'Nothing: it is tried again by itself.',
  ProviderUnavailable: 'Nothing: it is tried again by itself. If it goes on, check the AWS address and the network.',
  EndpointBusy: 'Nothing: it is tried again when the endpoint is in service.',
  EndpointFailed: 'Read the endpoint’s logs in CloudWatch for the reason.',
  EndpointNotOurs: 'Adopt the endpoint first (sluice adopt), or use another endpoint name.',
  IdentityRefused: 'Get a fresh token of the issuer that the rollout file names, and send it again.',
  NameCollision: 'Delete the resource of that name, or give the candidate a new name.',
  NotApproved: 'Approve the version in the model registry (UpdateModelPackage with Approved), then deploy again.',
  NoEvidence: 'Send traffic (and labels) to the endpoint, or lower `baseline.atLeast`.',
  NotFound: 'Check the name or address in the rollout file.',
  NotVerified:
    'Look at the results and at what changed in the data; if they are right, pin a new baseline or raise the threshold.',
  OutsideChange: 'Find out who changed the endpoint; deploy again when it is quiet.',
  SilentRollback: 'Read the endpoint’s FailureReason and its logs; SageMaker went back to the old config by itself.',
  TimedOut: 'See the activity in the Temporal UI; a worker may have been away.',
  TransformFailed: 'Read the transform job’s logs in CloudWatch for the reason, then run the batch again.',
  Internal: 'This is a defect of Sluice: report it with the workflow’s history.',
};

/** A failure of our own making, with the standard next step. */
export function failure(type: FailureType, what: string): Failure {
  return { type, what, next: NEXT[type] };
}

/** A failure on its way to the caller of a sagemaker function. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: Failure;

  constructor(type: FailureType, what: string, options?: ErrorOptions) {
    super(what, options);
    this.failure = failure(type, what);
  }
}

interface AwsErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
  /** Met by a client on its way to AWS or back; anything else without a status is a mistake of ours. */
  readonly isFromTheWire: boolean;
}

/** What AWS (or the way to it) answered, as one of our failures. `doing` says what we were about, e.g. `create model x`. */
export function awsFailure(error: unknown, doing: string): Failure {
  if (error instanceof FailureError) return error.failure;
  const facts = factsOf(error);
  return failure(typeOf(facts), `Could not ${doing}: ${facts.code}: ${facts.message}`);
}

/** SageMaker says 404 as a validation error with a fixed start of text. */
export function isNotFound(error: unknown): boolean {
  const { code, message, status } = factsOf(error);
  return (
    (code === 'ValidationException' && /^Could not find|does not exist/.test(message)) ||
    code === 'ResourceNotFound' ||
    // Application Auto Scaling
    code === 'ObjectNotFoundException' ||
    code === 'NoSuchKey' ||
    status === 404
  );
}

/** Creating what exists is refused with these; the name is SageMaker's only idempotency token. */
export function isAlreadyThere(error: unknown): boolean {
  const { code, message } = factsOf(error);
  return code === 'ResourceInUse' || (code === 'ValidationException' && /already exist/i.test(message));
}

/** A FailureReason, or an error, that says AWS has no such machines just now. */
export function isCapacityText(text: string): boolean {
  return /InsufficientInstanceCapacity|Unable to provision requested ML compute capacity/i.test(text);
}

function typeOf({ code, message, status, isFromTheWire }: AwsErrorFacts): FailureType {
  if (/throttl|TooManyRequests|SlowDown|RequestLimitExceeded/i.test(code) || status === 429) return 'Throttled';
  if (
    /^(AccessDenied|UnrecognizedClient|ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch|CredentialsProviderError|OptInRequired)/.test(
      code
    )
  )
    return 'AccessDenied';
  // Of the SDK itself: neither AWS_REGION nor a profile names one.
  if (message === 'Region is missing') return 'InvalidRequest';
  if (code === 'ConcurrentUpdateException') return 'EndpointBusy';
  if (/^(ResourceLimitExceeded|LimitExceededException)$/.test(code)) return 'QuotaExceeded';
  if (isCapacityText(`${code} ${message}`)) return 'CapacityUnavailable';
  if (code === 'ValidationException') {
    if (/^Could not find|does not exist/.test(message)) return 'NotFound';
    if (/in-progress/.test(message)) return 'EndpointBusy';
    if (/already exist/i.test(message)) return 'NameCollision';
    return 'InvalidRequest';
  }
  if (code === 'ResourceInUse') return 'NameCollision';
  if (/^(ResourceNotFound|ObjectNotFoundException|NoSuchKey|NoSuchBucket|NotFound)$/.test(code)) return 'NotFound';
  if (status !== undefined) return status >= 500 ? 'ProviderUnavailable' : 'InvalidRequest';
  return isFromTheWire ? 'ProviderUnavailable' : 'Internal';
}

function factsOf(error: unknown): AwsErrorFacts {
  if (!(error instanceof Error))
    return { code: 'Unknown', message: String(error), status: undefined, isFromTheWire: false };
  const metadata = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata;
  const code = (error as { readonly code?: unknown }).code;
  return {
    code: error.name === 'Error' && typeof code === 'string' ? code : error.name,
    message: error.message,
    status: metadata?.httpStatusCode,
    isFromTheWire: metadata !== undefined || typeof code === 'string' || error.name === 'TimeoutError',
  };
}
