import { afterAll, beforeAll, expect, test } from '@jest/globals';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withCopiedModel } from '../../activities/monitoring/copied-model';
import { runMonitor } from '../../activities/monitoring/run-monitor';
import { runProcessing } from '../../activities/monitoring/run-processing';
import type { MonitorTask } from '../../activities/monitoring/types';
import type { Json } from '../../monitors/types';
import { captured } from '../monitors/data/files';
import { createEndpoint, ROLE, startTestSandbox } from '../support/sandbox/harness';
import type { TestSandbox } from '../support/sandbox/harness';
import { below } from '../support/sandbox/jobs';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.parse('2030-01-07T00:00:00Z');
const SCORER = { command: [process.execPath, path.resolve('test/support/scorer.js')] };

let box: TestSandbox;
beforeAll(async () => {
  box = await startTestSandbox({ images: { 'server:1': SCORER } });
  await box.s3.createBucket({ Bucket: 'data' });
  await createEndpoint(box.sagemaker, { name: 'fair', variants: [{ name: 'v1' }] });
  await createEndpoint(box.sagemaker, { name: 'leaning', variants: [{ name: 'v1', env: { LEANS: '1' } }] });
  for (let object = 0; object < 4; object++) {
    const lines = Array.from({ length: 20 }, (_, line) => {
      const n = object * 20 + line;
      const at = new Date(FROM_MS + n * 1_000).toISOString();
      return captured({ event: `${n}`, at, output: '1', input: `${(n * 37) % 100},${(n * 53) % 90},${n % 7}` });
    });
    for (const name of ['fair', 'leaning'])
      await box.s3.putObject({
        ...{ Bucket: 'data', Key: `capture/${name}/v1/2030/01/07/00/${object}.jsonl` },
        Body: lines.join('\n'),
      });
  }
});
afterAll(() => box.stop());

const deps = () => ({
  aws: { ...box, cloudwatch: box.cloudWatch, close: () => undefined } as never,
  now: () => FROM_MS + HOUR_MS,
  heartbeat: () => undefined,
  sleep: (ms: number) => sleep(ms / 20),
});

const taskOf = (endpoint: string, output: string, options: Readonly<Record<string, Json>> = {}): MonitorTask => ({
  monitor: 'attribution',
  options: { label: 'said', rows: 12, calls: 3_000, ...options },
  data: { kind: 'captures', to: 's3://data/capture', endpoint, variants: ['v1'] },
  reading: { names: ['said', 'age', 'income', 'rooms'] },
  window: { fromMs: FROM_MS, toMs: FROM_MS + HOUR_MS },
  baseline: output.startsWith('baseline') ? null : 's3://data/baseline',
  output: `s3://data/${output}`,
});
const copyOf = (endpoint: string) => ({ endpoint, variant: 'v1', owner: 'monitor why', options: {} });
const inWorker = (task: MonitorTask, endpoint: string) =>
  withCopiedModel(deps(), copyOf(endpoint), ({ model }) => runMonitor({ ...deps(), model }, task));
const inJobs = (task: MonitorTask, endpoint: string, instanceCount: number) =>
  withCopiedModel(deps(), copyOf(endpoint), (copied) => {
    const image = '123456789012.dkr.ecr.us-east-1.amazonaws.com/sluice-monitor:1';
    const jobs = { endpoint, monitor: `why-${instanceCount}`, roleArn: ROLE, instanceType: 'ml.m5.large', image };
    return runProcessing({ ...deps(), copied }, { ...task, jobs: { ...jobs, instanceCount, tags: {} } });
  });
const endpointNames = async () =>
  ((await box.sagemaker.listEndpoints({})).Endpoints ?? []).map(({ EndpointName }) => EndpointName).sort();

test('attributions are the same to the last byte, whether a worker asks the copy, one container, or one that joins three', async () => {
  await inWorker(taskOf('fair', 'baseline'), 'fair');
  const files = async (folder: string) => {
    const all = Object.entries(await below(box.s3, `${folder}/`));
    return Object.fromEntries(all.filter(([name]) => !/^(jobs\/|state\/explained)/.test(name)));
  };
  expect(await inJobs(taskOf('fair', 'baseline-again'), 'fair', 3)).toMatchObject({ verdict: 'pass' });
  expect(await files('baseline-again')).toEqual(await files('baseline'));
  const worker = await inWorker(taskOf('leaning', 'worker'), 'leaning');
  expect(worker).toMatchObject({ verdict: 'fail', violations: [{ check: 'feature_attribution_drift_check' }] });
  for (const instances of [1, 3]) {
    const told = await inJobs(taskOf('leaning', `by-${instances}`), 'leaning', instances);
    expect({ ...told, output: '' }).toEqual({ ...worker, output: '' });
    expect(await files(`by-${instances}`)).toEqual(await files('worker'));
  }
  expect(await endpointNames()).toEqual(['fair', 'leaning']);
});

test('a copy that was made for a job is gone after one that failed, too', async () => {
  const refused = taskOf('fair', 'refused', { rows: 60, calls: 100 });
  await expect(inJobs(refused, 'fair', 1)).rejects.toMatchObject({
    failure: { what: expect.stringMatching(/Failed/) },
  });
  expect(await endpointNames()).toEqual(['fair', 'leaning']);
  const { EndpointConfigs = [] } = await box.sagemaker.listEndpointConfigs({ NameContains: '-x' });
  expect(EndpointConfigs).toEqual([]);
});
