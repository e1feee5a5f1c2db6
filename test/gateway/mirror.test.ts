import { afterEach, expect, test } from '@jest/globals';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { createGateway, parseCounts, probeAttribute, type Gateway } from '../../gateway';
import { isSampled } from '../../gateway/assignment';
import { assignmentDocument } from '../../gateway/assignment-document';
import { formatAssignment, type MirrorSettings } from '../../gateway/assignment-format';
import { pairedBody } from '../../gateway/mirror-format';
import { until } from '../support/sandbox/harness';
import { startFakeAws, type FakeAws, type ModelReply } from './fake-aws';

const noon = Date.UTC(2026, 0, 31, 12, 0, 0);
const json = { body: '{"text":"Great."}', contentType: 'application/json' };

let aws: FakeAws;
let mirrorRuntime: SageMakerRuntimeClient;
let gateway: Gateway;

async function start(options: {
  readonly shadow: () => ModelReply | Promise<ModelReply>;
  readonly mirror?: Partial<MirrorSettings>;
}): Promise<void> {
  aws = await startFakeAws({
    invoke: (call) =>
      call.endpoint === 'reviews' ? { kind: 'answer', variant: 'v7', body: '{"label":"positive"}' } : options.shadow(),
  });
  const document = assignmentDocument({
    endpoint: 'reviews',
    previous: null,
    nowMs: noon,
    expiresAfterMs: 600_000,
    salt: 's',
    routing: { kind: 'weights' },
    mirror: { endpoint: 'reviews-v8', variant: null, samplePct: 100, ...options.mirror },
  });
  aws.objects.set('control/assignments/reviews.json', formatAssignment(document));
  mirrorRuntime = new SageMakerRuntimeClient({
    endpoint: aws.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  gateway = createGateway({
    endpoint: 'reviews',
    runtime: aws.runtime,
    s3: aws.s3,
    assignment: 's3://control',
    counts: 's3://counts',
    mirror: { runtime: mirrorRuntime, pairs: 's3://pairs/all' },
    flushMs: 3_600_000,
    now: () => noon,
  });
}

afterEach(async () => {
  await gateway.close().catch(() => undefined);
  mirrorRuntime.destroy();
  await aws.close();
});

const below = (prefix: string): string[] =>
  [...aws.objects].filter(([key]) => key.startsWith(prefix)).map(([, body]) => body);
const pairs = (): readonly unknown[] =>
  below('pairs/all/reviews/').flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
  );
const mirrored = () =>
  below('counts/')
    .flatMap(parseCounts)
    .flatMap(({ mirror }) => mirror ?? []);
const copies = () => aws.calls.filter(({ endpoint }) => endpoint === 'reviews-v8');

test('a copy asks the other model the same, marked as no evidence, and the answers are paired by inference id', async () => {
  await start({ shadow: () => ({ kind: 'answer', variant: 'v8', body: '{"label":"negative"}' }) });
  const live = await gateway.invoke({ ...json, userId: 'ana' });
  await until(() => copies().length === 1);
  await gateway.close();
  expect(live.variant).toBe('v7');
  expect(copies()[0]).toMatchObject({
    body: json.body,
    headers: {
      'x-amzn-sagemaker-inference-id': live.inferenceId,
      'x-amzn-sagemaker-custom-attributes': probeAttribute,
    },
  });
  expect(pairs()).toEqual([
    {
      version: 1,
      endpoint: 'reviews',
      inferenceId: live.inferenceId,
      userId: 'ana',
      epoch: 1,
      at: expect.any(String),
      live: expect.objectContaining({ variant: 'v7', status: 200, body: '{"label":"positive"}', encoding: 'UTF8' }),
      shadow: expect.objectContaining({
        endpoint: 'reviews-v8',
        variant: 'v8',
        status: 200,
        body: '{"label":"negative"}',
      }),
    },
  ]);
  expect(mirrored()).toEqual([{ answered: 1, failed: 0, dropped: 0 }]);
});

test('a shadow that never answers holds no live call back, and costs at most what may wait', async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await start({
    shadow: async () => {
      await released;
      return { kind: 'answer', variant: 'v8', body: '{}' };
    },
  });
  const calls = 200;
  for (let i = 0; i < calls; i++) expect(await gateway.invoke(json)).toMatchObject({ ok: true, variant: 'v7' });
  expect(copies()).toHaveLength(8);
  const closing = gateway.close();
  release();
  await closing;
  const [counted] = mirrored();
  expect(counted).toEqual({ answered: 8, failed: 0, dropped: calls - 8 });
  expect(pairs()).toHaveLength(8);
});

test.each<[string, ModelReply, number, object]>([
  [
    'whose model fails',
    { kind: 'modelError', status: 500, message: 'boom' },
    500,
    { answered: 1, failed: 0, dropped: 0 },
  ],
  [
    'that is not there',
    { kind: 'serviceError', status: 400, code: 'ValidationError' },
    400,
    { answered: 0, failed: 1, dropped: 0 },
  ],
])('a shadow %s is seen in the pair, never by the caller', async (_, reply, status, counts) => {
  await start({ shadow: () => reply });
  expect(await gateway.invoke(json)).toMatchObject({ ok: true, status: 200 });
  await until(() => copies().length === 1);
  await gateway.close();
  expect(pairs()).toEqual([expect.objectContaining({ shadow: expect.objectContaining({ status }) })]);
  expect(mirrored()).toEqual([counts]);
});

test('probes and overridden calls are not copied, and of the others the sampled part', async () => {
  await start({ shadow: () => ({ kind: 'answer', variant: 'v8', body: '{}' }), mirror: { samplePct: 30 } });
  await gateway.invoke({ ...json, probe: true });
  await gateway.invoke({ ...json, override: 'v7' });
  const ids = Array.from({ length: 60 }, (_, i) => `call-${i}`);
  for (const inferenceId of ids) await gateway.invoke({ ...json, inferenceId });
  await gateway.close();
  const sampled = ids.filter((inferenceId) => isSampled('s', { inferenceId, samplePct: 30 }));
  // The draw is a hash: the same for ever, and neither all nor nothing.
  expect(sampled.length).toBeGreaterThan(8);
  expect(sampled.length).toBeLessThan(30);
  const [counted] = mirrored();
  // Copies go over connections of their own: those that are under way together arrive in any order, and what waits at the end is dropped.
  const copied = copies().map(({ headers }) => String(headers['x-amzn-sagemaker-inference-id']));
  expect(sampled).toEqual(expect.arrayContaining(copied));
  expect(new Set(copied).size).toBe(copied.length);
  expect(copied).toHaveLength(counted?.answered ?? NaN);
  expect(copied.length + (counted?.dropped ?? NaN)).toBe(sampled.length);
});

test('a body that is no text is kept in base64, and a long one is left out', () => {
  expect(pairedBody(Buffer.from([0xff, 0x00]))).toEqual({ body: '/wA=', encoding: 'BASE64' });
  expect(pairedBody(Buffer.from('\ufeffé'))).toEqual({ body: '\ufeffé', encoding: 'UTF8' });
  expect(pairedBody(Buffer.alloc(64 * 1024 + 1))).toEqual({ body: null, encoding: 'UTF8' });
});
