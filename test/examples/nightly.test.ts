import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { BatchManifest } from '../../activities/batch/publish';
import { nominalOf } from '../../batch';
import { loadReviews } from '../../examples/product-reviews/data';
import { loadInference, predictor } from '../../examples/product-reviews/inference-code';
import { packageNightly, writeDay } from '../../examples/product-reviews/nightly';
import { packageVersions } from '../../examples/product-reviews/package';
import type { VersionName } from '../../examples/product-reviews/versions';
import { buildVersions } from '../../examples/product-reviews/versions';
import { exampleImages } from '../../scripts/images';
import { readRolloutFile } from '../../spec/read';
import type { BatchWorld } from '../support/batch-world';
import { startBatchWorld } from '../support/batch-world';
import { withDevServer } from '../support/dev-server';

const FILE = path.join(__dirname, '../../examples/product-reviews/nightly.yaml');
const DATE = '2026-11-28';
const reviews = loadReviews().heldOut;
const dev = withDevServer();
let world: BatchWorld;

beforeAll(async () => {
  // The image's registry is part of its name.
  const images = Object.fromEntries(Object.entries(exampleImages()).map(([name, image]) => [`*${name}`, image]));
  world = await startBatchWorld(dev(), { images: { ...images, ...exampleImages() } });
  const { s3 } = world.aws;
  await s3.send(new CreateBucketCommand({ Bucket: 'reviews-models' }));
  await packageVersions({ s3, bucket: 'reviews-models' });
  await packageNightly({ s3, bucket: 'reviews-models' });
  await writeDay(s3, { date: DATE, reviews, perObject: 150 });
});
afterAll(() => world.stop());

/** A version's own answers, from the files of its artifact. */
function modelOf(version: VersionName) {
  const model = buildVersions(loadReviews()).find(({ name }) => name === version);
  const content = model?.files.find((file) => file.path === 'model.json')?.content ?? '';
  return predictor(loadInference(`${version}.js`), JSON.parse(String(content)));
}

test('a night of reviews is scored through the pipeline, each result joined with its review, as the model itself answers, and compared with the word list', async () => {
  const read = readRolloutFile({ text: readFileSync(FILE, 'utf8'), fileName: FILE, environment: {} });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { endpoint, aws, batch: [batch] = [] } = read.spec;
  if (batch === undefined) throw new Error('the example has a batch');
  const nominalMs = nominalOf(DATE, { timezone: batch.timezone, lagMs: batch.dataLagMs });
  const result = await world.run({ endpoint, aws, batch }, nominalMs);
  expect(result).toMatchObject({ records: reviews.length, objects: 3, quarantined: 0 });
  const text = async (uri: string): Promise<string> => {
    const { hostname: Bucket, pathname } = new URL(uri);
    const object = await world.aws.s3.send(new GetObjectCommand({ Bucket, Key: pathname.slice(1) }));
    return (await object.Body?.transformToString('utf8')) ?? '';
  };
  const manifest = JSON.parse(await text(`s3://reviews-batch/scored/${DATE}/manifest.json`)) as BatchManifest;
  const lines: unknown[] = [];
  for (const { output } of manifest.objects)
    for (const line of (await text(output ?? '')).trimEnd().split('\n')) lines.push(JSON.parse(line));
  const [predict, words] = [modelOf('v2'), modelOf('v1')];
  const expected = reviews.map(({ text: review }, index) => {
    const { label, score } = predict(review);
    return { id: `${DATE}-${index}`, review, SageMakerOutput: { label, score } };
  });
  expect(lines).toEqual(expected);
  const positive = expected.filter(({ SageMakerOutput: { label } }) => label === 'positive').length;
  expect(manifest.labels).toEqual({ positive, negative: reviews.length - positive });
  const changes = reviews.map(({ text: review }) => `${predict(review).label} → ${words(review).label}`);
  const times = (change: string): number => changes.filter((one) => one === change).length;
  const [praised, blamed] = ['negative → positive', 'positive → negative'] as const;
  expect(manifest.compared).toEqual({
    ...{ pairs: reviews.length, different: times(praised) + times(blamed), refused: 0 },
    changes: { [praised]: times(praised), [blamed]: times(blamed) },
  });
});
