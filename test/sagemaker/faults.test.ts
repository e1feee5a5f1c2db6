import { describe, expect, test } from '@jest/globals';
import { awsFailure, failure, FailureError, isAlreadyThere, isNotFound } from '../../sagemaker/faults';
import { FAILURE_TYPES, isRetryable } from '../../spec/failures';

/** An error as an AWS client throws it. */
function awsError(name: string, message: string, httpStatusCode?: number): Error {
  const $metadata = httpStatusCode === undefined ? {} : { httpStatusCode };
  return Object.assign(new Error(message), { name, $metadata });
}

const arn = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/e';

describe('what AWS answers becomes one of our failures', () => {
  test.each([
    ['ValidationException', `Could not find endpoint "${arn}".`, 400, 'NotFound'],
    ['ValidationException', `Cannot update in-progress endpoint "${arn}".`, 400, 'EndpointBusy'],
    ['ValidationException', `Cannot create already existing model "${arn}".`, 400, 'NameCollision'],
    ['ValidationException', '1 validation error detected: Value at "modelName"', 400, 'InvalidRequest'],
    ['ResourceInUse', 'in use', 400, 'NameCollision'],
    ['ResourceLimitExceeded', 'The account-level service limit … is 20 Instances', 400, 'QuotaExceeded'],
    ['InsufficientInstanceCapacity', 'no capacity', 400, 'CapacityUnavailable'],
    ['ThrottlingException', 'Rate exceeded', 400, 'Throttled'],
    ['TooManyRequestsException', 'slow', 429, 'Throttled'],
    ['SlowDown', 'Please reduce your request rate.', 503, 'Throttled'],
    ['AccessDeniedException', 'not authorized to perform: sagemaker:CreateModel', 400, 'AccessDenied'],
    ['ExpiredTokenException', 'The security token is expired', 403, 'AccessDenied'],
    ['CredentialsProviderError', 'Could not load credentials from any providers', undefined, 'AccessDenied'],
    ['NoSuchBucket', 'The specified bucket does not exist', 404, 'NotFound'],
    ['InternalFailure', 'try later', 500, 'ProviderUnavailable'],
    ['ServiceUnavailable', 'try later', 503, 'ProviderUnavailable'],
    ['TimeoutError', 'socket timed out', undefined, 'ProviderUnavailable'],
    ['SomethingNew', 'whatever', 400, 'InvalidRequest'],
  ] as const)('%s (%s, status %s) is %s', (name, message, status, type) => {
    const { type: found, what, next } = awsFailure(awsError(name, message, status), 'create model m');
    expect(found).toBe(type);
    expect(what).toBe(`Could not create model m: ${name}: ${message}`);
    expect(next).not.toBe('');
  });

  test('a connection that nobody answers is the provider being away', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    expect(awsFailure(refused, 'read').type).toBe('ProviderUnavailable');
  });

  test('a mistake of our own is not blamed on AWS', () => {
    expect(awsFailure(new TypeError('x is undefined'), 'judge').type).toBe('Internal');
    expect(awsFailure('thrown text', 'judge').type).toBe('Internal');
  });

  test('our own failures pass as they are', () => {
    const own = new FailureError('NoEvidence', 'too little');
    expect(awsFailure(own, 'plan')).toEqual(failure('NoEvidence', 'too little'));
  });
});

test('every type of failure says what to do next, and a promise that it is tried again is kept', () => {
  for (const type of FAILURE_TYPES) {
    const { next } = failure(type, 'x');
    expect(next).toMatch(/\.$/);
    if (next.includes('tried again')) expect(isRetryable(type)).toBe(true);
  }
});

test('absence and presence are told apart from all other validation errors', () => {
  const [absent, present, other] = [
    awsError('ValidationException', 'Could not find model "m".', 400),
    awsError('ValidationException', 'Cannot create already existing model "m".', 400),
    awsError('ValidationException', 'Value out of range', 400),
  ];
  expect([absent, present, other].map(isNotFound)).toEqual([true, false, false]);
  expect([absent, present, other].map(isAlreadyThere)).toEqual([false, true, false]);
});
