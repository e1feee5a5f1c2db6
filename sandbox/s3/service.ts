import { Readable } from 'node:stream';
import type { Answer, Exchange, Service } from '../http/service';
import type { SandboxClock } from '../ports';
import { errorXml, S3Error } from './errors';
import { receive } from './integrity/receive';
import { runOperation } from './operations';
import { bucketLocation } from './operations/buckets';
import type { S3Request } from './operations/request';
import type { Buckets } from './storage/buckets';
import { addressOf, type Address } from './wire/address';
import { decodeInput, encodeOutput } from './wire/bindings';
import { locationXml } from './wire/codec';
import { findOperation } from './wire/route';

/** Largest XML document a request may carry: a thousand deletions of the longest keys, every character escaped. */
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** S3 as a service of the shared port. */
export function createS3Service(deps: {
  readonly buckets: Buckets;
  readonly clock: SandboxClock;
  readonly accountId: string;
}): Service {
  return {
    name: 's3',
    handle: async (exchange) => {
      try {
        const request = { ...deps, exchange, headers: withPresigned(exchange) };
        const address = addressOf(exchange.rawPath, request.headers['host'] ?? '');
        return withIds(await answer(address, request), exchange);
      } catch (cause) {
        if (cause instanceof S3Error) return withIds(refusal(cause, exchange), exchange);
        throw cause;
      }
    },
  };
}

async function answer(address: Address, request: S3Request): Promise<Answer> {
  const { exchange, headers } = request;
  const { method, query } = exchange;
  if (method === 'OPTIONS') throw new S3Error('AccessForbidden');
  const operation = findOperation({ method, query, headers, bucket: address.bucket, key: address.key });
  if (!operation) {
    if (method === 'POST' && address.bucket !== undefined && address.key === undefined)
      throw notImplemented('PostObject');
    throw new S3Error('MethodNotAllowed', undefined, { Method: method });
  }
  const input = await decodeInput(operation.input, { address, query, headers, readBody: () => readDocument(request) });
  if (operation.name === 'GetBucketLocation') {
    const body = locationXml(bucketLocation({ Bucket: address.bucket }, request));
    return { status: 200, headers: { 'content-type': 'application/xml', 'content-length': String(body.length) }, body };
  }
  const run = runOperation(operation.name, input, request);
  if (!run) throw notImplemented(operation.name);
  const { output, status } = await run;
  return encodeOutput(operation, output, status);
}

function notImplemented(operation: string): S3Error {
  return new S3Error('NotImplemented', `The sandbox does not implement S3's ${operation}.`, { Operation: operation });
}

async function readDocument({ exchange, headers }: S3Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  await receive({ body: exchange.request, headers }, (bytes) => {
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_DOCUMENT_BYTES) throw new S3Error('EntityTooLarge');
    chunks.push(bytes);
  });
  return Buffer.concat(chunks);
}

/**
 * A presigned URL carries headers in its query. S3 takes them as headers, except a checksum: the SDKs sign the one
 * of an empty body there, and S3 ignores it (aws/aws-sdk#480).
 */
function withPresigned(exchange: Exchange): Readonly<Record<string, string>> {
  if (!exchange.query.has('X-Amz-Signature')) return exchange.headers;
  const hoisted = [...exchange.query]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) =>
      /^x-amz-(meta-|acl$|tagging|server-side|storage-class|copy-source|metadata-|request-payer|expected-bucket-owner|website|object-|checksum-mode)/.test(
        name
      )
    );
  return { ...Object.fromEntries(hoisted), ...exchange.headers };
}

function refusal(error: S3Error, exchange: Exchange): Answer {
  if (error.status === 304) {
    const { ETag = '', LastModified = '' } = error.details;
    return { status: 304, headers: { etag: ETag, 'last-modified': LastModified }, body: '' };
  }
  const body = errorXml(error, { resource: exchange.path, requestId: exchange.requestId });
  const headers = { 'content-type': 'application/xml' };
  // Without a body to read it from, a client knows the code by the status alone.
  if (exchange.method === 'HEAD') return { status: error.status, headers, body: '' };
  return { status: error.status, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) }, body };
}

function withIds(answered: Answer, exchange: Exchange): Answer {
  const headers = {
    ...answered.headers,
    'x-amz-request-id': exchange.requestId,
    'x-amz-id-2': 'sandbox',
    server: 'AmazonS3',
  };
  if (exchange.method === 'HEAD' && answered.body instanceof Readable) answered.body.destroy();
  return { ...answered, headers, body: exchange.method === 'HEAD' ? '' : answered.body };
}
