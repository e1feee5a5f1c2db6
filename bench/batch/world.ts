import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { CreateModelCommand } from '@aws-sdk/client-sagemaker';
import { Client, Connection } from '@temporalio/client';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { BatchResult } from '../../batch';
import { createAwsClients } from '../../sagemaker/clients';
import type { BatchSpec } from '../../spec/types';
import { startDevServer } from '../../worker/server';
import { cpuSeconds } from './cpu';
import { startUnderTest } from '../sandbox/sandbox-under-test';

export const CONTAINER = path.join(__dirname, 'container.js');
const TASK_QUEUE = 'bench-batch';
const ROLE = 'arn:aws:iam::123456789012:role/bench';
const NOMINAL_MS = Date.UTC(2026, 10, 28, 2);

/** What a run took: time, and what the two processes computed, in seconds. */
export interface BenchRun {
  readonly seconds: number;
  readonly cpu: { readonly worker: number; readonly sandbox: number };
  readonly result: BatchResult;
}

export interface BatchBench {
  readonly s3: S3Client;
  readonly pids: { readonly worker: number; readonly sandbox: number };
  /** A whole batch; throws unless it publishes every one of so many records. */
  run(name: string, changes: Partial<BatchSpec>, records: number): Promise<BenchRun>;
  stop(): Promise<void>;
}

/** Temporal's dev server, sandbox and worker, each a process of its own, as their users start them. */
export async function startBatchBench({ heapMb }: { readonly heapMb: number | undefined }): Promise<BatchBench> {
  const temporal = await startDevServer({ port: 0, uiPort: 'off' });
  if (heapMb !== undefined) process.env['NODE_OPTIONS'] = `--max-old-space-size=${heapMb}`;
  const sandbox = await startUnderTest(CONTAINER);
  Object.assign(process.env, {
    ...{ AWS_ENDPOINT_URL: sandbox.url, AWS_REGION: 'us-east-1' },
    ...{ AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' },
  });
  const worker = await startWorker(temporal.address);
  const aws = createAwsClients();
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  await aws.s3.send(new CreateBucketCommand({ Bucket: 'bench' }));
  await aws.sagemaker.send(
    new CreateModelCommand({ ModelName: 'bench', ExecutionRoleArn: ROLE, PrimaryContainer: { Image: 'bench:1' } })
  );
  const pids = { worker: worker.pid ?? 0, sandbox: sandbox.pid };
  return {
    s3: aws.s3,
    pids,
    async run(name, changes, records) {
      const [startedMs, before] = [performance.now(), cpuOf(pids)];
      const request = { endpoint: 'bench', aws: { role: ROLE, tags: {} }, batch: specOf(name, changes) };
      const result = (await client.workflow.execute('batch', {
        workflowId: `batch/bench/${name}-2026-11-28T02:00:00Z`,
        taskQueue: TASK_QUEUE,
        args: [{ request, nominalMs: NOMINAL_MS, carried: null }],
      })) as BatchResult;
      if (result.records !== records || result.quarantined > 0) throw new Error(JSON.stringify(result));
      const after = cpuOf(pids);
      const cpu = { worker: after.worker - before.worker, sandbox: after.sandbox - before.sandbox };
      return { seconds: (performance.now() - startedMs) / 1_000, cpu, result };
    },
    async stop() {
      const exited = once(worker, 'exit');
      worker.kill('SIGTERM');
      await exited;
      await connection.close();
      aws.close();
      await sandbox.stop();
      await temporal.stop();
    },
  };
}

async function startWorker(address: string): Promise<ChildProcess> {
  const main = path.resolve(__dirname, '..', '..', 'worker', 'main.js');
  const env = { ...process.env, TEMPORAL_ADDRESS: address, SLUICE_TASK_QUEUE: TASK_QUEUE, SLUICE_LOG_LEVEL: 'ERROR' };
  const worker = fork(main, { env });
  await once(worker, 'message');
  return worker;
}

function specOf(name: string, changes: Partial<BatchSpec>): BatchSpec {
  return {
    ...{ name, timezone: 'UTC', dataLagMs: 0, startWithinMs: 300_000, withinMs: 86_400_000, input: '' },
    ...{ output: `s3://bench/out/${name}/{date}`, model: { kind: 'existing', name: 'bench' } },
    ...{ instance: { type: 'ml.m5.large', count: 1 }, strategy: 'MultiRecord', payloadMb: 1 },
    ...{ split: 'Line', assemble: 'Line', contentType: 'application/jsonlines', filters: { join: 'None' } },
    ...{ onBadRecord: 'fail', atMostBad: 0.01, verify: { counts: true } },
    parts: { bytes: 1024 ** 4, sliceBytes: 256 * 1024 ** 2, parallel: 1 },
    ...changes,
  };
}

/** The time that worker and sandbox have computed, without the containers. */
function cpuOf(pids: BatchBench['pids']): BenchRun['cpu'] {
  return { worker: cpuSeconds(pids.worker), sandbox: cpuSeconds(pids.sandbox) };
}
