import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { askForModel, trainModel } from '../../activities/monitoring/retrain';
import type { RetrainingRun } from '../../rollout';
import { retrainingJobName } from '../../sagemaker/names';
import type { RetrainingJob } from '../../spec/types';
import { startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { makeBuckets } from '../support/evidence';
import { aSpec } from '../support/spec';

const INCUMBENT = { version: 'v2', variant: 'v2', modelName: 'm', configName: 'c' };

function requestOf(how: NonNullable<ReturnType<typeof aSpec>['retraining']>['how']): RetrainingRun {
  return {
    endpoint: 'reviews',
    number: 3,
    run: 'a1b2c3d4',
    who: 'monitor quality',
    why: 'accuracy 0.71 is below 0.90',
    spec: aSpec({ endpoint: 'reviews', retraining: { how, cooldownMs: 0 } }),
    incumbent: INCUMBENT,
  };
}

describe('a webhook that is asked for a model', () => {
  let asked: unknown[] = [];
  let respond: (response: ServerResponse) => void;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      respond(response);
    });
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  beforeEach(() => {
    asked = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const ask = (status: number, body: string) => {
    respond = (response) => response.writeHead(status).end(body);
    const { port } = server.address() as AddressInfo;
    return askForModel(requestOf({ kind: 'webhook', url: `http://127.0.0.1:${port}/train` }));
  };

  test('is told which model is to be replaced and why, and its answer becomes the next candidate', async () => {
    const artifact = 's3://models/new/model.tar.gz';
    const result = await ask(200, JSON.stringify({ artifact }));
    expect(asked).toEqual([
      {
        ...{ endpoint: 'reviews', number: 3, who: 'monitor quality', why: 'accuracy 0.71 is below 0.90' },
        incumbent: INCUMBENT,
      },
    ]);
    expect(result).toMatchObject({
      kind: 'trained',
      candidate: 'v2-retrained-3',
      model: artifact,
      spec: {
        endpoint: 'reviews',
        candidates: [{ name: 'v2-retrained-3', model: { container: { image: 'sentiment:2', artifact } } }],
      },
    });
    expect(await ask(200, '{"modelPackage":"reviews/8"}')).toMatchObject({
      spec: { candidates: [{ model: { kind: 'package', package: 'reviews/8' } }] },
    });
  });

  test.each([
    [202, '', 'handedOver', /delivers by itself/],
    [200, '{"artifact":"model.tar.gz"}', 'failed', /answered 200 with no artifact/],
    [200, '<html>', 'failed', /<html>/],
    [404, '{"artifact":"s3://m/model.tar.gz"}', 'failed', /answered 404/],
  ])('status %i with %s is %s', async (status, body, kind, why) => {
    expect(await ask(status, body)).toMatchObject({ kind, why: expect.stringMatching(why) });
  });

  test('that is down is asked again, because nobody knows yet', async () => {
    await expect(ask(503, '')).rejects.toMatchObject({ failure: { type: 'ProviderUnavailable' } });
    await expect(askForModel(requestOf({ kind: 'webhook', url: 'http://127.0.0.1:1/train' }))).rejects.toMatchObject({
      failure: { type: 'ProviderUnavailable', what: expect.stringMatching(/127\.0\.0\.1:1/) },
    });
  });
});

describe('a training job', () => {
  let world: ActivityWorld;
  beforeAll(async () => {
    world = await startWorld();
    await makeBuckets(world, ['data']);
    await world.put('s3://data/in/a.csv', 'a\nb\nc\n');
  });
  afterAll(() => world.stop());
  const job = (environment: Readonly<Record<string, string>>, output: string): RetrainingJob => ({
    ...{ kind: 'job', image: 'trainer:1', entrypoint: [], arguments: [], environment, output },
    ...{ instance: { type: 'ml.m5.large', count: 1 }, inputs: { data: 's3://data/in/' }, atMostMs: 3_600_000 },
  });
  const deps = () => ({
    aws: world.aws,
    heartbeat: () => undefined,
    sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 50)),
  });

  const bytesOf = async (uri: string): Promise<Uint8Array> => {
    const { hostname: Bucket, pathname } = new URL(uri);
    const { Body } = await world.aws.s3.send(new GetObjectCommand({ Bucket, Key: pathname.slice(1) }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };

  test('leaves the artifact of the next candidate; a second attempt finds it and starts no other', async () => {
    const request = requestOf(job({ WRONG: '0.1' }, 's3://data/models'));
    const artifact = 's3://data/models/3-a1b2c3d4/model.tar.gz';
    const first = await trainModel(deps(), request);
    expect(first).toMatchObject({ kind: 'trained', candidate: 'v2-retrained-3', model: artifact });
    const archive = gunzipSync(await bytesOf(artifact)).toString('latin1');
    expect(archive).toContain('{"wrong":0.1,"lines":3,"why":"accuracy 0.71 is below 0.90"}');
    expect(await trainModel(deps(), request)).toEqual(first);
    const { ProcessingJobSummaries = [] } = await world.aws.sagemaker.listProcessingJobs({});
    expect(ProcessingJobSummaries).toHaveLength(1);
  });

  test('of SageMaker’s own kind leaves what it has put in /opt/ml/model, told by hyperparameters, and is found by a second attempt', async () => {
    const { kind: _, ...rest } = job({}, 's3://data/trained');
    const request = requestOf({ kind: 'training', ...rest, hyperparameters: { WRONG: '0.2' } });
    const first = await trainModel(deps(), request);
    const name = retrainingJobName(request);
    const artifact = `s3://data/trained/3-a1b2c3d4/${name}/output/model.tar.gz`;
    expect(first).toMatchObject({ kind: 'trained', candidate: 'v2-retrained-3', model: artifact });
    const archive = gunzipSync(await bytesOf(artifact)).toString('latin1');
    expect(archive).toContain('{"wrong":0.2,"lines":3,"why":"accuracy 0.71 is below 0.90"}');
    expect(await trainModel(deps(), request)).toEqual(first);
    const { TrainingJobSummaries = [] } = await world.aws.sagemaker.listTrainingJobs({});
    expect(TrainingJobSummaries).toHaveLength(1);
  });

  test('that another retraining of the same number has had is neither taken for its own nor overwritten', async () => {
    const how = job({ WRONG: '0.3' }, 's3://data/again');
    const results = [];
    for (const run of ['11111111', '22222222']) results.push(await trainModel(deps(), { ...requestOf(how), run }));
    expect(results).toMatchObject([
      { kind: 'trained', model: 's3://data/again/3-11111111/model.tar.gz' },
      { kind: 'trained', model: 's3://data/again/3-22222222/model.tar.gz' },
    ]);
  });

  test.each(['job', 'training'] as const)(
    'of kind %s that failed before takes a numbered name at the next try',
    async (kind) => {
      const how = (environment: Readonly<Record<string, string>>) => {
        const one = job(environment, `s3://data/numbered-${kind}`);
        return kind === 'job' ? one : { ...one, kind, hyperparameters: environment };
      };
      const request = { ...requestOf(how({ EXIT: '1', MESSAGE: 'out of luck' })), number: kind === 'job' ? 6 : 7 };
      const first = await trainModel(deps(), request);
      expect(first).toMatchObject({ kind: 'failed', why: expect.stringContaining(retrainingJobName(request)) });
      const next = { ...request, spec: requestOf(how({ WRONG: '0.1' })).spec };
      expect(await trainModel(deps(), next)).toMatchObject({ kind: 'trained' });
      const name = `${retrainingJobName(request)}-2`;
      const told =
        kind === 'job'
          ? (await world.aws.sagemaker.describeProcessingJob({ ProcessingJobName: name })).ProcessingJobStatus
          : (await world.aws.sagemaker.describeTrainingJob({ TrainingJobName: name })).TrainingJobStatus;
      expect(told).toBe('Completed');
    }
  );

  test('that fails is no model, and says what its container said', async () => {
    const failing = { ...requestOf(job({ EXIT: '1', MESSAGE: 'no labels' }, 's3://data/none')), number: 4 };
    expect(await trainModel(deps(), failing)).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/is Failed: .*no labels/),
    });
    const { kind: _, ...rest } = job({ EXIT: '1', MESSAGE: 'no labels' }, 's3://data/none');
    const training = { ...requestOf({ kind: 'training', ...rest, hyperparameters: {} }), number: 5 };
    expect(await trainModel(deps(), training)).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/^The training job .* is Failed: AlgorithmError: no labels, exit code: 1$/),
    });
  });
});
