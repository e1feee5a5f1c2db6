import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { VerifiedIdentity } from '../rollout';
import { FailureError } from '../sagemaker/faults';
import type { ApproverIdentity } from '../spec/types';

type TokenIdentity = Extract<ApproverIdentity, { kind: 'token' }>;

/** A token that proves who a person is. */
export interface IdentityProof {
  readonly identity: TokenIdentity;
  /** Compact JWS. */
  readonly token: string;
}

/** Clocks of issuers and workers may differ by this much. */
const CLOCK_TOLERANCE_S = 30;
/** Only signatures that need the issuer's private key: with a shared secret anybody who can check could also sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/**
 * Who a token says that its bearer is: signature by the issuer's published keys, issuer, audience and time are checked (RFC 7519, RFC 7517).
 * Fails with `IdentityRefused`, or `ProviderUnavailable` when the issuer's keys cannot be fetched. The token itself is kept nowhere.
 */
export async function verifyApprover({
  identity,
  token,
}: IdentityProof): Promise<{ readonly who: string; readonly identity: VerifiedIdentity }> {
  const { issuer, audience, jwks, claim } = identity;
  const { payload } = await verified(token, identity);
  const who = payload[claim];
  if (typeof who !== 'string' || who.trim() === '')
    throw new FailureError(
      'IdentityRefused',
      `The token of ${issuer} for ${audience} has no claim ${claim} (keys: ${jwks}).`
    );
  return { who, identity: { issuer, subject: payload.sub ?? null, tokenId: payload.jti ?? null } };
}

async function verified(token: string, { issuer, audience, jwks }: TokenIdentity): ReturnType<typeof jwtVerify> {
  const keys = keySets.get(jwks) ?? createRemoteJWKSet(new URL(jwks));
  keySets.set(jwks, keys);
  try {
    return await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp'],
    });
  } catch (cause) {
    if (cause instanceof errors.JOSEError && !UNREACHABLE.has(cause.code))
      throw new FailureError('IdentityRefused', `The token is not good for ${audience}: ${cause.message}.`, { cause });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FailureError('ProviderUnavailable', `The keys of ${issuer} at ${jwks} cannot be read: ${why}.`, {
      cause,
    });
  }
}

/** The key set did not come, or came as something else. `ERR_JOSE_GENERIC` is an answer other than 200. */
const UNREACHABLE: ReadonlySet<string> = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID']);
