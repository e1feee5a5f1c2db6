import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { evidenceOf, listData } from '../../activities/monitoring/objects';
import { runMonitor } from '../../activities/monitoring/run-monitor';
import { runProcessing } from '../../activities/monitoring/run-processing';
import type { MonitorTask } from '../../activities/monitoring/types';
import type { Json, MonitorKind } from '../../monitors/types';
import type { MonitorJobs } from '../../rollout';
import { formatEvent } from '../../gateway/event-format';
import { captured } from '../monitors/data/files';
import { below } from '../support/sandbox/jobs';
import type { TestSandbox } from '../support/sandbox/harness';
import { ROLE, startTestSandbox } from '../support/sandbox/harness';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.parse('2030-01-07T00:00:00Z');
const NAMES = ['prediction', 'score', 'sex', 'age', 'label'];

/** Answers of an hour, spread over objects; from `worse` on, women are refused and answers are wrong. */
function hourOf(hour: number, objects: number, worse = false): Readonly<Record<string, string>> {
  const at = new Date(FROM_MS + hour * HOUR_MS).toISOString();
  const folder = `capture/e/v1/${at.slice(0, 10).replaceAll('-', '/')}/${at.slice(11, 13)}`;
  let before: string | undefined;
  return Object.fromEntries(
    Array.from({ length: objects }, (_, object) => {
      const lines = Array.from({ length: 60 }, (_, line) => {
        const n = object * 60 + line;
        const sex = n % 2 === 0 ? 'f' : 'm';
        const label = (n * 7) % 5 < 2 ? 1 : 0;
        const prediction = worse && sex === 'f' ? 0 : n % 11 === 0 ? 1 - label : label;
        const score = prediction === 1 ? 0.6 + (n % 40) / 100 : (n % 40) / 100;
        return captured({
          event: `${hour}-${n}`,
          at: new Date(FROM_MS + hour * HOUR_MS + n * 1000).toISOString(),
          output: `${prediction},${worse ? score / 2 : score}`,
          input: `${sex},${20 + (n % 50)},${label}`,
        });
      });
      // The last is an event of the object before, which may fall to another instance.
      const bad =
        object % 2 === 0 ? ['{"captureData":', lines[3], '[1]', ...(before === undefined ? [] : [before])] : [];
      before = lines[7];
      return [`${folder}/${String(object).padStart(3, '0')}.jsonl`, [...lines, ...bad].join('\n')];
    })
  );
}

const MONITORS: readonly (readonly [MonitorKind, Readonly<Record<string, Json>>])[] = [
  ['dataQuality', {}],
  ['modelQuality', { problem: 'BinaryClassification', label: 'label', prediction: 'prediction', probability: 'score' }],
  [
    'bias',
    {
      ...{ label: 'label', label_values_or_threshold: [1], predicted_label: 'prediction', leastRows: 20 },
      facet: [{ name_or_index: 'sex', value_or_threshold: ['f'] }],
    },
  ],
  ['conceptDrift', { values: ['score', 'age'], detectors: ['martingale', 'adwin', 'pageHinkley'], leastBaseline: 100 }],
  ['business', { event: 'conversion', events: 's3://data/events', leastCalls: 100 }],
];

/** Half of the calls of an hour convert; of a worse one every tenth. */
function conversionsOf(hour: number, objects: number, worse = false): Readonly<Record<string, string>> {
  const converted = Array.from({ length: objects * 60 }, (_, n) => n).filter((n) => n % (worse ? 10 : 2) === 0);
  const lines = converted.map((n) => {
    const at = new Date(FROM_MS + hour * HOUR_MS + n * 1_000 + 5_000).toISOString();
    const event = { version: 1, eventId: `event-${hour}-${n}`, event: 'conversion', endpoint: 'e', value: 1 } as const;
    return formatEvent({ ...event, inferenceId: `${hour}-${n}`, at, receivedAt: at });
  });
  return { [`events/2030/01/07/0${hour}/a.jsonl`]: lines.join('\n') };
}

describe('a monitor of captured data', () => {
  let box: TestSandbox;
  const scratchDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-monitor-test-'));
  const beats: unknown[] = [];
  beforeAll(async () => {
    box = await startTestSandbox();
    await box.s3.createBucket({ Bucket: 'data' });
    const captures = { ...hourOf(0, 5), ...hourOf(1, 5), ...hourOf(2, 5, true) };
    for (const [Key, Body] of Object.entries({ ...captures, ...conversionsOf(0, 5), ...conversionsOf(2, 5, true) }))
      await box.s3.putObject({ Bucket: 'data', Key, Body });
  });
  afterAll(async () => {
    rmSync(scratchDir, { recursive: true, force: true });
    await box.stop();
  });

  const deps = () => ({
    aws: { ...box, cloudwatch: box.cloudWatch, runtime: box.runtime, close: () => undefined } as never,
    now: () => FROM_MS + 3 * HOUR_MS,
    heartbeat: (details?: unknown) => void beats.push(details),
    sleep: (ms: number) => sleep(ms / 100),
    scratchDir,
  });
  const taskOf = (
    [monitor, options]: (typeof MONITORS)[number],
    of: { readonly hour: number; readonly baseline: string | null; readonly output: string }
  ): MonitorTask => ({
    ...{ monitor, options, output: `s3://data/${of.output}` },
    data: { kind: 'captures', to: 's3://data/capture', endpoint: 'e', variants: null },
    reading: { names: NAMES },
    window: { fromMs: FROM_MS + of.hour * HOUR_MS, toMs: FROM_MS + (of.hour + 1) * HOUR_MS },
    baseline: of.baseline === null ? null : `s3://data/${of.baseline}`,
  });
  const jobsOf = (monitor: string, instanceCount: number): MonitorJobs => ({
    ...{ endpoint: 'e', monitor, roleArn: ROLE, instanceType: 'ml.m5.large', instanceCount, tags: {} },
    image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/sluice-monitor:1',
  });
  const jobsNamed = async (part: string) => {
    const { ProcessingJobSummaries: all = [] } = await box.sagemaker.listProcessingJobs({ NameContains: part });
    return Promise.all(all.map(({ ProcessingJobName }) => box.sagemaker.describeProcessingJob({ ProcessingJobName })));
  };

  test.each(MONITORS)(
    '%s: by the worker, by one instance and by three it is the same to the last byte',
    async (...monitor) => {
      const [kind] = monitor;
      await runMonitor(deps(), taskOf(monitor, { hour: 0, baseline: null, output: `${kind}/baseline` }));
      const check = (output: string) =>
        taskOf(monitor, { hour: 2, baseline: `${kind}/baseline`, output: `${kind}/${output}` });
      const worker = await runMonitor(deps(), check('worker'));
      expect(worker).toMatchObject({ verdict: 'fail', rows: { used: 300 }, evidence: { objects: 5 } });
      expect(worker.violationCount).toBeGreaterThan(0);
      expect(worker.issueCounts).toMatchObject({ truncatedLine: 3, notCapture: 3, duplicateId: 5 });
      const one = await runProcessing(deps(), { ...check('one'), jobs: jobsOf(`${kind}-1`, 1) });
      const three = await runProcessing(deps(), { ...check('three'), jobs: jobsOf(`${kind}-3`, 3) });
      const jobs = await jobsNamed(`${kind}-3`);
      expect(
        jobs.map(({ ProcessingJobName: name = '', ProcessingResources: machines }) => [
          /[0-9a-f]{12}(.*)$/.exec(name)?.[1],
          machines?.ClusterConfig?.InstanceCount,
        ])
      ).toEqual(
        // Two shards had met the same events, and have left them out in a second round.
        expect.arrayContaining([
          ['', 3],
          ['-join', 1],
          ['-again', 3],
          ['-rejoin', 1],
        ])
      );
      expect([
        { ...one, output: '' },
        { ...three, output: '' },
      ]).toEqual([
        { ...worker, output: '' },
        { ...worker, output: '' },
      ]);
      const files = async (folder: string) => {
        const all = await below(box.s3, `${kind}/${folder}/`);
        const names = Object.keys(all).filter((name) => !/^(jobs\/|carry\.json)/.test(name));
        return Object.fromEntries(names.map((name) => [name, all[name]]));
      };
      const bytes = await files('worker');
      expect(Object.keys(bytes)).toEqual(
        expect.arrayContaining(['report.json', 'reading.json', 'constraint_violations.json'])
      );
      expect(await files('one')).toEqual(bytes);
      expect(await files('three')).toEqual(bytes);
    }
  );

  test('a processing job that failed leaves its name behind: the next try has another one, and one that is there is found', async () => {
    const [quality] = MONITORS;
    if (!quality) throw new Error('there is none');
    const task = {
      ...taskOf(quality, { hour: 1, baseline: 'dataQuality/baseline', output: 'retried' }),
      jobs: jobsOf('retried', 1),
    };
    const broken = { ...task, jobs: { ...task.jobs, image: 'nobody-has-this:1' } };
    await expect(runProcessing(deps(), broken)).rejects.toMatchObject({
      failure: { what: expect.stringMatching(/is Failed: .*not found/) },
    });
    // Two at once: both ask before one of them has made it.
    const [first, second] = await Promise.all([runProcessing(deps(), task), runProcessing(deps(), task)]);
    expect(first).toEqual(second);
    const names = (await jobsNamed('retried')).map((job) => [job.ProcessingJobName, job.ProcessingJobStatus]);
    expect(names.sort()).toEqual([
      [expect.stringMatching(/^e-retried-[0-9a-f]{12}$/), 'Failed'],
      [expect.stringMatching(/^e-retried-[0-9a-f]{12}-2$/), 'Completed'],
    ]);
  });

  test('sees that objects have come since, leaves nothing behind, and says at once what is wrong with its options', async () => {
    const [, quality] = MONITORS;
    if (!quality) throw new Error('there is none');
    const task = taskOf(quality, { hour: 1, baseline: 'modelQuality/baseline', output: 'late' });
    const judged = await runMonitor(deps(), task);
    const evidence = async () => evidenceOf((await listData(box.s3, task)).map(({ key }) => key));
    expect(await evidence()).toEqual(judged.evidence);
    await box.s3.putObject({ Bucket: 'data', Key: 'capture/e/v1/2030/01/07/01/late.jsonl', Body: ' ' });
    expect((await evidence()).sha256).not.toBe(judged.evidence.sha256);
    expect(readdirSync(scratchDir)).toEqual([]);
    expect(beats.length).toBeGreaterThan(0);
    await expect(runMonitor(deps(), { ...task, options: { problem: 'Maybe' } })).rejects.toMatchObject({
      failure: { type: 'InvalidRequest', what: expect.stringMatching(/problem.*prediction/s) },
    });
    await expect(runMonitor(deps(), { ...task, baseline: 's3://data/nowhere' })).rejects.toMatchObject({
      failure: { type: 'NotFound' },
    });
    await expect(
      runMonitor(deps(), { ...task, options: { ...task.options, prediction: 'nope' } })
    ).rejects.toMatchObject({ failure: { type: 'InvalidRequest', what: expect.stringContaining('no column nope') } });
  });
});
