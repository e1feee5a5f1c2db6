import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from '@jest/globals';
import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createS3 } from '../../sandbox/s3';
import { Journal } from '../../sandbox/files/journal';
import { startS3, type S3Fixture } from '../support/s3';

const Bucket = 'durable';
const open: S3Fixture[] = [];

/** A server on the same files; the earlier one is neither closed nor told, like a killed process. */
async function restarted(after?: S3Fixture): Promise<S3Fixture> {
  const fixture = await startS3({}, after?.dir);
  open.push(fixture);
  return fixture;
}

afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture.close();
});

async function read(fixture: S3Fixture, key: string): Promise<string | undefined> {
  const found = await fixture.s3.store.get({ bucket: Bucket, key });
  return found && text(found.open());
}

describe('after a kill', () => {
  test('every acknowledged put, copy, delete, tag and part is there, and nothing else', async () => {
    const first = await restarted();
    const { client } = first;
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'v1' }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'v2', Metadata: { a: 'b' }, Tagging: 'x=y' }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'gone', Body: 'x' }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const { ETag } = await client.send(
      new UploadPartCommand({ Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: 'part' })
    );

    const second = await restarted(first);
    expect(await read(second, 'kept')).toBe('v2');
    expect(await read(second, 'gone')).toBeUndefined();
    const head = await second.client.send(new HeadObjectCommand({ Bucket, Key: 'kept' }));
    expect(head).toMatchObject({ Metadata: { a: 'b' }, LastModified: new Date('2026-03-01T12:00:00Z') });
    const tags = await second.client.send(new GetObjectTaggingCommand({ Bucket, Key: 'kept' }));
    expect(tags.TagSet).toEqual([{ Key: 'x', Value: 'y' }]);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await second.client.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'parts', UploadId, MultipartUpload }));
    expect(await read(await restarted(second), 'parts')).toBe('part');
  });

  test('a torn last line and files that no record names are cleared away', async () => {
    const first = await restarted();
    await first.client.send(new CreateBucketCommand({ Bucket }));
    await first.client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'whole' }));
    const journal = join(first.dir, Bucket, 'journal.jsonl');
    await appendFile(journal, '{"op":"put","object":{"key":"torn"');
    await writeFile(join(first.dir, Bucket, 'blobs', 'ffff-1-orphan'), 'half a body');

    const second = await restarted(first);
    expect(await read(second, 'kept')).toBe('whole');
    expect(await readdir(join(first.dir, Bucket, 'blobs'))).toHaveLength(1);
    await second.client.send(new PutObjectCommand({ Bucket, Key: 'next', Body: 'after' }));
    expect(await read(await restarted(second), 'next')).toBe('after');
  });

  test('a bucket whose making or deletion was interrupted does not exist and can be made anew', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sandbox-s3-'));
    try {
      const s3 = createS3({ dir, clock: { now: () => 0, wait: () => Promise.resolve() } });
      const before = await startS3({}, join(dir));
      await before.client.send(new CreateBucketCommand({ Bucket }));
      await before.client.send(new PutObjectCommand({ Bucket, Key: 'old', Body: 'x' }));
      await rm(join(dir, Bucket, 'journal.jsonl'));
      expect(await s3.store.get({ bucket: Bucket, key: 'old' })).toBeUndefined();
      const after = await startS3({}, join(dir));
      await after.client.send(new CreateBucketCommand({ Bucket }));
      expect(await after.s3.store.get({ bucket: Bucket, key: 'old' })).toBeUndefined();
      await after.close();
      await before.close();
      await s3.close();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe('the journal', () => {
  test('is rewritten from the state when history outgrows it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sandbox-journal-'));
    try {
      const path = join(dir, 'journal.jsonl');
      const journal = Journal.create<{ n: number }>(path, []);
      let latest = 0;
      for (latest = 1; latest <= 25_000; latest++) {
        journal.append([{ n: latest }]);
        const state = latest;
        journal.compactIfWorthwhile(() => [{ n: state }]);
      }
      journal.close();
      expect((await stat(path)).size).toBeLessThan(150_000);
      const seen: number[] = [];
      Journal.open<{ n: number }>(path, ({ n }) => seen.push(n)).close();
      expect(seen.at(-1)).toBe(25_000);
      expect(seen.length).toBeLessThan(11_000);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
