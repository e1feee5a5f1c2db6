import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import type { BatchResult } from '../../batch';
import type { BatchWorld } from '../support/batch-world';
import { aRequest, startBatchWorld } from '../support/batch-world';
import { stopBatchUpdate } from '../../workflows/messages';
import { until } from '../scripts/until';
import { withDevServer } from '../support/dev-server';
import { startDirectContainer } from '../support/sandbox/direct-container';
import { inParallel } from '../../activities/batch/documents';

const dev = withDevServer();
let world: BatchWorld;

beforeAll(async () => {
  world = await startBatchWorld(dev());
  await world.put({ 'in/a.csv': 'a,1\nb,2\n', 'in/sub/b.csv': 'c,3', 'in/sub/c.csv': 'd,4\ne,5\n' });
});
afterAll(() => world.stop());

function manifestOf({ outcome }: BatchResult): string {
  if (outcome.kind !== 'published') throw new Error(JSON.stringify(outcome));
  return outcome.manifest;
}

describe('a batch transform', () => {
  test('publishes one result for each object below the date, its manifest last, and leaves nothing else behind', async () => {
    const result = await world.run(aRequest());
    expect(result).toMatchObject({ records: 5, objects: 3, quarantined: 0, model: 'echo', jobs: 1 });
    expect(manifestOf(result)).toBe('s3://data/out/nightly/2026-11-28/manifest.json');
    const { manifest, results } = await world.published(manifestOf(result));
    expect(results).toEqual({
      'in/a.csv': '3,A,1\n3,B,2\n',
      'in/sub/b.csv': '3,C,3\n',
      'in/sub/c.csv': '3,D,4\n3,E,5\n',
    });
    expect(manifest).toMatchObject({ records: 5, nominalTime: '2026-11-28T02:00:00.000Z', quarantine: null });
    const left = (await world.keys('out/nightly/')).map((key) => key.replace(/\/[0-9a-f]{8}\//, '/<run>/'));
    expect(left).toEqual([
      'out/nightly/2026-11-28/<run>/a.csv.out',
      'out/nightly/2026-11-28/<run>/sub/b.csv.out',
      'out/nightly/2026-11-28/<run>/sub/c.csv.out',
      'out/nightly/2026-11-28/manifest.json',
      'out/nightly/latest.json',
    ]);
  });

  test('of the same date again, at once, replaces the manifest and shares nothing with the run before', async () => {
    const first = await world.published(manifestOf(await world.run(aRequest({ name: 'again' }))));
    const second = await world.published(manifestOf(await world.run(aRequest({ name: 'again' }))));
    expect(second.results).toEqual(first.results);
    expect(second.manifest.objects[0]?.output).not.toBe(first.manifest.objects[0]?.output);
  });

  test('puts aside exactly the records that the model refuses, in objects cut down to them, and delivers the rest', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => (i === 70 || i === 213 ? `BAD ${i}` : `row ${i}`));
    await world.put({ 'bad/a.csv': `${lines.join('\n')}\n`, 'bad/b.csv': 'fine\n' });
    const result = await world.run(aRequest({ name: 'bad', input: 's3://data/bad/' }));
    const { manifest, results } = await world.published(manifestOf(result));
    const good = lines
      .filter((line) => !line.startsWith('BAD'))
      .map((line) => `${line.length},${line.toUpperCase()}\n`);
    expect(results).toEqual({ 'bad/a.csv': good.join(''), 'bad/b.csv': '4,FINE\n' });
    expect(result).toMatchObject({ records: 301, quarantined: 2, jobs: 3 });
    expect(result.bad.map(({ object, line }) => [object, line])).toEqual([
      ['s3://data/bad/a.csv', 71],
      ['s3://data/bad/a.csv', 214],
    ]);
    const quarantine = (await world.text(manifest.quarantine?.replace('s3://data/', '') ?? '')).trimEnd().split('\n');
    expect(quarantine.map((line) => JSON.parse(line))).toMatchObject([
      { object: 's3://data/bad/a.csv', line: 71, record: 'BAD 70' },
      { object: 's3://data/bad/a.csv', line: 214, record: 'BAD 213' },
    ]);
  });

  test('whose model accepts nothing says so after three jobs, instead of trying every record alone', async () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `BAD ${i}`).join('\n');
    await world.put({ 'refused/a.csv': lines });
    const failed = world.run(aRequest({ name: 'refused', input: 's3://data/refused/' }));
    await expect(failed).rejects.toMatchObject({
      cause: { type: 'BadRecords', message: expect.stringMatching(/accepts nothing.*contentType.*a\.csv, line 1:/) },
    });
    expect(await world.keys('out/refused/')).toEqual([]);
  });

  test.each([
    ['a missing prefix', { input: 's3://data/nowhere/' }, 'NotFound', /no object below s3:\/\/data\/nowhere\//],
    [
      'an empty object',
      { input: 's3://data/empty/', onBadRecord: 'fail' as const },
      'BadRecords',
      /empty\/b\.csv is empty/,
    ],
    [
      'a malformed record',
      { input: 's3://data/json/', contentType: 'application/jsonlines', onBadRecord: 'fail' as const },
      'BadRecords',
      /json\/a\.jsonl, line 2: it is no JSON/,
    ],
    [
      'a packed object that is not said to be one',
      { input: 's3://data/packed/', onBadRecord: 'fail' as const },
      'BadRecords',
      /packed\/a\.csv\.gz: it is packed with gzip: write `compression: Gzip`/,
    ],
    [
      'a record above the payload',
      { input: 's3://data/large/', onBadRecord: 'fail' as const },
      'BadRecords',
      /large\/a\.csv, line 2: it has 1200001 bytes, above the payload of 1048576/,
    ],
    [
      'a record that the model refuses',
      { input: 's3://data/refusing/', onBadRecord: 'fail' as const },
      'BadRecords',
      /refusing\/a\.csv, line 7: ClientError/,
    ],
  ])('%s fails with a verdict that names it, and nothing is published', async (what, changes, type, message) => {
    await world.put({
      'empty/a.csv': 'a\n',
      'empty/b.csv': '',
      'json/a.jsonl': '{"a":1}\n{"a":\n{"a":3}\n',
      'packed/a.csv.gz': gzipSync('a\nb\n'),
      'large/a.csv': `a\n${'x'.repeat(1_200_000)}\nb\n`,
      'refusing/a.csv': Array.from({ length: 20 }, (_, i) => (i === 6 ? 'BAD' : 'x')).join('\n'),
    });
    const name = what.replaceAll(' ', '-');
    await expect(world.run(aRequest({ name, ...changes }))).rejects.toMatchObject({
      cause: { type, message: expect.stringMatching(message) },
    });
    expect(await world.keys(`out/${name}/`)).toEqual([]);
  });
});

describe('a batch that is cut into slices and parts', () => {
  const lines = Array.from({ length: 40_000 }, (_, i) => `row ${i},${'x'.repeat(i % 7)}`);

  test('delivers byte for byte what the container answers when it is called directly, in the order of the records, whatever the cuts', async () => {
    const container = await startDirectContainer();
    const expected = `${(await container.invoke(lines.join('\n'))).toString()}\n`;
    await container.stop();
    expect(expected.split('\n')).toHaveLength(lines.length + 1);
    await world.put({ 'large/a.csv': lines.join('\n'), 'large/b.csv': `${lines.join('\n')}\n` });
    const parts = { bytes: 400_000, sliceBytes: 70_000, parallel: 2 };
    const result = await world.run(
      aRequest({ name: 'large', input: 's3://data/large/', parts, instance: { type: 'ml.m5.large', count: 2 } })
    );
    expect(result).toMatchObject({ records: 80_000, objects: 2, jobs: 2 });
    const { results } = await world.published(manifestOf(result));
    expect(results['large/a.csv'] === expected).toBe(true);
    expect(results['large/b.csv'] === expected).toBe(true);
  });

  // `bench:batch` does it with 10,000; more than a thousand is more than a page of any listing or deletion.
  test('of more objects than S3 lists at once has a result for each of them, and leaves nothing behind', async () => {
    const paths = Array.from({ length: 1_100 }, (_, i) => `many/${String(i % 100).padStart(2, '0')}/${i}.csv`);
    await inParallel(paths, 16, (key) => world.put({ [key]: `${key}\n` }));
    const result = await world.run(aRequest({ name: 'many', input: 's3://data/many/', concurrency: 8 }));
    expect(result).toMatchObject({ records: 1_100, objects: 1_100, jobs: 1, quarantined: 0 });
    const { results } = await world.published(manifestOf(result));
    expect(results).toEqual(Object.fromEntries(paths.map((key) => [key, `${key.length},${key.toUpperCase()}\n`])));
    expect(await world.keys('out/many/2026-11-28/_work/')).toEqual([]);
  });
});

describe('while a batch runs', () => {
  const slow = Array.from({ length: 200 }, (_, i) => `SLOW ${i}`).join('\n');
  const request = (name: string) =>
    aRequest({ name, input: 's3://data/slow/', strategy: 'SingleRecord', concurrency: 1, payloadMb: 1 });
  const jobsOf = async (name: string) =>
    (await world.aws.sagemaker.listTransformJobs({ NameContains: `reviews-${name}` })).TransformJobSummaries ?? [];

  beforeAll(() => world.put({ 'slow/a.csv': slow }));

  test('a person stops it: its job ends, nothing is published, nothing is left', async () => {
    const handle = await world.start(request('halted'));
    await until(
      () => jobsOf('halted'),
      (jobs) => jobs.some(({ TransformJobStatus }) => TransformJobStatus === 'InProgress')
    );
    const said = await handle.executeUpdate(stopBatchUpdate, { args: [{ who: 'ana', why: 'wrong model' }] });
    expect(said).toBe(`Stopping ${handle.workflowId}.`);
    expect(await handle.result()).toMatchObject({ outcome: { kind: 'stopped', who: 'ana', why: 'wrong model' } });
    expect(await jobsOf('halted')).toMatchObject([{ TransformJobStatus: 'Stopped' }]);
    expect(await world.keys('out/halted/')).toEqual([]);
  });

  test('a cancel by Temporal does the same, and the workflow ends as cancelled', async () => {
    const handle = await world.start(request('cancelled'));
    await until(
      () => jobsOf('cancelled'),
      (jobs) => jobs.some(({ TransformJobStatus }) => TransformJobStatus === 'InProgress')
    );
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await jobsOf('cancelled')).toMatchObject([{ TransformJobStatus: 'Stopped' }]);
    expect(await world.keys('out/cancelled/')).toEqual([]);
  });
});

describe('a challenger and the labels of a batch', () => {
  beforeAll(() =>
    world.put({
      'votes/a.jsonl': Array.from({ length: 60 }, (_, i) =>
        JSON.stringify(i % 3 === 0 ? { a: 1, b: 2 } : { a: i })
      ).join('\n'),
      'moved/a.jsonl': Array.from({ length: 60 }, () => JSON.stringify({ a: 1, b: 2 })).join('\n'),
    })
  );
  const json = { contentType: 'application/jsonlines', accept: 'application/jsonlines' } as const;

  test('the challenger scores the same records; how often it answers otherwise is in the manifest', async () => {
    const challenger = {
      name: 'v9',
      model: {
        kind: 'source',
        model: { kind: 'container', container: { image: 'batch:1', environment: { BIAS: '1' } } },
      },
      prediction: '$.keys',
    } as const;
    const result = await world.run(aRequest({ name: 'duel', input: 's3://data/votes/', ...json, challenger }));
    const { manifest } = await world.published(manifestOf(result));
    expect(manifest.labels).toEqual({ 1: 40, 2: 20 });
    expect(manifest.compared).toEqual({ pairs: 60, different: 20, refused: 0, changes: { '2 → 3': 20 } });
    const { Models = [] } = await world.aws.sagemaker.listModels({});
    expect(Models.map(({ ModelName }) => ModelName)).toEqual(['echo']);
  });

  test('labels that have moved since the batch before hold the results back, where the file says so', async () => {
    const drift = { prediction: '$.keys', threshold: 0.1, distance: 'lInfinity', then: 'fail' } as const;
    const verify = { counts: true, drift };
    const day = 86_400_000;
    const first = Date.UTC(2026, 10, 20, 2);
    await world.run(aRequest({ name: 'drift', input: 's3://data/votes/', ...json, verify }), first);
    const same = await world.run(aRequest({ name: 'drift', input: 's3://data/votes/', ...json, verify }), first + day);
    expect(same.drift).toMatchObject({ distance: 0, isViolated: false });
    const moved = world.run(aRequest({ name: 'drift', input: 's3://data/moved/', ...json, verify }), first + 2 * day);
    await expect(moved).rejects.toMatchObject({
      cause: { type: 'NotVerified', message: expect.stringMatching(/0\.667 from those of s3:.*2026-11-21/) },
    });
    expect((await world.keys('out/drift/2026-11-22/')).length).toBe(0);
  });
});

describe('the model of a batch', () => {
  test('is what the endpoint serves, where nobody owns it; without an endpoint there is none, and that is said', async () => {
    const { sagemaker } = world.aws;
    await sagemaker.createEndpointConfig({
      EndpointConfigName: 'live',
      ProductionVariants: [
        { VariantName: 'v3', ModelName: 'echo', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
    });
    await sagemaker.createEndpoint({ EndpointName: 'live', EndpointConfigName: 'live' });
    await until(
      () => sagemaker.describeEndpoint({ EndpointName: 'live' }),
      ({ EndpointStatus }) => EndpointStatus === 'InService'
    );
    const incumbent = aRequest({ name: 'current', model: { kind: 'incumbent' } });
    const result = await world.run({ ...incumbent, endpoint: 'live' });
    const { manifest } = await world.published(manifestOf(result));
    expect(manifest.model).toEqual({ name: 'echo', version: 'v3', from: 'endpoint' });
    await expect(world.run({ ...incumbent, endpoint: 'nowhere' })).rejects.toMatchObject({
      cause: { type: 'NotFound', message: expect.stringContaining('serves no model') },
    });
  });
});
