import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packArtifact } from '../../examples/product-reviews/artifact';
import { loadReviews } from '../../examples/product-reviews/data';
import { reviewTransforms } from '../../examples/product-reviews/transforms';
import { buildVersions } from '../../examples/product-reviews/versions';
import { createGateway, parseCounts, transformFiles, type Gateway, type GatewayOptions } from '../../gateway';
import { assignmentDocument } from '../../gateway/assignment-document';
import { assignmentKey, formatAssignment, type AssignmentDocument } from '../../gateway/assignment-format';
import { parseExposures } from '../../gateway/exposure-format';
import { compareTransforms } from '../../gateway/transform/check';
import type { TransformBody } from '../../gateway/transform/transforms';
import { exampleImages } from '../../scripts/images';
import { forkSource, untilEnd } from '../support/processes';
import {
  createConfig,
  createEndpoint,
  IMAGES,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  until,
  type TestSandbox,
} from '../support/sandbox/harness';

let box: TestSandbox;

beforeAll(async () => {
  box = await startTestSandbox({ images: { ...IMAGES, ...exampleImages() } });
  for (const Bucket of ['control', 'counts', 'exposures', 'models']) await box.s3.createBucket({ Bucket });
});
afterAll(() => box.stop());

const gatewayOf = (endpoint: string, more: Partial<GatewayOptions> = {}): Gateway =>
  createGateway({ endpoint, runtime: box.runtime, s3: box.s3, ...more });

async function textsBelow(Bucket: string): Promise<readonly string[]> {
  const { Contents = [] } = await box.s3.listObjectsV2({ Bucket });
  return Promise.all(
    Contents.map(async ({ Key }) => (await box.s3.getObject({ Bucket, Key })).Body?.transformToString() ?? '')
  );
}

describe('an assignment on an endpoint with two variants', () => {
  const publish = async (document: AssignmentDocument): Promise<void> => {
    const Key = assignmentKey('', document.endpoint);
    await box.s3.putObject({ Bucket: 'control', Key, Body: formatAssignment(document) });
  };
  const sharesOf = (v8: number, previous: AssignmentDocument | null): AssignmentDocument =>
    assignmentDocument({
      endpoint: 'split',
      previous,
      nowMs: Date.now(),
      expiresAfterMs: 3_600_000,
      salt: 'split/1',
      routing: { kind: 'shares', incumbent: 'v7', sharesPct: { v7: 100 - v8, v8 } },
    });
  const users = Array.from({ length: 400 }, (_, i) => `user-${i}`);

  /** The variant that answered each user, through a gateway that has just started. */
  async function variantsOf(): Promise<readonly (string | null)[]> {
    const gateway = gatewayOf('split', {
      assignment: 's3://control',
      counts: 's3://counts',
      exposures: 's3://exposures',
      flushMs: 60_000,
    });
    const variants: (string | null)[] = [];
    for (let i = 0; i < users.length; i += 20) {
      const calls = users
        .slice(i, i + 20)
        .map((userId) => gateway.invoke({ body: 'x', contentType: 'text/plain', userId }));
      variants.push(...(await Promise.all(calls)).map(({ variant }) => variant));
    }
    await gateway.close();
    return variants;
  }

  test('delivers the share that was set, whatever the weights say, the same after a restart, and moves nobody back', async () => {
    // The weights would send everybody to v8.
    await createEndpoint(box.sagemaker, {
      name: 'split',
      variants: [
        { name: 'v7', weight: 0 },
        { name: 'v8', weight: 1 },
      ],
    });
    const ten = sharesOf(10, null);
    await publish(ten);
    const first = await variantsOf();
    expect(await variantsOf()).toEqual(first);
    const onV8 = first.filter((variant) => variant === 'v8').length;
    // 10 % of 400 users, ± four standard deviations of a binomial draw.
    expect(Math.abs(onV8 - 40)).toBeLessThan(4 * Math.sqrt(400 * 0.1 * 0.9));
    await publish(sharesOf(30, ten));
    const more = await variantsOf();
    expect(first.filter((variant, i) => variant === 'v8' && more[i] !== 'v8')).toEqual([]);
    expect(more.filter((variant) => variant === 'v8').length).toBeGreaterThan(onV8);

    const drawn = (await textsBelow('counts')).flatMap(parseCounts).flatMap(({ routing }) => routing?.drawn ?? []);
    const split = (epoch: number, variant: string): number =>
      drawn.reduce((sum, part) => sum + (part.epoch === epoch ? (part.requests[variant] ?? 0) : 0), 0);
    expect([split(1, 'v7'), split(1, 'v8')]).toEqual([2 * (400 - onV8), 2 * onV8]);
    const exposures = (await textsBelow('exposures')).flatMap(parseExposures);
    expect(exposures).toHaveLength(3 * users.length);
    expect(
      exposures.filter(({ epoch }) => epoch === 2).every((e) => e.propensity === (e.variant === 'v8' ? 0.3 : 0.7))
    ).toBe(true);
  });

  test('loses no call while its variant leaves the endpoint before the assignment is withdrawn', async () => {
    const name = 'leaving';
    await createEndpoint(box.sagemaker, { name, variants: [{ name: 'v7' }, { name: 'v8' }] });
    await createConfig(box.sagemaker, { name: 'leaving-alone', variants: [{ name: 'v7' }] });
    const half = assignmentDocument({
      endpoint: name,
      previous: null,
      nowMs: Date.now(),
      expiresAfterMs: 3_600_000,
      salt: 'leaving/1',
      routing: { kind: 'shares', incumbent: 'v7', sharesPct: { v7: 50, v8: 50 } },
    });
    await publish(half);
    const gateway = gatewayOf(name, { assignment: 's3://control', refreshMs: 100 });
    const seen = new Map<string, number>();
    let isOver = false;
    const caller = async (userId: string): Promise<void> => {
      while (!isOver) {
        const { ok, variant, routedBy } = await gateway.invoke({ body: 'x', contentType: 'text/plain', userId });
        const how = `${ok} ${variant} ${routedBy}`;
        seen.set(how, (seen.get(how) ?? 0) + 1);
      }
    };
    const callers = Array.from({ length: 8 }, (_, i) => caller(`user-${i}`));
    await until(() => (seen.get('true v8 drawn') ?? 0) > 20);
    await box.sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: 'leaving-alone' });
    await settledEndpoint(box.sagemaker, name);
    await until(() => (seen.get('true v7 weights') ?? 0) > 20);
    isOver = true;
    // A call that is lost rejects.
    await Promise.all(callers);
    expect([...seen.keys()].sort()).toEqual(['true v7 drawn', 'true v7 weights', 'true v8 drawn']);
    await gateway.close();
  });

  test('that names a variant which is not there loses no call', async () => {
    const document = sharesOf(10, null);
    const gone = assignmentDocument({
      endpoint: 'split',
      previous: document,
      afterEpoch: 10,
      nowMs: Date.now(),
      expiresAfterMs: 3_600_000,
      salt: 'split/1',
      routing: { kind: 'shares', incumbent: 'v7', sharesPct: { v7: 0, v9: 100 } },
    });
    await publish(gone);
    const gateway = gatewayOf('split', { assignment: 's3://control' });
    const result = await gateway.invoke({ body: 'x', contentType: 'text/plain', userId: 'ana' });
    expect(result).toMatchObject({ ok: true, variant: 'v8', routedBy: 'weights', byWeights: 'refused' });
    await gateway.close();
  });
});

describe('one definition of transforms', () => {
  const { heldOut, training } = loadReviews();
  const json = 'application/json';
  const awkward = [
    { body: '{"review":"  <b>Caf\u0065\u0301</b> \u00a0 was \\"great\\" \ud83d\ude00 "}', contentType: json },
    { body: '{"review":"Fine.","userId":"ana","extra":[1.50,1e21]}', contentType: json },
    { body: '{"review":""}', contentType: json },
    // Refused, by both in the same words.
    { body: '{"review":7}', contentType: json },
    { body: '{"text":"Fine."}', contentType: json },
    { body: '{"review":', contentType: json },
    { body: 'Fine.', contentType: 'text/csv' },
  ];
  const samples: readonly TransformBody[] = [
    ...heldOut.map(({ text }) => ({ body: JSON.stringify({ review: text }), contentType: json })),
    ...awkward,
  ];

  const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
  const put = async (Key: string, Body: Uint8Array): Promise<string> => {
    await box.s3.putObject({ Bucket: 'models', Key, Body });
    return `s3://models/${Key}`;
  };

  beforeAll(async () => {
    const v2 = buildVersions({ heldOut, training }).find(({ name }) => name === 'v2');
    const model = await put('v2/model.tar.gz', packArtifact(v2?.files ?? []));
    const transform = await put('transform/model.tar.gz', packArtifact(transformFiles(reviewTransforms)));
    const container = (side: 'request' | 'response') => ({
      Image: `${registry}/product-reviews-transform:1`,
      ModelDataUrl: transform,
      Environment: { SLUICE_TRANSFORM_SIDE: side },
    });
    const serving = { Image: `${registry}/product-reviews:1`, ModelDataUrl: model };
    await box.sagemaker.createModel({ ModelName: 'plain', ExecutionRoleArn: ROLE, PrimaryContainer: serving });
    await box.sagemaker.createModel({
      ModelName: 'pipeline',
      ExecutionRoleArn: ROLE,
      Containers: [container('request'), serving, container('response')],
    });
    for (const name of ['plain', 'pipeline']) {
      await box.sagemaker.createEndpointConfig({
        EndpointConfigName: name,
        ProductionVariants: [
          { VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
        ],
      });
      await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    }
    for (const name of ['plain', 'pipeline']) {
      expect(await settledEndpoint(box.sagemaker, name)).toMatchObject({ EndpointStatus: 'InService' });
    }
  });

  test('gives the same bytes in the gateway and in a pipeline: on every held-out review, and on what is refused', async () => {
    const before = gatewayOf('plain', { transforms: reviewTransforms });
    const pipeline = gatewayOf('pipeline');
    const pairs: { gateway: { status: number; body: Uint8Array }; pipeline: { status: number; body: Uint8Array } }[] =
      [];
    for (let i = 0; i < samples.length; i += 20) {
      const batch = samples.slice(i, i + 20).map(async (sample) => {
        const [own, piped] = await Promise.all([before.invoke(sample), pipeline.invoke(sample)]);
        return { gateway: own, pipeline: piped };
      });
      pairs.push(...(await Promise.all(batch)));
    }
    await Promise.all([before.close(), pipeline.close()]);
    expect(compareTransforms(pairs)).toMatchObject({ ok: true, checked: samples.length, differences: [] });
    expect(pairs.filter(({ gateway }) => gateway.status === 200)).toHaveLength(samples.length - 4);
    const [answer] = pairs;
    expect(Buffer.from(answer?.pipeline.body ?? []).toString()).toMatch(/^\{"stars":[01],"score":0\.\d+\}$/);
  });

  test('is checked before a rollout starts; a container with another definition is found out', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-transforms-'));
    const file = (name: string, text: string): string => {
      const at = path.join(folder, name);
      writeFileSync(at, text);
      return at;
    };
    const check = (definition: object, bodies: readonly string[]) => {
      const words = ['gateway', 'check', '--transforms', file('t.json', JSON.stringify(definition))];
      const places = [
        '--samples',
        file('s.jsonl', bodies.join('\n')),
        '--model',
        'plain',
        '--pipeline',
        'pipeline',
        '--json',
      ];
      const child = forkSource('test/scripts/sluice-process.ts', {
        args: [...words, ...places],
        env: { ...box.sandbox.env, AWS_ENDPOINT_URL: box.sandbox.url },
      });
      return untilEnd(child);
    };
    const bodies = samples.slice(0, 8).map(({ body }) => String(body));
    const same = await check(reviewTransforms, bodies);
    expect([same.code, same.output]).toEqual([0, expect.stringContaining('8 of 8 samples gave identical answers')]);
    const other = await check({ ...reviewTransforms, response: [{ unwrap: 'predictions[0]' }] }, bodies);
    expect([other.code, other.output]).toEqual([2, expect.stringContaining('0 of 8 samples')]);
    const none = await check(reviewTransforms, []);
    expect([none.code, none.output]).toEqual([2, expect.stringContaining('nothing is known')]);
    rmSync(folder, { recursive: true });
  });
});
