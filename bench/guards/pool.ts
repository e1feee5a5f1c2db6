import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { JobName, JobTypes, Slice } from './jobs';
import { perform } from './worker';
import type { Task } from './worker';

/** Plays runs, in workers or in this thread; slices come back in order. */
export interface Pool {
  readonly run: <K extends JobName>(
    job: K,
    input: JobTypes[K]['input'],
    runs: { readonly seed: number; readonly count: number }
  ) => Promise<readonly JobTypes[K]['output'][]>;
  readonly close: () => Promise<void>;
}

/** Runs a slice holds: small enough to keep all workers busy to the end. */
const SLICE = 250;

/** A pool of `size` worker threads; 0 plays everything in this thread. */
export function openPool(size: number): Pool {
  const idle = Array.from({ length: size }, () => new Worker(path.join(__dirname, 'worker.js')));
  const all = [...idle];
  const waiting: ((worker: Worker) => void)[] = [];

  async function inWorker<K extends JobName>(task: Task<K>): Promise<JobTypes[K]['output']> {
    const worker = idle.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
    try {
      return await new Promise((resolve, reject) => {
        worker.once('message', (output: JobTypes[K]['output']) => {
          worker.off('error', reject);
          resolve(output);
        });
        worker.once('error', reject);
        worker.postMessage(task);
      });
    } finally {
      const next = waiting.shift();
      if (next === undefined) idle.push(worker);
      else next(worker);
    }
  }

  return {
    run: (job, input, { seed, count }) => {
      const tasks = slices(seed, count).map((slice) => ({ job, input, slice }));
      return Promise.all(tasks.map((task) => (size === 0 ? Promise.resolve(perform(task)) : inWorker(task))));
    },
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}

function slices(seed: number, count: number): readonly Slice[] {
  return Array.from({ length: Math.ceil(count / SLICE) }, (_, i) => ({
    seed,
    from: i * SLICE,
    to: Math.min(count, (i + 1) * SLICE),
  }));
}
