import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketTaggingCommand,
  GetBucketTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { startS3, type S3Fixture } from '../support/s3';

let fixture: S3Fixture;
const Bucket = 'reviews';

beforeAll(async () => {
  fixture = await startS3();
  await fixture.client.send(new CreateBucketCommand({ Bucket }));
});

afterAll(async () => {
  expect(fixture.host.failures).toEqual([]);
  await fixture.close();
});

/** Code and status a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<{ code: string; status: number | undefined }> {
  const error: unknown = await call.then(
    () => undefined,
    (cause: unknown) => cause
  );
  if (!(error instanceof S3ServiceException)) throw new Error(`Not refused by S3: ${String(error)}`);
  return { code: error.name, status: error.$metadata.httpStatusCode };
}

async function put(Key: string, Body: string): Promise<string> {
  const { ETag } = await fixture.client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Body) }));
  return ETag ?? '';
}

async function text(Key: string, more: { Range?: string; PartNumber?: number } = {}): Promise<string> {
  const { Body } = await fixture.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return (await Body?.transformToString()) ?? '';
}

describe('an object', () => {
  test('comes back with its bytes, entity tag, content headers, metadata and tag count', async () => {
    const Expires = new Date('2030-01-01T00:00:00Z');
    await fixture.client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'full',
        Body: 'hello',
        ContentType: 'text/plain',
        CacheControl: 'no-cache',
        ContentDisposition: 'inline',
        ContentEncoding: 'identity',
        ContentLanguage: 'en',
        Expires,
        Metadata: { origin: 'test', Case: 'Kept' },
        Tagging: 'team=ml&stage=a%20b',
        StorageClass: 'STANDARD_IA',
      })
    );
    const got = await fixture.client.send(new GetObjectCommand({ Bucket, Key: 'full' }));
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ContentLength: 5,
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      ContentDisposition: 'inline',
      ContentEncoding: 'identity',
      ContentLanguage: 'en',
      ExpiresString: Expires.toUTCString(),
      Metadata: { origin: 'test', case: 'Kept' },
      TagCount: 2,
      StorageClass: 'STANDARD_IA',
      AcceptRanges: 'bytes',
      LastModified: new Date('2026-03-01T12:00:00Z'),
    });
    const head = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'full' }));
    expect(head).toMatchObject({ ContentLength: 5, ETag: got.ETag, Metadata: got.Metadata });
  });

  test.each([
    'plain',
    'a/b/c.csv',
    'with space and +plus%percent',
    'ünï/cødé/日本語/😀',
    'quotes\'"<&>;',
    '/leading//double/',
    '..',
    '../../escape',
    'dir/./x',
    'tilde~!*()@:$,=',
    'x'.repeat(1024),
  ])('may have the key %j', async (Key) => {
    await put(Key, `body of ${Key}`);
    expect(await text(Key)).toBe(`body of ${Key}`);
    await fixture.client.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await refusal(text(Key))).toEqual({ code: 'NoSuchKey', status: 404 });
  });

  test('may be empty', async () => {
    await put('empty', '');
    expect(await text('empty')).toBe('');
    const head = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'empty' }));
    expect(head).toMatchObject({ ContentLength: 0, ETag: '"d41d8cd98f00b204e9800998ecf8427e"' });
  });

  test('answers the headers a reader asks for instead of its own', async () => {
    await put('override', 'x');
    const got = await fixture.client.send(
      new GetObjectCommand({
        Bucket,
        Key: 'override',
        ResponseContentType: 'text/csv',
        ResponseCacheControl: 'private',
      })
    );
    await got.Body?.transformToString();
    expect(got).toMatchObject({ ContentType: 'text/csv', CacheControl: 'private' });
  });

  test('stays readable to its end while it is replaced', async () => {
    await put('busy', 'a'.repeat(2_000_000));
    const { Body } = await fixture.client.send(new GetObjectCommand({ Bucket, Key: 'busy' }));
    await put('busy', 'b');
    await fixture.client.send(new DeleteObjectCommand({ Bucket, Key: 'busy' }));
    expect(await Body?.transformToString()).toBe('a'.repeat(2_000_000));
  });
});

describe('a range', () => {
  test.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-4', '4', 'bytes 4-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=7-99', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ])('%s answers 206 with %j', async (Range, expected, ContentRange) => {
    await put('digits', '0123456789');
    const got = await fixture.client.send(new GetObjectCommand({ Bucket, Key: 'digits', Range }));
    expect(await got.Body?.transformToString()).toBe(expected);
    expect(got).toMatchObject({ ContentRange, ContentLength: expected.length });
    expect(got.$metadata.httpStatusCode).toBe(206);
  });

  test.each(['bytes=5-2', 'bytes=a-b', 'lines=0-1', 'bytes=0-1,3-4'])(
    '%s is no range and is ignored',
    async (Range) => {
      await put('digits', '0123456789');
      expect(await text('digits', { Range })).toBe('0123456789');
    }
  );

  test.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('%s lies outside and is refused', async (Range) => {
    await put('digits', '0123456789');
    expect(await refusal(text('digits', { Range }))).toEqual({ code: 'InvalidRange', status: 416 });
  });
});

describe('conditions', () => {
  const past = new Date('2026-02-01T00:00:00Z');
  const future = new Date('2026-04-01T00:00:00Z');
  const other = '"00000000000000000000000000000000"';

  test.each([
    ['If-Match with its tag', (etag: string) => ({ IfMatch: etag }), 200],
    ['If-Match with *', () => ({ IfMatch: '*' }), 200],
    ['If-Match with one of several', (etag: string) => ({ IfMatch: `${other}, ${etag}` }), 200],
    ['If-Match with another tag', () => ({ IfMatch: other }), 412],
    ['If-None-Match with its tag', (etag: string) => ({ IfNoneMatch: etag }), 304],
    ['If-None-Match with another tag', () => ({ IfNoneMatch: other }), 200],
    ['If-Modified-Since before', () => ({ IfModifiedSince: past }), 200],
    ['If-Modified-Since after', () => ({ IfModifiedSince: future }), 304],
    ['If-Unmodified-Since before', () => ({ IfUnmodifiedSince: past }), 412],
    ['If-Unmodified-Since after', () => ({ IfUnmodifiedSince: future }), 200],
    ['a matching tag over an older date', (etag: string) => ({ IfMatch: etag, IfUnmodifiedSince: past }), 200],
    ['a differing tag over a newer date', () => ({ IfNoneMatch: other, IfModifiedSince: future }), 200],
  ])('of a read: %s', async (_name, conditions, status) => {
    const etag = await put('conditional', 'x');
    const call = fixture.client
      .send(new HeadObjectCommand({ Bucket, Key: 'conditional', ...conditions(etag) }))
      .then(({ $metadata }) => $metadata.httpStatusCode)
      .catch((error: S3ServiceException) => error.$metadata.httpStatusCode);
    expect(await call).toBe(status);
  });

  test('of a write: If-None-Match * creates once, If-Match replaces what was read and nothing newer', async () => {
    const write = (conditions: { IfMatch?: string; IfNoneMatch?: string }, Body: string) =>
      fixture.client.send(new PutObjectCommand({ Bucket, Key: 'guarded', Body, ...conditions }));
    expect(await refusal(write({ IfMatch: other }, 'x'))).toEqual({ code: 'NoSuchKey', status: 404 });
    const { ETag = '' } = await write({ IfNoneMatch: '*' }, 'one');
    expect(await refusal(write({ IfNoneMatch: '*' }, 'two'))).toEqual({ code: 'PreconditionFailed', status: 412 });
    expect(await refusal(write({ IfNoneMatch: ETag }, 'two'))).toEqual({ code: 'NotImplemented', status: 501 });
    await write({ IfMatch: ETag }, 'three');
    expect(await refusal(write({ IfMatch: ETag }, 'four'))).toEqual({ code: 'PreconditionFailed', status: 412 });
    expect(await text('guarded')).toBe('three');
  });

  test('let exactly one of many concurrent creators win', async () => {
    const attempts = Array.from({ length: 20 }, (_, at) =>
      fixture.client.send(new PutObjectCommand({ Bucket, Key: 'race', Body: String(at), IfNoneMatch: '*' }))
    );
    const settled = await Promise.allSettled(attempts);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('of a deletion: If-Match', async () => {
    const IfMatch = await put('deletable', 'x');
    const remove = (condition: string) =>
      fixture.client.send(new DeleteObjectCommand({ Bucket, Key: 'deletable', IfMatch: condition }));
    expect(await refusal(remove(other))).toEqual({ code: 'PreconditionFailed', status: 412 });
    await remove(IfMatch);
    expect(await refusal(text('deletable'))).toEqual({ code: 'NoSuchKey', status: 404 });
  });
});

describe('a copy', () => {
  test('takes bytes and attributes along, or takes new attributes', async () => {
    await fixture.client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'src ü+',
        Body: 'abc',
        ContentType: 'text/plain',
        Metadata: { a: '1' },
        Tagging: 't=1',
      })
    );
    const CopySource = `${Bucket}/${encodeURIComponent('src ü+')}`;
    await fixture.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    expect(await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { a: '1' },
      TagCount: 1,
    });
    await fixture.client.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'copy2',
        CopySource,
        MetadataDirective: 'REPLACE',
        Metadata: { b: '2' },
        ContentType: 'x/y',
      })
    );
    expect(await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'copy2' }))).toMatchObject({
      ContentType: 'x/y',
      Metadata: { b: '2' },
    });
    await put('src ü+', 'changed');
    expect(await text('copy')).toBe('abc');
  });

  test('onto itself needs a change, and obeys conditions on its source', async () => {
    const etag = await put('self', 'abc');
    const CopySource = `${Bucket}/self`;
    const copy = (more: object) =>
      fixture.client.send(new CopyObjectCommand({ Bucket, Key: 'self', CopySource, ...more }));
    expect(await refusal(copy({}))).toEqual({ code: 'InvalidRequest', status: 400 });
    expect(await refusal(copy({ MetadataDirective: 'REPLACE', CopySourceIfNoneMatch: etag }))).toEqual({
      code: 'PreconditionFailed',
      status: 412,
    });
    await copy({ MetadataDirective: 'REPLACE', Metadata: { z: '9' } });
    expect(await text('self')).toBe('abc');
  });

  test('of nothing is refused', async () => {
    const copy = (CopySource: string) =>
      refusal(fixture.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource })));
    expect(await copy(`${Bucket}/absent`)).toEqual({ code: 'NoSuchKey', status: 404 });
    expect(await copy('no-such-bucket/x')).toEqual({ code: 'NoSuchBucket', status: 404 });
    expect(await copy('nothing')).toEqual({ code: 'InvalidArgument', status: 400 });
  });
});

describe('deletion', () => {
  test('of many reports each key, stays silent when asked to, and does not mind absent keys', async () => {
    await Promise.all(['d1', 'd2', 'd3'].map((key) => put(key, key)));
    const remove = (keys: { Key: string; ETag?: string }[], Quiet: boolean) =>
      fixture.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys, Quiet } }));
    const spoken = await remove([{ Key: 'd1' }, { Key: 'absent <&>' }, { Key: 'd3', ETag: '"no"' }], false);
    expect(spoken.Deleted).toEqual([{ Key: 'd1' }, { Key: 'absent <&>' }]);
    expect(spoken.Errors).toMatchObject([{ Key: 'd3', Code: 'PreconditionFailed' }]);
    const silent = await remove([{ Key: 'd2' }], true);
    expect(silent.Deleted).toBeUndefined();
    expect(await text('d3')).toBe('d3');
  });
});

describe('tags and attributes', () => {
  test('of an object are put, read and deleted', async () => {
    await put('tagged', 'x');
    const target = { Bucket, Key: 'tagged' };
    await fixture.client.send(
      new PutObjectTaggingCommand({
        ...target,
        Tagging: {
          TagSet: [
            { Key: 'k', Value: 'v <&>' },
            { Key: 'empty', Value: '' },
          ],
        },
      })
    );
    expect((await fixture.client.send(new GetObjectTaggingCommand(target))).TagSet).toEqual([
      { Key: 'k', Value: 'v <&>' },
      { Key: 'empty', Value: '' },
    ]);
    await fixture.client.send(new DeleteObjectTaggingCommand(target));
    expect((await fixture.client.send(new GetObjectTaggingCommand(target))).TagSet).toEqual([]);
    const TagSet = Array.from({ length: 11 }, (_, at) => ({ Key: `k${at}`, Value: '' }));
    expect(await refusal(fixture.client.send(new PutObjectTaggingCommand({ ...target, Tagging: { TagSet } })))).toEqual(
      {
        code: 'InvalidTag',
        status: 400,
      }
    );
  });

  test('GetObjectAttributes answers what it is asked for', async () => {
    await put('attributes', 'hello');
    const got = await fixture.client.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: 'attributes',
        ObjectAttributes: ['ETag', 'ObjectSize', 'Checksum'],
      })
    );
    expect(got).toMatchObject({
      ETag: '5d41402abc4b2a76b9719d911017c592',
      ObjectSize: 5,
      Checksum: { ChecksumCRC32: 'NhCmhg==', ChecksumType: 'FULL_OBJECT' },
    });
    expect(got.StorageClass).toBeUndefined();
  });
});

describe('a bucket', () => {
  test('is made, found, tagged, listed, and deleted only when empty', async () => {
    const own = { Bucket: 'second-bucket' };
    await fixture.client.send(new CreateBucketCommand(own));
    expect(await fixture.client.send(new HeadBucketCommand(own))).toMatchObject({ BucketRegion: 'us-east-1' });
    expect((await fixture.client.send(new GetBucketVersioningCommand(own))).Status).toBeUndefined();
    await fixture.client.send(new PutBucketTaggingCommand({ ...own, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }));
    expect((await fixture.client.send(new GetBucketTaggingCommand(own))).TagSet).toEqual([{ Key: 'a', Value: 'b' }]);
    const { Buckets } = await fixture.client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket, 'second-bucket']);
    await fixture.client.send(new PutObjectCommand({ ...own, Key: 'k', Body: 'x' }));
    expect(await refusal(fixture.client.send(new DeleteBucketCommand(own)))).toEqual({
      code: 'BucketNotEmpty',
      status: 409,
    });
    await fixture.client.send(new DeleteObjectCommand({ ...own, Key: 'k' }));
    await fixture.client.send(new DeleteBucketCommand(own));
    expect(await refusal(fixture.client.send(new HeadBucketCommand(own)))).toEqual({ code: 'NotFound', status: 404 });
    expect(await refusal(fixture.client.send(new GetObjectCommand({ ...own, Key: 'k' })))).toEqual({
      code: 'NoSuchBucket',
      status: 404,
    });
  });

  test('belongs to the region its request was signed for', async () => {
    const west = await startS3({ region: 'eu-west-1' });
    try {
      await west.client.send(new CreateBucketCommand({ Bucket: 'west' }));
      expect(await west.client.send(new GetBucketLocationCommand({ Bucket: 'west' }))).toMatchObject({
        LocationConstraint: 'eu-west-1',
      });
      expect(await refusal(west.client.send(new CreateBucketCommand({ Bucket: 'west' })))).toEqual({
        code: 'BucketAlreadyOwnedByYou',
        status: 409,
      });
    } finally {
      await west.close();
    }
    await expect(fixture.client.send(new GetBucketLocationCommand({ Bucket }))).resolves.not.toHaveProperty(
      'LocationConstraint',
      'eu-west-1'
    );
  });

  test.each(['UPPER', 'ab', 'has_underscore', '192.168.0.1', 'dot..dot', '-dash'])(
    'cannot be called %j',
    async (name) => {
      const call = fixture.client.send(new CreateBucketCommand({ Bucket: name }));
      expect(await refusal(call)).toEqual({ code: 'InvalidBucketName', status: 400 });
    }
  );

  test('is reached by its name in the host as well', async () => {
    await put('a/virtual host', 'found');
    const body = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest(
        {
          port: fixture.host.port,
          path: '/a/virtual%20host',
          headers: { host: `${Bucket}.localhost:${fixture.host.port}` },
        },
        (response) => {
          let all = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
          response.on('end', () => resolve(all));
        }
      );
      sent.on('error', reject).end();
    });
    expect(body).toBe('found');
  });
});

describe('a refusal', () => {
  test('names the operation that is not implemented', async () => {
    const call = fixture.client.send(new GetBucketAclCommand({ Bucket }));
    await expect(call).rejects.toThrow("The sandbox does not implement S3's GetBucketAcl.");
    expect(await refusal(fixture.client.send(new GetBucketAclCommand({ Bucket })))).toEqual({
      code: 'NotImplemented',
      status: 501,
    });
  });

  test.each([
    ['server-side encryption with a customer key', { SSECustomerAlgorithm: 'AES256' }, 'NotImplemented'],
    ['object lock', { ObjectLockMode: 'GOVERNANCE' as const }, 'NotImplemented'],
    ['a public ACL', { ACL: 'public-read' as const }, 'AccessControlListNotSupported'],
    ['the bucket of another account', { ExpectedBucketOwner: '999999999999' }, 'AccessDenied'],
    ['too much metadata', { Metadata: { big: 'x'.repeat(2048) } }, 'MetadataTooLarge'],
  ])('is the answer to %s', async (_name, more, code) => {
    const call = fixture.client.send(new PutObjectCommand({ Bucket, Key: 'refused', Body: 'x', ...more }));
    expect((await refusal(call)).code).toBe(code);
    expect((await refusal(text('refused'))).code).toBe('NoSuchKey');
  });

  test('is an XML document that says what was asked for', async () => {
    const response = await fetch(`${fixture.host.url}/${Bucket}/no%20such`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/xml');
    expect(await response.text()).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Error><Code>NoSuchKey<\/Code><Message>[^<]+<\/Message><Key>no such<\/Key><Resource>\/reviews\/no such<\/Resource><RequestId>[^<]+<\/RequestId>/
    );
  });

  test.each([
    ['PATCH', '/reviews/key', 405, 'MethodNotAllowed'],
    ['POST', '/reviews/key', 405, 'MethodNotAllowed'],
    ['POST', '/reviews', 501, 'NotImplemented'],
    ['POST', '/reviews?delete', 400, 'MalformedXML'],
    ['GET', '/reviews/%ff', 400, 'InvalidURI'],
    ['GET', '/reviews?max-keys=no', 400, 'InvalidArgument'],
    ['GET', `/reviews/${'k'.repeat(1025)}`, 400, 'KeyTooLongError'],
    ['GET', '/reviews/key?versionId=v1', 404, 'NoSuchVersion'],
  ])('meets %s %s', async (method, path, status, code) => {
    const response = await fetch(fixture.host.url + path, { method, ...(method === 'GET' ? {} : { body: '<broken' }) });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
  });
});
