import type { ChecksumAlgorithm } from '@aws-sdk/client-s3';
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ChunkedDecoder } from '../../sandbox/s3/integrity/chunked';
import { CRC32, CRC32C, CRC64NVME, createCrc, type CrcAlgorithm } from '../../sandbox/s3/integrity/crc';
import { combineCrc } from '../../sandbox/s3/integrity/crc-combine';
import { startS3, type S3Fixture } from '../support/s3';

const crcs: readonly (readonly [string, CrcAlgorithm, string])[] = [
  ['CRC32', CRC32, 'cbf43926'],
  ['CRC32C', CRC32C, 'e3069283'],
  ['CRC64NVME', CRC64NVME, 'ae8b14860a799888'],
];

function crcOf(algorithm: CrcAlgorithm, ...pieces: readonly Uint8Array[]): Buffer {
  const crc = createCrc(algorithm);
  pieces.forEach((piece) => crc.update(piece));
  return crc.digest();
}

describe.each(crcs)('%s', (_name, algorithm, check) => {
  test('has its published check value', () => {
    expect(crcOf(algorithm, Buffer.from('123456789')).toString('hex')).toBe(check);
  });

  test('does not depend on how the bytes arrive, and joins with the CRC of what follows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (a, b) => {
        const whole = crcOf(algorithm, Buffer.concat([a, b]));
        expect(crcOf(algorithm, a, b)).toEqual(whole);
        const joined = combineCrc(algorithm, crcOf(algorithm, a), { crc: crcOf(algorithm, b), sizeBytes: b.length });
        expect(joined).toEqual(whole);
      })
    );
  });
});

describe('the aws-chunked decoder', () => {
  const frame = (chunks: readonly Uint8Array[], trailers: string): Buffer =>
    Buffer.concat([
      ...chunks
        .filter(({ length }) => length > 0)
        .flatMap((chunk) => [
          Buffer.from(`${chunk.length.toString(16)};chunk-signature=00ff\r\n`),
          chunk,
          Buffer.from('\r\n'),
        ]),
      Buffer.from(`0;chunk-signature=aa\r\n${trailers}\r\n`),
    ]);

  test('takes off the framing however the network cuts it', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(chunks, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (payload, cuts) => {
        const wire = frame(payload, 'x-amz-checksum-crc32:AAAA\r\n');
        const decoder = new ChunkedDecoder();
        const out: Buffer[] = [];
        for (let at = 0, cut = 0; at < wire.length; cut++) {
          const size = cuts[cut % cuts.length] ?? 1;
          out.push(...decoder.push(wire.subarray(at, at + size)));
          at += size;
        }
        decoder.finish();
        expect(Buffer.concat(out)).toEqual(Buffer.concat(payload));
        expect(decoder.trailers).toEqual({ 'x-amz-checksum-crc32': 'AAAA' });
      })
    );
  });

  test('refuses a body that ends inside a chunk, and sizes that are none', () => {
    const whole = frame([Buffer.from('hello')], '');
    for (const length of [1, 24, 30, 33]) {
      const decoder = new ChunkedDecoder();
      const read = (): void => {
        for (const bytes of decoder.push(whole.subarray(0, length))) expect(bytes.length).toBeGreaterThan(0);
        decoder.finish();
      };
      expect(read).toThrow('framing');
    }
    expect(() => [...new ChunkedDecoder().push(Buffer.from('zz\r\n'))]).toThrow('framing');
    expect(() => [...new ChunkedDecoder().push(Buffer.alloc(20_000, '1'))]).toThrow('framing');
  });
});

describe('an upload', () => {
  let fixture: S3Fixture;
  const Bucket = 'integrity';

  beforeAll(async () => {
    fixture = await startS3();
    await fixture.client.send(new CreateBucketCommand({ Bucket }));
  });

  afterAll(async () => {
    expect(fixture.host.failures).toEqual([]);
    await fixture.close();
  });

  const algorithms: readonly ChecksumAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'];

  test.each(algorithms)('with %s is verified, kept, and verified again by the reading client', async (algorithm) => {
    const body = randomBytes(100_000);
    const Key = `sum-${algorithm}`;
    await fixture.client.send(new PutObjectCommand({ Bucket, Key, Body: body, ChecksumAlgorithm: algorithm }));
    const got = await fixture.client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    expect(got[`Checksum${algorithm as 'CRC32'}`]).toMatch(/=$/);
    // The SDK compares the stream with that checksum and throws on a difference.
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });

  test('of a stream larger than any buffer comes back byte for byte', async () => {
    const blockBytes = 1_000_003;
    const blocks = 24;
    const expected = createHash('sha256');
    const source = function* (): Generator<Buffer> {
      for (let at = 0; at < blocks; at++) {
        const block = randomBytes(blockBytes);
        expected.update(block);
        yield block;
      }
    };
    await fixture.client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'stream',
        Body: Readable.from(source(), { objectMode: false }),
        ContentLength: blockBytes * blocks,
      })
    );
    const got = await fixture.client.send(new GetObjectCommand({ Bucket, Key: 'stream' }));
    const actual = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of got.Body as Readable) {
      actual.update(chunk);
      sizeBytes += chunk.length;
    }
    expect(sizeBytes).toBe(blockBytes * blocks);
    expect(actual.digest('hex')).toBe(expected.digest('hex'));
    expect(got.ContentEncoding).toBeUndefined();
  });

  test('without a checksum gets a CRC64NVME, as S3 gives it', async () => {
    const response = await fetch(`${fixture.host.url}/${Bucket}/bare`, { method: 'PUT', body: '123456789' });
    expect(response.status).toBe(200);
    const head = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'bare', ChecksumMode: 'ENABLED' }));
    expect(head.ChecksumCRC64NVME).toBe(Buffer.from('ae8b14860a799888', 'hex').toString('base64'));
  });

  const md5 = createHash('md5').update('hello').digest('base64');
  const sha512 = createHash('sha512').update('hello').digest('base64');
  const chunked = { 'content-encoding': 'aws-chunked', 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
  const trailer = { ...chunked, 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' };
  const signed = {
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-decoded-content-length': '5',
  };

  const put = (path: string, headers: Record<string, string>, body: string): Promise<Response> =>
    fetch(`${fixture.host.url}/${Bucket}/${path}`, { method: 'PUT', headers, body });

  test.each<readonly [string, Record<string, string>, string]>([
    ['Content-MD5', { 'content-md5': md5 }, 'hello'],
    ['SHA-512', { 'x-amz-checksum-sha512': sha512 }, 'hello'],
    ['payload hash', { 'x-amz-content-sha256': createHash('sha256').update('hello').digest('hex') }, 'hello'],
    ['trailing CRC32', trailer, '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'],
    ['trailing CRC32 in two chunks', trailer, '2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'],
    ['signed chunks', signed, '5;chunk-signature=ab\r\nhello\r\n0;chunk-signature=cd\r\n\r\n'],
  ])('whose %s is right is stored without its framing', async (name, headers, body) => {
    const path = `right-${name.replace(/\W/g, '-')}`;
    const response = await put(path, headers, body);
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(await (await fetch(`${fixture.host.url}/${Bucket}/${path}`)).text()).toBe('hello');
  });

  test.each<readonly [string, string, Record<string, string>, string]>([
    ['Content-MD5 differs', 'BadDigest', { 'content-md5': md5 }, 'hellO'],
    ['Content-MD5 is none', 'InvalidDigest', { 'content-md5': 'short' }, 'hello'],
    ['CRC32 differs', 'BadDigest', { 'x-amz-checksum-crc32': 'NhCmhg==' }, 'hellO'],
    ['CRC32 is none', 'InvalidRequest', { 'x-amz-checksum-crc32': 'NhCmhg' }, 'hello'],
    ['algorithm is not computed here', 'NotImplemented', { 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' }, 'hello'],
    ['checksums are two', 'InvalidRequest', { 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-checksum-md5': md5 }, 'hello'],
    ['payload hash differs', 'XAmzContentSHA256Mismatch', { 'x-amz-content-sha256': '0'.repeat(64) }, 'hello'],
    ['trailer differs', 'BadDigest', trailer, '5\r\nhellO\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'],
    ['trailer is missing', 'InvalidRequest', trailer, '5\r\nhello\r\n0\r\n\r\n'],
    ['framing ends early', 'IncompleteBody', trailer, '5\r\nhel'],
    ['framing is broken', 'IncompleteBody', trailer, 'hello'],
    ['length differs', 'IncompleteBody', trailer, '4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'],
  ])('whose %s is refused with %s and leaves nothing', async (_name, code, headers, body) => {
    const response = await put('wrong', headers, body);
    expect([response.status >= 400, await response.text()]).toEqual([
      true,
      expect.stringContaining(`<Code>${code}</Code>`),
    ]);
    expect((await fetch(`${fixture.host.url}/${Bucket}/wrong`)).status).toBe(404);
    expect((await readdir(join(fixture.dir, Bucket, 'blobs'))).filter((name) => name.endsWith('-wrong'))).toEqual([]);
  });

  test('that goes wrong at its start is answered, however much of it is still to come', async () => {
    const body = `nonsense\r\n${'x'.repeat(20_000_000)}`;
    const response = await put('wrong', { ...trailer, 'x-amz-decoded-content-length': '20000000' }, body);
    expect(await response.text()).toContain('<Code>IncompleteBody</Code>');
    expect((await put('next', {}, 'on the same connection')).status).toBe(200);
  });

  test('of unannounced length is refused as S3 does', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest(`${fixture.host.url}/${Bucket}/wrong`, { method: 'PUT' }, (response) => {
        let all = `${response.statusCode} `;
        response.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
        response.on('end', () => resolve(all));
      });
      sent.on('error', reject);
      sent.write('hello');
      sent.end();
    });
    expect(answer).toMatch(/^501 .*<Header>Transfer-Encoding<\/Header>/s);
  });

  test('through a presigned URL is accepted, and the checksum of nothing that SDKs sign into it is ignored', async () => {
    const query =
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00&X-Amz-Expires=60&x-amz-checksum-crc32=AAAAAA%3D%3D';
    const response = await put(`signed?${query}&x-amz-meta-who=me&x-id=PutObject`, {}, 'hello');
    expect(response.status).toBe(200);
    const got = await fetch(`${fixture.host.url}/${Bucket}/signed?X-Amz-Signature=00`);
    expect([await got.text(), got.headers.get('x-amz-meta-who')]).toEqual(['hello', 'me']);
  });

  test('that breaks off leaves the object as it was', async () => {
    await put('steady', {}, 'before');
    await new Promise<void>((resolve) => {
      const sent = httpRequest(`${fixture.host.url}/${Bucket}/steady`, {
        method: 'PUT',
        headers: { 'content-length': 1000 },
      });
      sent.on('error', () => resolve());
      sent.write('half', () => sent.destroy());
    });
    expect(await (await fetch(`${fixture.host.url}/${Bucket}/steady`)).text()).toBe('before');
  });
});
