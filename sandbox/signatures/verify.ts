import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Exchange } from '../http/service';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a request says about its signature. */
export interface Signed {
  readonly accessKeyId: string;
  /** Day, region, service and terminator of the credential scope. */
  readonly scope: readonly [string, string, string, string];
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** Presigned: the seconds for which it holds. */
  readonly expiresSeconds?: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** The largest body of any request that is signed with its body's hash. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/** The signature of a request, from its header or its query; `undefined` when there is none of version 4. */
export function readSignature(exchange: Exchange): Signed | undefined {
  const header = exchange.headers['authorization'];
  const { query } = exchange;
  const isPresigned = header === undefined;
  const part = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(header ?? '')?.[1];
  if (isPresigned ? query.get('X-Amz-Algorithm') !== ALGORITHM : !header.startsWith(ALGORITHM)) return undefined;
  const credential = (isPresigned ? query.get('X-Amz-Credential') : part('Credential')) ?? '';
  const names = (isPresigned ? query.get('X-Amz-SignedHeaders') : part('SignedHeaders')) ?? '';
  const signature = (isPresigned ? query.get('X-Amz-Signature') : part('Signature')) ?? '';
  const [day = '', region = '', service = '', end = ''] = credential.split('/').slice(-4);
  return {
    accessKeyId: credential.split('/').slice(0, -4).join('/'),
    scope: [day, region, service, end],
    signedHeaders: names.split(';').filter((name) => name !== ''),
    signature,
    ...(isPresigned ? { expiresSeconds: Number(query.get('X-Amz-Expires')) } : {}),
  };
}

/**
 * Whether a request carries the signature that the secret gives for it, by AWS's Signature Version 4. A body hash that the request
 * states is taken as stated for S3, which checks it itself, and compared with the body otherwise. Signatures of single chunks of a
 * stream are not looked at.
 */
export async function isRightlySigned(exchange: Exchange, signed: Signed, secret: string): Promise<boolean> {
  const isS3 = signed.scope[2] === 's3';
  const stated = exchange.headers['x-amz-content-sha256'] ?? exchange.query.get('X-Amz-Content-Sha256') ?? undefined;
  const bodyHash = async () => sha256(await exchange.rawBody(BODY_LIMIT_BYTES));
  if (!isS3 && stated !== undefined && stated !== UNSIGNED_PAYLOAD && stated !== (await bodyHash())) return false;
  const payload = stated ?? (isS3 && signed.expiresSeconds !== undefined ? UNSIGNED_PAYLOAD : await bodyHash());
  const date = exchange.headers['x-amz-date'] ?? exchange.query.get('X-Amz-Date') ?? '';
  if (!date.startsWith(signed.scope[0]) || !signed.signedHeaders.includes('host')) return false;
  const toSign = [
    ALGORITHM,
    date,
    signed.scope.join('/'),
    sha256(canonicalRequest(exchange, { signed, payload, isS3 })),
  ].join('\n');
  const key = signed.scope.reduce<Buffer | string>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  return equal(hmac(key, toSign).toString('hex'), signed.signature);
}

function canonicalRequest(
  exchange: Exchange,
  { signed, payload, isS3 }: { readonly signed: Signed; readonly payload: string; readonly isS3: boolean }
): string {
  // S3 alone signs the path as it is sent; the other services escape it once more.
  const path = isS3 ? exchange.rawPath : exchange.rawPath.split('/').map(escape).join('/');
  const query = [...exchange.query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${escape(name)}=${escape(value)}`)
    .sort();
  const { headersDistinct } = exchange.request;
  const headers = signed.signedHeaders.map((name) => {
    const values = headersDistinct[name] ?? [];
    return `${name}:${values.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`;
  });
  return [exchange.method, path, query.join('&'), headers.join(''), signed.signedHeaders.join(';'), payload].join('\n');
}

function escape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
