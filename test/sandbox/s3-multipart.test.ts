import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { startS3, type S3Fixture } from '../support/s3';

const MIB = 1024 * 1024;
const Bucket = 'multipart';
const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB + 7), randomBytes(99)];
const whole = Buffer.concat(parts);

let fixture: S3Fixture;

beforeAll(async () => {
  fixture = await startS3();
  await fixture.client.send(new CreateBucketCommand({ Bucket }));
});

afterAll(async () => {
  expect(fixture.host.failures).toEqual([]);
  await fixture.close();
});

async function start(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
  const { UploadId } = await fixture.client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  return UploadId ?? '';
}

async function upload(Key: string, UploadId: string, bodies: readonly Buffer[] = parts): Promise<CompletedPart[]> {
  const done: CompletedPart[] = [];
  for (const [at, Body] of bodies.entries()) {
    const sent = await fixture.client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: at + 1, Body }));
    const { $metadata: _metadata, ...part } = sent;
    done.push({ ...part, PartNumber: at + 1 });
  }
  return done;
}

function complete(Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) {
  return fixture.client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more })
  );
}

async function bytes(Key: string, more: { Range?: string; PartNumber?: number } = {}): Promise<Buffer> {
  const { Body } = await fixture.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function code(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.catch((cause: unknown) => cause);
  return error instanceof S3ServiceException ? error.name : `not refused: ${String(error)}`;
}

describe('a multipart upload', () => {
  test('becomes one object with the entity tag, attributes and parts of S3', async () => {
    const id = await start('whole', { ContentType: 'x/y', Metadata: { a: '1' }, Tagging: 't=1' });
    const done = await upload('whole', id);
    expect(await code(bytes('whole'))).toBe('NoSuchKey');
    const md5s = parts.map((part) => createHash('md5').update(part).digest());
    const expected = `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-3"`;
    expect((await complete('whole', id, done)).ETag).toBe(expected);
    expect((await bytes('whole')).equals(whole)).toBe(true);
    const head = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'whole', PartNumber: 2 }));
    expect(head).toMatchObject({
      ETag: expected,
      ContentType: 'x/y',
      Metadata: { a: '1' },
      TagCount: 1,
      PartsCount: 3,
      ContentLength: 5 * MIB + 7,
    });
    expect((await bytes('whole', { PartNumber: 3 })).equals(parts[2] ?? Buffer.of())).toBe(true);
    expect(await code(bytes('whole', { PartNumber: 4 }))).toBe('InvalidPartNumber');
  });

  test('is read by ranges that cross its parts', async () => {
    const id = await start('ranges');
    await complete('ranges', id, await upload('ranges', id));
    for (const [from, to] of [
      [5 * MIB - 3, 5 * MIB + 3],
      [1, whole.length - 2],
      [10 * MIB + 7, 10 * MIB + 7],
    ] as const) {
      expect((await bytes('ranges', { Range: `bytes=${from}-${to}` })).equals(whole.subarray(from, to + 1))).toBe(true);
    }
  });

  test('may be completed again when the answer was lost, and copied into a single object', async () => {
    const id = await start('again');
    const done = await upload('again', id);
    const first = await complete('again', id, done);
    expect((await complete('again', id, done)).ETag).toBe(first.ETag);
    await fixture.client.send(new CopyObjectCommand({ Bucket, Key: 'flat', CopySource: `${Bucket}/again` }));
    const head = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'flat' }));
    expect(head.ETag).toBe(`"${createHash('md5').update(whole).digest('hex')}"`);
    expect((await bytes('flat')).equals(whole)).toBe(true);
  });

  test('takes a subset of its parts, and the last body sent for a number', async () => {
    const id = await start('subset');
    await upload('subset', id, [randomBytes(6 * MIB), randomBytes(10), randomBytes(10)]);
    const done = await upload('subset', id, parts);
    await complete('subset', id, [done[0] ?? {}, done[2] ?? {}]);
    expect((await bytes('subset')).equals(Buffer.concat([parts[0] ?? Buffer.of(), parts[2] ?? Buffer.of()]))).toBe(
      true
    );
  });

  test('copies parts from other objects', async () => {
    await fixture.client.send(new PutObjectCommand({ Bucket, Key: 'source', Body: whole }));
    const id = await start('copied');
    const copy = async (PartNumber: number, CopySourceRange: string): Promise<CompletedPart> => {
      const input = {
        Bucket,
        Key: 'copied',
        UploadId: id,
        CopySource: `${Bucket}/source`,
        PartNumber,
        CopySourceRange,
      };
      const { CopyPartResult } = await fixture.client.send(new UploadPartCopyCommand(input));
      return { PartNumber, ETag: CopyPartResult?.ETag };
    };
    expect(await code(copy(3, `bytes=${whole.length}-`))).toBe('InvalidRange');
    expect(await code(copy(3, 'bytes=9-1'))).toBe('InvalidArgument');
    await complete('copied', id, [await copy(1, `bytes=0-${5 * MIB - 1}`), await copy(2, 'bytes=100-199')]);
    expect((await bytes('copied')).equals(Buffer.concat([whole.subarray(0, 5 * MIB), whole.subarray(100, 200)]))).toBe(
      true
    );
  });

  test.each([
    ['SHA256', 'COMPOSITE', /-3$/],
    ['CRC32', 'COMPOSITE', /-3$/],
    ['CRC32', 'FULL_OBJECT', /^[^-]+$/],
    ['CRC32C', 'FULL_OBJECT', /^[^-]+$/],
    ['CRC64NVME', 'FULL_OBJECT', /^[^-]+$/],
  ] as const)('with %s joins the checksums of its parts (%s)', async (ChecksumAlgorithm, ChecksumType, shape) => {
    const Key = `sum-${ChecksumAlgorithm}-${ChecksumType}`;
    const { UploadId = '' } = await fixture.client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm, ChecksumType })
    );
    const done: CompletedPart[] = [];
    for (const [at, Body] of parts.entries()) {
      const input = { Bucket, Key, UploadId, PartNumber: at + 1, Body, ChecksumAlgorithm };
      const { $metadata: _metadata, ...part } = await fixture.client.send(new UploadPartCommand(input));
      done.push({ ...part, PartNumber: at + 1 });
    }
    const made = await complete(Key, UploadId, done);
    expect(made[`Checksum${ChecksumAlgorithm}`]).toMatch(shape);
    if (ChecksumType === 'FULL_OBJECT') {
      const single = await fixture.client.send(
        new PutObjectCommand({ Bucket, Key: 'single', Body: whole, ChecksumAlgorithm })
      );
      expect(made[`Checksum${ChecksumAlgorithm}`]).toBe(single[`Checksum${ChecksumAlgorithm}`]);
    }
  });

  test('is refused with the right words when its parts do not fit', async () => {
    const id = await start('unfit');
    const done = await upload('unfit', id, [randomBytes(5 * MIB), randomBytes(10), randomBytes(10)]);
    const [one = {}, two = {}, three = {}] = done;
    expect(await code(complete('unfit', id, [one, two, three]))).toBe('EntityTooSmall');
    expect(await code(complete('unfit', id, [two, one]))).toBe('InvalidPartOrder');
    expect(await code(complete('unfit', id, [one, { ...two, ETag: '"00"' }]))).toBe('InvalidPart');
    expect(await code(complete('unfit', id, [one, { ...two, PartNumber: 7 }]))).toBe('InvalidPart');
    expect(await code(complete('unfit', id, []))).toBe('MalformedXML');
    expect(await code(complete('unfit', 'none', [one]))).toBe('NoSuchUpload');
    expect(await code(complete('other', id, [one]))).toBe('NoSuchUpload');
    expect(await code(complete('unfit', id, [one, two], { MpuObjectSize: 3 }))).toBe('InvalidRequest');
    await complete('unfit', id, [one, two], { IfNoneMatch: '*' });
    const next = await start('unfit');
    const again = await upload('unfit', next, [Buffer.from('x')]);
    expect(await code(complete('unfit', next, again, { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    const composite = await start('unfit', { ChecksumAlgorithm: 'SHA256' });
    const input = { Bucket, Key: 'unfit', UploadId: composite, PartNumber: 1, Body: Buffer.from('x') };
    expect(await code(fixture.client.send(new UploadPartCommand(input)))).toBe('InvalidRequest');
    expect(await code(start('unfit', { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' }))).toBe(
      'InvalidRequest'
    );
    const zero = new UploadPartCommand({ ...input, PartNumber: 0 });
    expect(await code(fixture.client.send(zero))).toBe('InvalidArgument');
  });

  test('is listed with its parts page by page, and gone when aborted', async () => {
    const ids = [await start('list/a'), await start('list/a'), await start('list/b/c')];
    await upload('list/a', ids[0] ?? '', [Buffer.from('1'), Buffer.from('22'), Buffer.from('333')]);
    const target = { Bucket, Key: 'list/a', UploadId: ids[0] };
    const first = await fixture.client.send(new ListPartsCommand({ ...target, MaxParts: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
    const rest = await fixture.client.send(
      new ListPartsCommand({ ...target, PartNumberMarker: first.NextPartNumberMarker })
    );
    expect(rest.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([[3, 3]]);

    const list = (more: object) =>
      fixture.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'list/', ...more }));
    expect((await list({})).Uploads?.map(({ Key }) => Key)).toEqual(['list/a', 'list/a', 'list/b/c']);
    const page = await list({ MaxUploads: 1 });
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    const next = await list({ KeyMarker, UploadIdMarker });
    const found = [...(page.Uploads ?? []), ...(next.Uploads ?? [])].map(({ UploadId }) => UploadId);
    expect(found.sort()).toEqual([...ids].sort());
    expect((await list({ Delimiter: '/' })).CommonPrefixes).toEqual([{ Prefix: 'list/b/' }]);

    await fixture.client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'list/a', UploadId: ids[0] }));
    expect(await code(fixture.client.send(new ListPartsCommand(target)))).toBe('NoSuchUpload');
    expect((await list({})).Uploads).toHaveLength(2);
  });
});
