import {
  CreateBucketCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pageOf } from '../../sandbox/s3/operations/page';
import { KeyIndex } from '../../sandbox/s3/storage/key-index';
import { startS3, type S3Fixture } from '../support/s3';

const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Keys that share prefixes, hold delimiters anywhere and leave the basic plane. */
const key = fc
  .array(fc.constantFrom('a', 'b', '/', '//', 'é', '\uffee', '😀', ' ', '0'), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));
const keys = fc.uniqueArray(key, { maxLength: 60 });

/** The listing in one piece, by the words of the documentation. */
function model(all: readonly string[], prefix: string, delimiter: string): string[] {
  const rolled = all
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      return cut < 0 ? name : name.slice(0, cut + delimiter.length);
    });
  return [...new Set(rolled)].sort(bytewise);
}

describe('the key index', () => {
  test('keeps UTF-8 order under any inserts and removals', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 200 }), keys, (steps, first) => {
        const index = new KeyIndex(first);
        const expected = new Set(first);
        for (const [isInsert, name] of steps) {
          if (isInsert && !expected.has(name)) index.add(name);
          if (!isInsert) index.remove(name);
          if (isInsert) expected.add(name);
          else expected.delete(name);
        }
        expect([...index.from('', false)]).toEqual([...expected].sort(bytewise));
      })
    );
  });

  test('stays in order far beyond one block', () => {
    const names = Array.from({ length: 5000 }, (_, at) => `key-${(at * 7919) % 5000}`);
    const index = new KeyIndex();
    names.forEach((name) => index.add(name));
    expect([...index.from('', false)]).toEqual([...names].sort(bytewise));
    expect(index.firstOutside('key-1')).toBe('key-2');
    names.filter((name) => name.startsWith('key-2')).forEach((name) => index.remove(name));
    expect(index.firstOutside('key-1')).toBe('key-3');
  });
});

describe('pages', () => {
  test('of any size, prefix and delimiter add up to the whole listing, each entry once and in order', () => {
    const delimiters = fc.constantFrom('', '/', '//', 'a', '😀');
    fc.assert(
      fc.property(
        keys,
        fc.oneof(fc.constant(''), key),
        delimiters,
        fc.integer({ min: 1, max: 7 }),
        (all, prefix, delimiter, size) => {
          const index = new KeyIndex(all);
          const seen: string[] = [];
          let after = '';
          for (let isTruncated = true; isTruncated;) {
            const page = pageOf(index, { prefix, delimiter, after, size });
            const entries = [...page.keys, ...page.prefixes];
            expect(entries.length).toBeLessThanOrEqual(size);
            if (page.isTruncated) expect(entries).toHaveLength(size);
            seen.push(...entries.sort(bytewise));
            isTruncated = page.isTruncated;
            after = page.last ?? after;
          }
          expect(seen).toEqual(model(all, prefix, delimiter));
        }
      ),
      { numRuns: 500 }
    );
  });
});

describe('listing through the SDK', () => {
  let fixture: S3Fixture;
  const Bucket = 'listing';
  const names = ['a', 'a/1', 'a/2', 'a/b/3', 'b/1', 'c d+e', 'é', '\u0001ctl', '\uffee', '😀'];

  beforeAll(async () => {
    fixture = await startS3();
    await fixture.client.send(new CreateBucketCommand({ Bucket }));
    for (const Key of names) await fixture.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  });

  afterAll(async () => {
    expect(fixture.host.failures).toEqual([]);
    await fixture.close();
  });

  test('paginates to every key, with size, time and entity tag', async () => {
    const found: string[] = [];
    for await (const page of paginateListObjectsV2({ client: fixture.client, pageSize: 3 }, { Bucket })) {
      expect(page.KeyCount).toBe(page.Contents?.length);
      for (const { Key = '', Size, ETag, LastModified } of page.Contents ?? []) {
        expect({ Size, LastModified }).toEqual({
          Size: Buffer.byteLength(Key),
          LastModified: new Date(fixture.clock.now()),
        });
        expect(ETag).toMatch(/^"[0-9a-f]{32}"$/);
        found.push(Key);
      }
    }
    expect(found).toEqual([...names].sort(bytewise));
  });

  test('rolls keys up to the delimiter and starts after a key', async () => {
    const rolled = await fixture.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a', Delimiter: '/' }));
    expect(rolled.Contents?.map(({ Key }) => Key)).toEqual(['a']);
    expect(rolled.CommonPrefixes).toEqual([{ Prefix: 'a/' }]);
    const late = await fixture.client.send(new ListObjectsV2Command({ Bucket, StartAfter: 'a/2', Prefix: 'a' }));
    expect(late.Contents?.map(({ Key }) => Key)).toEqual(['a/b/3']);
    expect(late.StartAfter).toBe('a/2');
  });

  test('of version 1 walks by markers and names the next one when there is a delimiter', async () => {
    const first = await fixture.client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 3 }));
    expect(first).toMatchObject({ IsTruncated: true, NextMarker: 'a/' });
    const second = await fixture.client.send(
      new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: first.NextMarker })
    );
    expect(second.CommonPrefixes).toEqual([{ Prefix: 'b/' }]);
    expect(second.IsTruncated).toBe(false);
    const bare = await fixture.client.send(new ListObjectsCommand({ Bucket, MaxKeys: 3 }));
    expect(bare).not.toHaveProperty('NextMarker');
  });

  test('encodes names when asked to', async () => {
    const url = await fixture.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'c', EncodingType: 'url' }));
    expect(url.Contents?.map(({ Key }) => Key)).toEqual(['c+d%2Be']);
  });

  test('of no keys and of nothing asked is empty and complete', async () => {
    for (const more of [{ Prefix: 'zzz' }, { MaxKeys: 0 }]) {
      const empty = await fixture.client.send(new ListObjectsV2Command({ Bucket, ...more }));
      expect(empty).toMatchObject({ KeyCount: 0, IsTruncated: false });
    }
  });

  test('serves the sandbox in process, and nothing for an absent bucket', async () => {
    const found: string[] = [];
    for await (const { key: name } of fixture.s3.store.list({ bucket: Bucket, prefix: 'a/' })) found.push(name);
    expect(found).toEqual(['a/1', 'a/2', 'a/b/3']);
    for await (const entry of fixture.s3.store.list({ bucket: 'absent', prefix: '' })) throw new Error(entry.key);
    await expect(fixture.s3.store.get({ bucket: 'absent', key: 'x' })).resolves.toBeUndefined();
    await expect(fixture.s3.store.put({ bucket: 'absent', key: 'x', body: Buffer.from('x') })).rejects.toThrow(
      'The specified bucket does not exist'
    );
  });
});
