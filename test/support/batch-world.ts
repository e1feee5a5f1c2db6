import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { NativeConnection, Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { createBatchActivities } from '../../activities/batch';
import type { BatchManifest } from '../../activities/batch/publish';
import type { BatchRequest, BatchResult } from '../../batch';
import { batchWorkflowId } from '../../batch';
import type { ImageMap } from '../../sandbox/fleet/images';
import type { SandboxOptions } from '../../sandbox/options';
import { startSandbox } from '../../sandbox/start';
import type { BatchSpec } from '../../spec/types';
import type { batch } from '../../workflows';
import { awsAt } from './activity-world';
import type { DevServerEnvironment } from './dev-server';
import { workflowBundle } from './run-rollout';
import { ROLE } from './sandbox/harness';

export const BATCH_IMAGES: ImageMap = {
  'batch:*': { command: [process.execPath, path.join(__dirname, 'sandbox', 'batch-container.js')] },
};

/** A batch over `s3://data/in/` to `s3://data/out/<name>/` by the model `echo`; everything can be said otherwise. */
export function aBatch(changes: Partial<BatchSpec> = {}): BatchSpec {
  const name = changes.name ?? 'nightly';
  return {
    name,
    timezone: 'UTC',
    dataLagMs: 0,
    startWithinMs: 300_000,
    withinMs: 86_400_000,
    input: 's3://data/in/',
    output: `s3://data/out/${name}/{date}`,
    model: { kind: 'existing', name: 'echo' },
    instance: { type: 'ml.m5.large', count: 1 },
    strategy: 'MultiRecord',
    payloadMb: 1,
    split: 'Line',
    assemble: 'Line',
    contentType: 'text/csv',
    accept: 'text/csv',
    filters: { join: 'None' },
    onBadRecord: 'quarantine',
    atMostBad: 0.5,
    verify: { counts: true },
    parts: { bytes: 1024 ** 3, sliceBytes: 256 * 1024 ** 2, parallel: 2 },
    ...changes,
  };
}

export function aRequest(changes: Partial<BatchSpec> = {}): BatchRequest {
  return { endpoint: 'reviews', aws: { role: ROLE, tags: {} }, batch: aBatch(changes) };
}

/** Real activities on real clients before a sandbox in this process, and a worker of the dev server that runs them. */
export async function startBatchWorld(dev: DevServerEnvironment, options: SandboxOptions = {}) {
  const failures: string[] = [];
  const sandbox = await startSandbox({
    speed: 1_000,
    images: BATCH_IMAGES,
    onInternalError: (error, where) =>
      failures.push(`${where}: ${error instanceof Error ? error.stack : String(error)}`),
    ...options,
    knobs: { minStartupWindowMs: 20_000, ...options.knobs },
  });
  const aws = awsAt(sandbox.url);
  const taskQueue = `batch-${randomUUID()}`;
  // Of its own, because the server's is closed before this worker may have ended.
  const connection = await NativeConnection.connect({ address: dev.server.address });
  const startWorker = async (): Promise<() => Promise<void>> => {
    const worker = await Worker.create({
      connection,
      taskQueue,
      workflowBundle: await workflowBundle(),
      activities: createBatchActivities({ aws }),
    });
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
    };
  };
  let stopWorker: (() => Promise<void>) | null = await startWorker();
  await aws.s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  await aws.sagemaker.createModel({
    ModelName: 'echo',
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: 'batch:1' },
  });
  const text = async (key: string): Promise<string> => {
    const object = await aws.s3.send(new GetObjectCommand({ Bucket: 'data', Key: key }));
    return (await object.Body?.transformToString('utf8')) ?? '';
  };
  const start = (request: BatchRequest, nominalMs = Date.UTC(2026, 10, 28, 2)) =>
    dev.env.client.workflow.start<typeof batch>('batch', {
      workflowId: batchWorkflowId(request.endpoint, `${request.batch.name}`, nominalMs),
      taskQueue,
      args: [{ request, nominalMs, carried: null }],
    });
  return {
    sandbox,
    aws,
    taskQueue,
    start,
    text,
    async run(request: BatchRequest, nominalMs?: number): Promise<BatchResult> {
      return (await start(request, nominalMs)).result();
    },
    async put(objects: Readonly<Record<string, string | Buffer>>): Promise<void> {
      for (const [Key, Body] of Object.entries(objects))
        await aws.s3.send(new PutObjectCommand({ Bucket: 'data', Key, Body: Buffer.from(Body) }));
    },
    /** Keys below a prefix. */
    async keys(Prefix: string): Promise<readonly string[]> {
      const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: 'data', Prefix }));
      return Contents.map(({ Key = '' }) => Key);
    },
    /** The manifest of a published batch, and its results by the input's key. */
    async published(uri: string): Promise<{ manifest: BatchManifest; results: Readonly<Record<string, string>> }> {
      const manifest = JSON.parse(await text(uri.replace('s3://data/', ''))) as BatchManifest;
      const results: Record<string, string> = {};
      for (const { input, output } of manifest.objects)
        if (output !== null) results[input.replace('s3://data/', '')] = await text(output.replace('s3://data/', ''));
      return { manifest, results };
    },
    async stopWorker(): Promise<void> {
      await stopWorker?.();
      stopWorker = null;
    },
    async startWorker(): Promise<void> {
      stopWorker = await startWorker();
    },
    async stop(): Promise<void> {
      await stopWorker?.();
      await connection.close();
      aws.close();
      await sandbox.stop();
      if (failures.length > 0) throw new Error(failures.join('\n'));
    },
  };
}

export type BatchWorld = Awaited<ReturnType<typeof startBatchWorld>>;
