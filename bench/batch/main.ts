import os from 'node:os';
import path from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deleteBelow, inParallel } from '../../activities/batch/documents';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { measureMemory } from './memory';
import { measureSpeed } from './speed';
import type { BatchBench } from './world';
import { startBatchBench } from './world';

const SECTIONS = ['speed', 'objects', 'memory'] as const;
const USAGE =
  'npm run bench:batch -- [--only speed,objects,memory] [--records 400000] [--objects 10000] [--sizes 10,100,1000 (MB)] [--heap 256 (MB, of worker and sandbox)]';

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: SECTIONS.join(',') },
      // So many that a batch's fixed seconds (a job's machines, looks, publishing) do not hide what a record costs.
      records: { type: 'string', default: '400000' },
      objects: { type: 'string', default: '10000' },
      sizes: { type: 'string', default: '10,100,1000' },
      heap: { type: 'string' },
    },
  });
  const number = (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value <= 0) throw new RangeError(`${text} is no whole number above 0. ${USAGE}`);
    return value;
  };
  const only = values.only.split(',');
  if (!only.every((name) => (SECTIONS as readonly string[]).includes(name))) throw new RangeError(USAGE);
  return {
    only: new Set(only),
    records: number(values.records),
    objects: number(values.objects),
    sizesMb: values.sizes.split(',').map(number),
    heapMb: values.heap === undefined ? undefined : number(values.heap),
  };
}

/**
 * `npm run bench:batch`: one request a record, by a whole batch (listing, reading, job, checks, publishing) against calling the same container in a plain
 * loop and with the best client concurrency; many small objects; and the worker's and the sandbox's memory over the size of one input object. Temporal's
 * dev server, sandbox, worker and container are processes of their own.
 */
async function main(): Promise<void> {
  const options = readOptions();
  const loadBefore = os.loadavg()[0]?.toFixed(1);
  console.log(`${os.availableParallelism()} cores, Node ${process.version}, load of the last minute ${loadBefore}`);
  const bench = await startBatchBench({ heapMb: options.heapMb });
  const results: Record<string, unknown> = { cores: os.availableParallelism(), node: process.version, ...options };
  try {
    if (options.only.has('speed')) results['speed'] = await measureSpeed(bench, options.records);
    if (options.only.has('objects')) results['objects'] = await measureObjects(bench, options.objects);
    if (options.only.has('memory')) results['memory'] = await measureMemory(bench, options.sizesMb);
    const folder = path.join(process.cwd(), 'bench', 'results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'batch.json'), `${JSON.stringify(results, null, 2)}\n`);
  } finally {
    await bench.stop();
  }
  console.log(`\nLoad of the last minute ${os.loadavg()[0]?.toFixed(1)}`);
}

async function measureObjects(bench: BatchBench, objects: number): Promise<unknown> {
  const { s3 } = bench;
  await inParallel([...Array(objects).keys()], 16, async (at) => {
    await s3.send(new PutObjectCommand({ Bucket: 'bench', Key: `many/${at}.jsonl`, Body: `{"id":${at}}\n` }));
  });
  const { seconds } = await bench.run('objects', { input: 's3://bench/many/', concurrency: 8 }, objects);
  await deleteBelow(s3, { bucket: 'bench', prefix: 'many/' });
  console.log(`\n${objects} objects of one record: ${seconds.toFixed(1)} s`);
  return { objects, seconds };
}

main().catch((error: unknown) => {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
});
