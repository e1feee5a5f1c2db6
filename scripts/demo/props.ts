import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { loadReviews } from '../../examples/product-reviews/data';
import { packageNightly, writeDay } from '../../examples/product-reviews/nightly';
import { packageVersions } from '../../examples/product-reviews/package';
import type { PackageResult } from '../../examples/product-reviews/package';
import { dataWindow } from '../../batch';

/** Buckets that the example's rollout files name. */
const BUCKETS = ['reviews-models', 'reviews-capture', 'reviews-labels', 'reviews-counts'] as const;

const DAY_MS = 86_400_000;

/** Makes the buckets, trains the models and uploads them as `model.tar.gz`, as a data scientist's pipeline would; writes yesterday's reviews for `nightly.yaml`. */
export async function prepareProps(env: Readonly<Record<string, string>>, nowMs: number): Promise<PackageResult> {
  const s3 = new S3Client({
    endpoint: env.AWS_ENDPOINT_URL ?? '',
    region: env.AWS_REGION ?? 'us-east-1',
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '' },
  });
  try {
    for (const Bucket of BUCKETS) await s3.send(new CreateBucketCommand({ Bucket }));
    await packageNightly({ s3, bucket: BUCKETS[0] });
    const { places } = dataWindow(nowMs, { timezone: 'Europe/Berlin', lagMs: DAY_MS });
    await writeDay(s3, { date: places['date'] ?? '', reviews: loadReviews().heldOut, perObject: 150 });
    return await packageVersions({ s3, bucket: BUCKETS[0] });
  } finally {
    s3.destroy();
  }
}
