import { isIP } from 'node:net';
import { S3Error } from '../errors';

/** What a request is about. */
export interface Address {
  readonly bucket?: string;
  readonly key?: string;
}

const MAX_KEY_BYTES = 1024;

/**
 * Finds bucket and key in a request. Virtual-host style is `bucket.localhost`, `bucket.s3.localhost` or any
 * `bucket.s3[.region].amazonaws.com`; everything else, such as an IP address, is path style.
 * Throws `InvalidURI` and `KeyTooLongError`.
 */
export function addressOf(rawPath: string, host: string): Address {
  const fromHost = bucketOfHost(host);
  const path = rawPath.replace(/^\//, '');
  const slash = path.indexOf('/');
  const [first, rest] = slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
  const [bucket, rawKey] = fromHost === undefined ? [decode(first), rest] : [fromHost, path];
  const key = decode(rawKey);
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', undefined, {
      Size: String(Buffer.byteLength(key)),
      MaxSizeAllowed: String(MAX_KEY_BYTES),
    });
  }
  return { ...(bucket === '' ? {} : { bucket }), ...(key === '' ? {} : { key }) };
}

function bucketOfHost(hostHeader: string): string | undefined {
  const host = hostHeader.replace(/:\d+$/, '').toLowerCase();
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) return undefined;
  const bucket = /^(.+?)(\.s3[.-][a-z0-9-]+(\.dualstack)?|\.s3)?\.(localhost|amazonaws\.com)$/.exec(host)?.[1];
  // "s3.localhost" and "s3.eu-west-1.amazonaws.com" are the service itself.
  return bucket === undefined || /^s3([.-][a-z0-9-]+)?$/.test(bucket) ? undefined : bucket;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}
