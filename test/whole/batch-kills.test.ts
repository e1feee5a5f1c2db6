import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { BatchManifest } from '../../activities/batch/publish';
import { batchWorkflowId } from '../../batch';
import type { batch } from '../../workflows';
import { until } from '../scripts/until';
import { aRequest } from '../support/batch-world';
import { withDevServer } from '../support/dev-server';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const stack = new WholeStack(dev);
const NOMINAL_MS = Date.UTC(2026, 10, 28, 2);
const LINES = Array.from({ length: 120 }, (_, i) => (i === 40 ? 'BAD' : `SLOW ${i}`));

beforeAll(async () => {
  await stack.start();
  const s3 = new S3Client(stack.aws);
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  await s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'in/a.csv', Body: LINES.slice(0, 60).join('\n') }));
  await s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'in/b.csv', Body: LINES.slice(60).join('\n') }));
  s3.destroy();
  await stack.sagemaker().createModel({
    ModelName: 'echo',
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/sluice',
    PrimaryContainer: { Image: 'batch:1' },
  });
});
afterAll(() => stack.stop());

async function textOf(uri: string): Promise<string> {
  const s3 = new S3Client(stack.aws);
  const object = await s3.send(new GetObjectCommand({ Bucket: 'data', Key: uri.replace('s3://data/', '') }));
  const text = (await object.Body?.transformToString('utf8')) ?? '';
  s3.destroy();
  return text;
}

test.each(['worker', 'sandbox', 'both'] as const)(
  'a batch with a kill -9 (%s) in the middle of a job publishes every record exactly once',
  async (victim) => {
    const request = aRequest({
      name: victim,
      strategy: 'SingleRecord',
      payloadMb: 1,
      parts: { bytes: 1024 ** 3, sliceBytes: 256 * 1024 ** 2, parallel: 2 },
    });
    const handle = await dev().env.client.workflow.start<typeof batch>('batch', {
      workflowId: batchWorkflowId('reviews', victim, NOMINAL_MS),
      taskQueue: stack.taskQueue,
      args: [{ request, nominalMs: NOMINAL_MS, carried: null }],
    });
    const jobs = async () =>
      (await stack.sagemaker().listTransformJobs({ NameContains: `reviews-${victim}` })).TransformJobSummaries ?? [];
    await until(jobs, (found) => found.some(({ TransformJobStatus }) => TransformJobStatus === 'InProgress'));
    if (victim !== 'sandbox') await stack.killWorker();
    if (victim !== 'worker') {
      await stack.killSandbox();
      await stack.startSandbox();
    }
    if (victim !== 'sandbox') await stack.startWorker();
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: { kind: 'published' }, records: LINES.length, quarantined: 1 });
    const manifest = JSON.parse(await textOf(`s3://data/out/${victim}/2026-11-28/manifest.json`)) as BatchManifest;
    const texts = await Promise.all(manifest.objects.map(({ output }) => textOf(output ?? '')));
    const expected = LINES.filter((line) => line !== 'BAD').map((line) => `${line.length},${line}\n`);
    expect(texts.join('')).toBe(expected.join(''));
    const s3 = new S3Client(stack.aws);
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'data', Prefix: `out/${victim}/` }));
    s3.destroy();
    // Two results, what was put aside, the manifest, the pointer to the latest; nothing half-done beside them.
    expect(Contents).toHaveLength(5);
    const names = (await jobs()).map(({ TransformJobName = '' }) => TransformJobName);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(result.jobs);
  }
);
