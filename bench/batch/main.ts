import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateModelCommand } from '@aws-sdk/client-sagemaker';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Client, Connection } from '@temporalio/client';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createBatchActivities } from '../../activities/batch';
import { deleteBelow, inParallel } from '../../activities/batch/documents';
import type { BatchResult } from '../../batch';
import { ObjectWriter } from '../../activities/batch/writer';
import { createAwsClients } from '../../sagemaker/clients';
import type { BatchSpec } from '../../spec/types';
import { workflowBundle } from '../../worker/bundle';
import { startDevServer } from '../../worker/server';
import { startUnderTest } from '../sandbox/sandbox-under-test';
import { callByHand } from './by-hand';

const CONTAINER = path.join(__dirname, 'container.js');
/** So many that a batch's fixed seconds (a job's machines, looks, publishing) do not hide what a record costs. */
const RECORDS = Number(process.env['RECORDS'] ?? 200_000);
/** The container by hand has no fixed costs, so fewer calls say as much. */
const BY_HAND = Math.min(RECORDS, 40_000);
const OBJECTS = Number(process.env['OBJECTS'] ?? 10_000);
const CONCURRENCIES = [4, 16] as const;
const SIZES_MB = (process.env['SIZES_MB'] ?? '10,100,1000').split(',').map(Number);
const TASK_QUEUE = 'bench-batch';
const ROLE = 'arn:aws:iam::123456789012:role/bench';

/**
 * `npm run bench:batch`: one request a record, by a whole batch (listing, reading, job, checks, publishing) against calling the same container in a plain
 * loop and with the best client concurrency; then the worker's and the sandbox's memory over the size of one input object.
 */
async function main(): Promise<void> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-batch-'));
  const temporal = await startDevServer({ port: 0, uiPort: 'off' });
  const sandbox = await startUnderTest(CONTAINER);
  Object.assign(process.env, {
    ...{ AWS_ENDPOINT_URL: sandbox.url, AWS_REGION: 'us-east-1' },
    ...{ AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' },
  });
  const aws = createAwsClients();
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({
    ...{ connection, taskQueue: TASK_QUEUE },
    workflowBundle: await workflowBundle(),
    activities: createBatchActivities({ aws }),
  });
  const running = worker.run();
  const clientConnection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection: clientConnection });
  const results: Record<string, unknown> = { cpus: os.cpus().length, records: RECORDS };
  try {
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'bench' }));
    await aws.sagemaker.send(
      new CreateModelCommand({ ModelName: 'bench', ExecutionRoleArn: ROLE, PrimaryContainer: { Image: 'bench:1' } })
    );
    const run = async (name: string, changes: Partial<BatchSpec>): Promise<BatchResult> =>
      client.workflow.execute('batch', {
        workflowId: `batch/bench/${name}-2026-11-28T02:00:00Z`,
        taskQueue: TASK_QUEUE,
        args: [
          {
            request: { endpoint: 'bench', aws: { role: ROLE, tags: {} }, batch: specOf(name, changes) },
            nominalMs: Date.UTC(2026, 10, 28, 2),
            carried: null,
          },
        ],
      }) as Promise<BatchResult>;

    // Speed
    const body = Array.from({ length: RECORDS }, (_, i) => `{"id":${i},"review":"works as it should, and then some"}`);
    await aws.s3.send(new PutObjectCommand({ Bucket: 'bench', Key: 'speed/a.jsonl', Body: `${body.join('\n')}\n` }));
    await aws.s3.send(new PutObjectCommand({ Bucket: 'bench', Key: 'fixed/a.jsonl', Body: `${body[0]}\n` }));
    const loops = await callByHand(CONTAINER, body.slice(0, BY_HAND));
    const cpu: Record<string, { readonly worker: number; readonly sandbox: number }> = {};
    const timed = async (name: string, changes: Partial<BatchSpec>, records: number): Promise<number> => {
      const [startedMs, before] = [performance.now(), cpuSeconds(sandbox.pid)];
      const result = await run(name, changes);
      if (result.records !== records || result.quarantined > 0) throw new Error(JSON.stringify(result));
      const after = cpuSeconds(sandbox.pid);
      cpu[name] = { worker: round(after.worker - before.worker), sandbox: round(after.sandbox - before.sandbox) };
      return (performance.now() - startedMs) / 1_000;
    };
    const fixed = { input: 's3://bench/fixed/', strategy: 'SingleRecord' } as const;
    // The first run also starts what the worker needs once.
    await timed('warm', fixed, 1);
    const fixedSeconds = await timed('fixed', fixed, 1);
    const perSecond: Record<string, number> = { ...loops };
    const beyondFixed: Record<string, number> = {};
    for (const concurrency of CONCURRENCIES) {
      const name = `batch, concurrency ${concurrency}`;
      const changes = { input: 's3://bench/speed/', concurrency, strategy: 'SingleRecord' } as const;
      const seconds = await timed(`speed${concurrency}`, changes, RECORDS);
      perSecond[name] = Math.round(RECORDS / seconds);
      beyondFixed[name] = Math.round(RECORDS / Math.max(0.001, seconds - fixedSeconds));
    }
    const many = await timed('many', { input: 's3://bench/speed/', strategy: 'MultiRecord' }, RECORDS);
    const best = (client: string): number =>
      Math.max(...Object.entries(loops).flatMap(([name, rate]) => (name.startsWith(client) ? [rate] : [])));
    const ofBest = (rates: Readonly<Record<string, number>>, client: string): number =>
      Number((Math.max(...CONCURRENCIES.map((c) => rates[`batch, concurrency ${c}`] ?? 0)) / best(client)).toFixed(2));
    const ratios = Object.fromEntries(
      ['node:http', 'undici'].map((client) => [
        client,
        { all: ofBest(perSecond, client), beyondFixed: ofBest(beyondFixed, client) },
      ])
    );
    Object.assign(results, {
      ...{ recordsPerSecond: perSecond, beyondFixed, fixedSeconds: Number(fixedSeconds.toFixed(2)) },
      ofBestClient: ratios,
      cpuSeconds: cpu,
      multiRecordPerSecond: Math.round(RECORDS / many),
    });
    console.log(`\nRecords a second, one request each (${RECORDS} records, ${os.cpus().length} cores)`);
    for (const [what, rate] of Object.entries(perSecond)) console.log(`  ${what.padEnd(28)} ${rate}`);
    console.log(`  a batch of one record takes ${fixedSeconds.toFixed(1)} s`);
    for (const [client, { all, beyondFixed: beyond }] of Object.entries(ratios))
      console.log(`  batch / best of ${client}: ${all} (target 0.8); without the fixed seconds: ${beyond}`);
    for (const c of CONCURRENCIES)
      console.log(
        `  CPU at concurrency ${c}: worker ${cpu[`speed${c}`]?.worker} s, sandbox ${cpu[`speed${c}`]?.sandbox} s`
      );
    console.log(`  MultiRecord (1 MB a request): ${Math.round(RECORDS / many)}`);

    // Many objects
    await inParallel([...Array(OBJECTS).keys()], 16, async (at) => {
      await aws.s3.send(
        new PutObjectCommand({ Bucket: 'bench', Key: `many/${at}.jsonl`, Body: `${body[at % 1_000]}\n` })
      );
    });
    const manySeconds = await timed('objects', { input: 's3://bench/many/', concurrency: 8 }, OBJECTS);
    results['objects'] = { objects: OBJECTS, seconds: round(manySeconds) };
    console.log(`\n${OBJECTS} objects of one record: ${round(manySeconds)} s`);

    // Memory
    console.log('\nMemory over the size of one object (MultiRecord, 6 MB a request, slices of 64 MB)');
    const memory: Record<string, unknown>[] = [];
    for (const sizeMb of SIZES_MB) {
      const lines = await fill(aws.s3, `memory${sizeMb}/a.jsonl`, sizeMb);
      const watch = watchMemory(sandbox.pid);
      const startedMs = performance.now();
      const result = await run(`memory${sizeMb}`, {
        input: `s3://bench/memory${sizeMb}/`,
        payloadMb: 6,
        parts: { bytes: 1024 ** 4, sliceBytes: 64 * 1024 ** 2, parallel: 1 },
      });
      const seconds = (performance.now() - startedMs) / 1_000;
      if (result.records !== lines)
        throw new Error(`${result.records} of ${lines} records: ${JSON.stringify(result.outcome)}`);
      const row = { sizeMb, lines, seconds: Math.round(seconds), ...watch.stop() };
      memory.push(row);
      console.log(
        `  ${String(sizeMb).padStart(6)} MB  ${lines} lines  ${row.seconds} s  worker ${row.workerMb} MB, sandbox ${row.sandboxMb} MB`
      );
      await deleteBelow(aws.s3, { bucket: 'bench', prefix: `memory${sizeMb}/` });
      await deleteBelow(aws.s3, { bucket: 'bench', prefix: `out/memory${sizeMb}/` });
    }
    results['memory'] = memory;
    const folder = path.join(process.cwd(), 'bench', 'results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'batch.json'), `${JSON.stringify(results, null, 2)}\n`);
  } finally {
    worker.shutdown();
    await running;
    await clientConnection.close();
    await connection.close();
    aws.close();
    await sandbox.stop();
    await temporal.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function specOf(name: string, changes: Partial<BatchSpec>): BatchSpec {
  return {
    ...{
      name,
      timezone: 'UTC',
      dataLagMs: 0,
      startWithinMs: 300_000,
      withinMs: 86_400_000,
      input: '',
      output: `s3://bench/out/${name}/{date}`,
    },
    ...{
      model: { kind: 'existing', name: 'bench' },
      instance: { type: 'ml.m5.large', count: 1 },
      strategy: 'MultiRecord',
    },
    ...{
      payloadMb: 1,
      split: 'Line',
      assemble: 'Line',
      contentType: 'application/jsonlines',
      filters: { join: 'None' },
    },
    ...{ onBadRecord: 'fail', atMostBad: 0.01, verify: { counts: true } },
    parts: { bytes: 1024 ** 4, sliceBytes: 256 * 1024 ** 2, parallel: 1 },
    ...changes,
  };
}

async function fill(s3: ReturnType<typeof createAwsClients>['s3'], key: string, sizeMb: number): Promise<number> {
  const line = `{"id":123456789,"review":"${'x'.repeat(970)}"}\n`;
  const block = Buffer.from(line.repeat(4_096));
  const writer = new ObjectWriter(s3, { bucket: 'bench', key });
  const blocks = Math.max(1, Math.round((sizeMb * 1024 * 1024) / block.length));
  for (let i = 0; i < blocks; i += 1) await writer.write(block);
  await writer.end();
  return blocks * 4_096;
}

/** The time that worker (this process, clients and all) and sandbox have computed, without the containers. */
function cpuSeconds(sandboxPid: number): { readonly worker: number; readonly sandbox: number } {
  const { user, system } = process.cpuUsage();
  const fields = readFileSync(`/proc/${sandboxPid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  // User and system time, in ticks of 10 ms.
  return { worker: (user + system) / 1e6, sandbox: (Number(fields[11]) + Number(fields[12])) / 100 };
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

function watchMemory(sandboxPid: number): { stop(): { readonly workerMb: number; readonly sandboxMb: number } } {
  let [workerMb, sandboxMb] = [0, 0];
  const look = (): void => {
    workerMb = Math.max(workerMb, Math.round(process.memoryUsage.rss() / 1024 ** 2));
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${sandboxPid}/status`, 'utf8'))?.[1];
    sandboxMb = Math.max(sandboxMb, Math.round(Number(kb ?? 0) / 1024));
  };
  const timer = setInterval(look, 200);
  return {
    stop() {
      clearInterval(timer);
      look();
      return { workerMb, sandboxMb };
    },
  };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
