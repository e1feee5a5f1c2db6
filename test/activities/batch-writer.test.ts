import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectWriter, writeObject } from '../../activities/batch/writer';
import { startTestSandbox } from '../support/sandbox/harness';
import type { TestSandbox } from '../support/sandbox/harness';

const MB = 1024 * 1024;
const BLOCK = Buffer.alloc(9 * MB, 'abcdefgh\n');

describe('an object that a batch writes', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox();
    await box.s3.createBucket({ Bucket: 'data' });
    await box.s3.putObject({ Bucket: 'data', Key: 'source', Body: BLOCK });
  });
  afterAll(() => box.stop());

  const uploads = async () => (await box.s3.listMultipartUploads({ Bucket: 'data' })).Uploads ?? [];
  const keys = async () => ((await box.s3.listObjectsV2({ Bucket: 'data' })).Contents ?? []).map(({ Key }) => Key);

  test('leaves nothing, not even an upload that S3 charges for, where it fails on its way', async () => {
    const failed = writeObject(box.s3, { bucket: 'data', key: 'half' }, async (writer) => {
      await writer.write(BLOCK);
      await writer.append({ bucket: 'data', key: 'source', from: 0, to: BLOCK.length, isWhole: true });
      expect(await uploads()).toMatchObject([{ Key: 'half' }]);
      throw new Error('the source is gone');
    });
    await expect(failed).rejects.toThrow('the source is gone');
    expect(await uploads()).toEqual([]);
    expect(await keys()).toEqual(['source']);
  });

  test('that was given up before anything was uploaded is given up without a call', async () => {
    const writer = new ObjectWriter(box.s3, { bucket: 'nowhere', key: 'never' });
    await writer.write(Buffer.from('a'));
    await writer.abort();
    expect(await uploads()).toEqual([]);
  });

  test('of bytes and stretches, small and large, is what it was put together from', async () => {
    const stretch = { bucket: 'data', key: 'source', isWhole: false } as const;
    await writeObject(box.s3, { bucket: 'data', key: 'whole' }, async (writer) => {
      await writer.write(Buffer.from('head\n'));
      await writer.append({ ...stretch, from: 9, to: 27 });
      await writer.write(BLOCK);
      await writer.append({ ...stretch, from: 9, to: 9 * 700_000 });
      await writer.append({ ...stretch, from: 0, to: 9 });
      expect(writer.bytes).toBe(5 + 18 + BLOCK.length + 9 * 699_999 + 9);
    });
    const object = await box.s3.getObject({ Bucket: 'data', Key: 'whole' });
    const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
    const meant = [
      Buffer.from('head\n'),
      BLOCK.subarray(9, 27),
      BLOCK,
      BLOCK.subarray(9, 9 * 700_000),
      BLOCK.subarray(0, 9),
    ];
    expect(bytes.equals(Buffer.concat(meant))).toBe(true);
  });
});
