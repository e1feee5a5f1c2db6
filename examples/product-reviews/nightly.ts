import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { transformFiles } from '../../gateway';
import type { TransformDefinition } from '../../gateway';
import { packArtifact } from './artifact';
import { loadReviews } from './data';
import type { Review } from './data';
import { codeDir } from './inference-code';
import { buildVersions } from './versions';

/** Where `nightly.yaml` looks for a day's reviews. */
export const BATCH_BUCKET = 'reviews-batch';

/** In front of the model, reviews in the shop's own words are cleaned; behind it, the numbers of classes get their names: 1 ⇒ positive. Version 1, which is compared, answers with names. */
export const nightlyTransforms: TransformDefinition = {
  version: 1,
  request: [
    { require: 'review', type: 'string' },
    { rename: 'review', to: 'text' },
    { clean: 'text', how: ['stripTags', 'normalize', 'collapseSpaces', 'trim'] },
  ],
  response: [
    { unwrap: 'predictions[0]' },
    { map: 'label', values: { 1: 'positive', 0: 'negative', positive: 'positive', negative: 'negative' } },
  ],
};

/** Uploads what the containers of the pipeline in `nightly.yaml` run: its transforms, and version 2 with numbers for answers. */
export async function packageNightly(at: { readonly s3: S3Client; readonly bucket: string }): Promise<void> {
  const v2 = buildVersions(loadReviews()).find(({ name }) => name === 'v2');
  const source = (file: string): string => readFileSync(path.join(codeDir, file), 'utf8');
  const model = [
    ...(v2?.files.filter((file) => file.path !== 'code/inference.js') ?? []),
    { path: 'code/inference.js', content: source('classes.js') },
    { path: 'code/v2.js', content: source('v2.js') },
  ];
  for (const [name, files] of [
    ['model', model],
    ['transforms', transformFiles(nightlyTransforms)],
  ] as const) {
    const Key = `product-reviews/nightly/${name}/model.tar.gz`;
    await at.s3.send(
      new PutObjectCommand({ Bucket: at.bucket, Key, Body: packArtifact(files), ContentType: 'application/gzip' })
    );
  }
}

/** Writes a day's reviews as a shop would: a JSON document a line, so many to an object. */
export async function writeDay(
  s3: S3Client,
  of: { readonly date: string; readonly reviews: readonly Review[]; readonly perObject: number }
): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: BATCH_BUCKET })).catch((error: Error) => {
    if (!error.name.startsWith('BucketAlready')) throw error;
  });
  const { date, reviews, perObject } = of;
  for (let at = 0; at < reviews.length; at += perObject) {
    const lines = reviews
      .slice(at, at + perObject)
      .map(({ text }, index) => JSON.stringify({ id: `${date}-${at + index}`, review: text }));
    const Key = `daily/${date}/${String(at / perObject).padStart(4, '0')}.jsonl`;
    await s3.send(new PutObjectCommand({ Bucket: BATCH_BUCKET, Key, Body: `${lines.join('\n')}\n` }));
  }
}
