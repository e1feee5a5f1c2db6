import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { packArtifact } from './artifact';
import { loadReviews } from './data';
import { buildVersions, type Quality, type VersionName } from './versions';

export interface PackagedVersion {
  readonly name: VersionName;
  /** `s3://<bucket>/product-reviews/<version>/model.tar.gz`. */
  readonly uri: string;
  readonly sizeBytes: number;
  readonly quality: Quality;
}

export interface PackageResult {
  readonly versions: readonly PackagedVersion[];
  /** Time for training, measuring, packing and uploading. */
  readonly tookMs: number;
}

/**
 * Trains the example's models, packs each with its code as `model.tar.gz`, and uploads them to a bucket that exists.
 *
 * @throws what S3 answers, if an upload fails
 */
export async function packageVersions(at: { readonly s3: S3Client; readonly bucket: string }): Promise<PackageResult> {
  const startedAt = performance.now();
  const versions = await Promise.all(
    buildVersions(loadReviews()).map(async ({ name, files, quality }) => {
      const body = packArtifact(files);
      const key = artifactKey(name);
      await at.s3.send(
        new PutObjectCommand({ Bucket: at.bucket, Key: key, Body: body, ContentType: 'application/gzip' })
      );
      return { name, uri: `s3://${at.bucket}/${key}`, sizeBytes: body.length, quality };
    })
  );
  return { versions, tookMs: Math.round(performance.now() - startedAt) };
}

/** Where the rollout files of this folder expect the artifact. */
export function artifactKey(name: VersionName): string {
  return `product-reviews/${name}/model.tar.gz`;
}
