import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { packageVersions } from '../../examples/product-reviews/package';
import type { PackageResult } from '../../examples/product-reviews/package';

/** Buckets that the example's rollout files name. */
const BUCKETS = ['reviews-models', 'reviews-capture', 'reviews-labels', 'reviews-counts'] as const;

/** Makes the buckets, trains the models and uploads them as `model.tar.gz`, as a data scientist's pipeline would. */
export async function prepareProps(env: Readonly<Record<string, string>>): Promise<PackageResult> {
  const s3 = new S3Client({
    endpoint: env.AWS_ENDPOINT_URL ?? '',
    region: env.AWS_REGION ?? 'us-east-1',
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '' },
  });
  try {
    for (const Bucket of BUCKETS) await s3.send(new CreateBucketCommand({ Bucket }));
    return await packageVersions({ s3, bucket: BUCKETS[0] });
  } finally {
    s3.destroy();
  }
}
