import { parentPort } from 'node:worker_threads';
import { jobs } from './jobs';
import type { JobName, JobTypes, Slice } from './jobs';

/** A task as the pool sends it. */
export interface Task<K extends JobName = JobName> {
  readonly job: K;
  readonly input: JobTypes[K]['input'];
  readonly slice: Slice;
}

/** Does one task. */
export const perform = <K extends JobName>(task: Task<K>): JobTypes[K]['output'] =>
  jobs[task.job](task.input, task.slice);

parentPort?.on('message', (task: Task) => parentPort?.postMessage(perform(task)));
