import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { writeObject } from '../../activities/batch/writer';
import type { BatchResult } from '../../batch';
import { batchWorkflowId } from '../../batch';
import type { batch } from '../../workflows';
import { aRequest } from '../support/batch-world';
import { withDevServer } from '../support/dev-server';
import { ROLE } from '../support/sandbox/harness';
import { WholeStack } from '../support/whole-stack';

const dev = withDevServer();
const HEAP_MB = 160;
const stack = new WholeStack(dev, 1_000, { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` });
const MB = 1024 * 1024;
const SMALL_MB = 32;
const LARGE_MB = 352;
/** Far less than what the larger object has more. */
const MOST_GROWTH_MB = 128;
const LINE = `${'x'.repeat(MB / 64 - 1)}\n`;
let s3: S3Client;

beforeAll(async () => {
  await stack.start();
  s3 = new S3Client(stack.aws);
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  for (const sizeMb of [SMALL_MB, LARGE_MB])
    await writeObject(s3, { bucket: 'data', key: `${sizeMb}/a.csv` }, async (writer) => {
      for (let mb = 0; mb < sizeMb; mb += 1) await writer.write(Buffer.from(LINE.repeat(64)));
    });
  await stack
    .sagemaker()
    .createModel({ ModelName: 'echo', ExecutionRoleArn: ROLE, PrimaryContainer: { Image: 'batch:1' } });
});
afterAll(async () => {
  s3.destroy();
  await stack.stop();
});

async function score(sizeMb: number): Promise<BatchResult> {
  const name = `of-${sizeMb}-mb`;
  const nominalMs = Date.UTC(2026, 10, 28, 2);
  const request = aRequest({
    ...{ name, input: `s3://data/${sizeMb}/`, payloadMb: 2 },
    parts: { bytes: 1024 ** 4, sliceBytes: 16 * MB, parallel: 1 },
  });
  return dev().env.client.workflow.execute<typeof batch>('batch', {
    workflowId: batchWorkflowId('reviews', name, nominalMs),
    taskQueue: stack.taskQueue,
    args: [{ request, nominalMs, carried: null }],
  });
}

/** The most memory that a process ever had, in MB. */
function peakMb(pid: number): number {
  const [, kb] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}

// Only Linux keeps the peak of a process.
(process.platform === 'linux' ? test : test.skip)(
  'an object larger than the memory of worker and sandbox is scored in the memory that a small one takes',
  async () => {
    const records = (sizeMb: number) => ({ records: sizeMb * 64, quarantined: 0, outcome: { kind: 'published' } });
    expect(await score(SMALL_MB)).toMatchObject(records(SMALL_MB));
    const small = { worker: peakMb(stack.pids.worker), sandbox: peakMb(stack.pids.sandbox) };
    expect(await score(LARGE_MB)).toMatchObject(records(LARGE_MB));
    expect(LARGE_MB).toBeGreaterThan(2 * HEAP_MB);
    expect(peakMb(stack.pids.worker) - small.worker).toBeLessThan(MOST_GROWTH_MB);
    expect(peakMb(stack.pids.sandbox) - small.sandbox).toBeLessThan(MOST_GROWTH_MB);
  },
  600_000
);
