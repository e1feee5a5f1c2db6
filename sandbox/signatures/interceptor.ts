import { SERVICES } from '../faults/site';
import type { FaultService } from '../faults/rule';
import type { Interceptor } from '../http/server';
import type { ServiceKey } from '../http/router';
import type { Exchange } from '../http/service';
import type { Refusal } from '../wire/refusals';
import { refuse } from '../wire/refusals';
import { outOfTime, signedAtMs, skewLimitMs } from './time';
import type { Credentials } from './verify';
import { isRightlySigned, readSignature } from './verify';

/** The service's name in credential scopes. */
const SIGNING_NAMES: Readonly<Record<FaultService, string>> = {
  sagemaker: 'sagemaker',
  runtime: 'sagemaker',
  s3: 's3',
  cloudwatch: 'monitoring',
  autoscaling: 'application-autoscaling',
  sts: 'sts',
};

/** Refuses, in each service's words, calls that are not signed with one of the credentials, or were signed at another time. */
export function signatureInterceptor(credentials: readonly Credentials[], clock: { now(): number }): Interceptor {
  return {
    before: async ({ service: key, exchange }) => {
      const service = serviceOf(key);
      const refusal = service && (await refusalOf(service, exchange, { credentials, nowMs: clock.now() }));
      return refusal ? refuse(service, exchange, refusal) : undefined;
    },
    after: async ({ answer }) => answer,
  };
}

function serviceOf(key: ServiceKey): FaultService | undefined {
  return key === 'control' ? undefined : SERVICES[key];
}

async function refusalOf(
  service: FaultService,
  exchange: Exchange,
  { credentials, nowMs }: { readonly credentials: readonly Credentials[]; readonly nowMs: number }
): Promise<Refusal | undefined> {
  const signed = readSignature(exchange);
  if (!signed) return unsigned(service);
  const known = credentials.find(({ accessKeyId }) => accessKeyId === signed.accessKeyId);
  if (!known) return unknownKey(service);
  const [, , scoped] = signed.scope;
  const expected = SIGNING_NAMES[service];
  if (scoped !== expected) return mismatch(service, `Credential should be scoped to correct service: '${expected}'.`);
  const signedMs = signedAtMs(exchange);
  if (signedMs === undefined) return mismatch(service);
  if (signed.expiresSeconds !== undefined) {
    if (!(nowMs <= signedMs + signed.expiresSeconds * 1000))
      return { code: 'AccessDenied', status: 403, message: 'Request has expired' };
  } else if (Math.abs(nowMs - signedMs) > skewLimitMs(service)) return outOfTime(service);
  return (await isRightlySigned(exchange, signed, known.secretAccessKey)) ? undefined : mismatch(service);
}

function speaksXml(service: FaultService): boolean {
  return service === 's3' || service === 'sts';
}

function unsigned(service: FaultService): Refusal {
  if (service === 's3') return { code: 'AccessDenied', status: 403, message: 'Access Denied' };
  const code = service === 'sts' ? 'MissingAuthenticationToken' : 'MissingAuthenticationTokenException';
  return { code, status: 403, message: 'Missing Authentication Token' };
}

function unknownKey(service: FaultService): Refusal {
  const message = 'The security token included in the request is invalid.';
  if (service === 'sts') return { code: 'InvalidClientTokenId', status: 403, message };
  if (service !== 's3') return { code: 'UnrecognizedClientException', status: 403, message };
  return {
    code: 'InvalidAccessKeyId',
    status: 403,
    message: 'The AWS Access Key Id you provided does not exist in our records.',
  };
}

function mismatch(service: FaultService, why?: string): Refusal {
  const message =
    why ??
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
  return { code: speaksXml(service) ? 'SignatureDoesNotMatch' : 'InvalidSignatureException', status: 403, message };
}
