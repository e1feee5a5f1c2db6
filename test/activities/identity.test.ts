import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createActivities } from '../../activities';
import { createAwsClients } from '../../sagemaker/clients';
import { failureOf } from '../support/activity-world';

const ISSUER = 'https://id.example.org';
const aws = createAwsClients();
const { verifyApprover } = createActivities({ aws });

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let stranger: Awaited<ReturnType<typeof generateKeyPair>>;
let server: Server;
let jwks: string;

beforeAll(async () => {
  keys = await generateKeyPair('ES256');
  stranger = await generateKeyPair('ES256');
  const published = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] });
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(published);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});
afterAll(() => {
  server.close();
  aws.close();
});

interface Changes {
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly by?: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
}

function tokenOf({ issuer = ISSUER, audience = 'sluice', expires = '5m', claims, by }: Changes = {}): Promise<string> {
  return new SignJWT(claims ?? { email: 'ana@example.org' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('user-7')
    .setJti('token-1')
    .setExpirationTime(expires)
    .sign(by ?? keys.privateKey);
}

function proofOf(token: string, address = jwks): Parameters<typeof verifyApprover>[0] {
  return { token, identity: { kind: 'token', issuer: ISSUER, audience: 'sluice', jwks: address, claim: 'email' } };
}

describe('verifyApprover', () => {
  test('says who the token belongs to, and keeps of it only what names it', async () => {
    expect(await verifyApprover(proofOf(await tokenOf()))).toEqual({
      who: 'ana@example.org',
      identity: { issuer: ISSUER, subject: 'user-7', tokenId: 'token-1' },
    });
  });

  test.each<[string, Changes]>([
    ['that has run out', { expires: '-5m' }],
    ['for another audience', { audience: 'payroll' }],
    ['of another issuer', { issuer: 'https://evil.example.org' }],
    ['without the claim that names a person', { claims: { mail: 'ana@example.org' } }],
  ])('refuses a token %s', async (_what, changes) => {
    expect((await failureOf(verifyApprover(proofOf(await tokenOf(changes))))).type).toBe('IdentityRefused');
  });

  test('refuses a token that somebody else signed, one that nobody signed, and what is no token', async () => {
    const unsigned = `${btoa('{"alg":"none"}').replaceAll('=', '')}.${btoa('{"email":"ana@example.org"}').replaceAll('=', '')}.`;
    for (const token of [await tokenOf({ by: stranger.privateKey }), unsigned, 'ana@example.org'])
      expect((await failureOf(verifyApprover(proofOf(token)))).type).toBe('IdentityRefused');
  });

  test('does not take an issuer that cannot be reached for a forged token', async () => {
    const { type } = await failureOf(verifyApprover(proofOf(await tokenOf(), 'http://127.0.0.1:1/keys')));
    expect(type).toBe('ProviderUnavailable');
  });
});
