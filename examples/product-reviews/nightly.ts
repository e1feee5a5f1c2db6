import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { transformFiles } from '../../gateway';
import { packArtifact } from './artifact';
import type { Review } from './data';
import { reviewTransforms } from './transforms';

/** Where `nightly.yaml` looks for a day's reviews. */
export const BATCH_BUCKET = 'reviews-batch';

/** The containers of the pipeline in `nightly.yaml` get their transforms from here. */
export async function packageTransforms(at: { readonly s3: S3Client; readonly bucket: string }): Promise<void> {
  const Key = 'product-reviews/transforms/model.tar.gz';
  const Body = packArtifact(transformFiles(reviewTransforms));
  await at.s3.send(new PutObjectCommand({ Bucket: at.bucket, Key, Body, ContentType: 'application/gzip' }));
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
