import { PutObjectCommand } from '@aws-sdk/client-s3';
import { callByHand } from './by-hand';
import type { BatchBench, BenchRun } from './world';
import { CONTAINER } from './world';

/** By hand there are no fixed costs, so fewer calls say as much. */
const MOST_BY_HAND = 100_000;
const CONCURRENCIES = [4, 16] as const;
const CLIENTS = ['node:http', 'undici'] as const;

/**
 * Records a second. By hand a client sends prepared texts and reads the answers, no more; the batch also reads its input from S3, counts and checks it,
 * writes the results in their order, checks those, and publishes. `beyondFixed` leaves out what a batch of one record takes.
 */
export async function measureSpeed(bench: BatchBench, records: number): Promise<unknown> {
  const body = Array.from({ length: records }, (_, i) => `{"id":${i},"review":"works as it should, and then some"}`);
  await put(bench, 'speed/a.jsonl', `${body.join('\n')}\n`);
  await put(bench, 'fixed/a.jsonl', `${body[0]}\n`);
  const byHand = await callByHand(CONTAINER, body.slice(0, MOST_BY_HAND));
  const fixed = { input: 's3://bench/fixed/', strategy: 'SingleRecord' } as const;
  // The first run also starts what the worker needs once.
  await bench.run('warm', fixed, 1);
  const fixedSeconds = (await bench.run('fixed', fixed, 1)).seconds;
  const rateOf = (run: BenchRun) => ({
    perSecond: Math.round(records / run.seconds),
    beyondFixed: Math.round(records / Math.max(0.001, run.seconds - fixedSeconds)),
    cpuMicroseconds: {
      worker: micros(run.cpu.worker, records),
      sandbox: micros(run.cpu.sandbox, records),
    },
  });
  const batch: Record<string, ReturnType<typeof rateOf>> = {};
  for (const concurrency of CONCURRENCIES) {
    const changes = { input: 's3://bench/speed/', concurrency, strategy: 'SingleRecord' } as const;
    batch[`batch, ${concurrency} at a time`] = rateOf(await bench.run(`speed${concurrency}`, changes, records));
  }
  const many = rateOf(await bench.run('many', { input: 's3://bench/speed/', strategy: 'MultiRecord' }, records));
  const best = (client: string): number =>
    Math.max(
      ...Object.entries(byHand).flatMap(([name, { perSecond }]) => (name.startsWith(client) ? [perSecond] : []))
    );
  const share = (of: 'perSecond' | 'beyondFixed', client: string): number =>
    round(Math.max(...Object.values(batch).map((run) => run[of])) / best(client), 2);
  const ofBestClient = Object.fromEntries(
    CLIENTS.map((client) => [client, { all: share('perSecond', client), beyondFixed: share('beyondFixed', client) }])
  );

  console.log(`\nRecords a second, one request each (${records} records), and CPU time a record`);
  for (const [what, { perSecond, cpuMicroseconds: cpu }] of Object.entries(byHand))
    console.log(`  ${what.padEnd(26)} ${perSecond}  client ${cpu.client} µs, container ${cpu.container} µs`);
  for (const [what, { perSecond, cpuMicroseconds: cpu }] of Object.entries({ ...batch, 'MultiRecord, 1 MB': many }))
    console.log(`  ${what.padEnd(26)} ${perSecond}  sandbox ${cpu.sandbox} µs, worker ${cpu.worker} µs`);
  console.log(`  a batch of one record takes ${fixedSeconds.toFixed(1)} s`);
  for (const [client, { all, beyondFixed }] of Object.entries(ofBestClient))
    console.log(`  batch / best of ${client}: ${all} (target 0.8); without the fixed seconds: ${beyondFixed}`);
  return { records, byHand, batch, many, fixedSeconds: round(fixedSeconds, 2), ofBestClient };
}

async function put({ s3 }: BatchBench, key: string, text: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: 'bench', Key: key, Body: text }));
}

function micros(seconds: number, records: number): number {
  return round((seconds * 1e6) / records, 1);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
