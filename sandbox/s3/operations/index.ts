import * as buckets from './buckets';
import { copyObject } from './copy';
import { listObjects, listObjectsV2 } from './listing';
import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from './multipart';
import { completeMultipartUpload } from './multipart-complete';
import { listMultipartUploads, listParts } from './multipart-list';
import * as objects from './objects';
import type { Result, S3Request } from './request';
import * as tagging from './tagging';

/**
 * The operations this server implements, by their names in the model. The rest of the model is refused by name.
 * GetBucketLocation is the one answer that is no structure; see `bucketLocation`.
 */
const OPERATIONS = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: buckets.createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: buckets.deleteBucket,
  DeleteBucketTagging: buckets.deleteBucketTagging,
  DeleteObject: objects.deleteObject,
  DeleteObjectTagging: tagging.deleteObjectTagging,
  DeleteObjects: objects.deleteObjects,
  GetBucketTagging: buckets.getBucketTagging,
  GetBucketVersioning: buckets.getBucketVersioning,
  GetObject: objects.getObject,
  GetObjectAttributes: tagging.getObjectAttributes,
  GetObjectTagging: tagging.getObjectTagging,
  HeadBucket: buckets.headBucket,
  HeadObject: objects.headObject,
  ListBuckets: buckets.listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListParts: listParts,
  PutBucketTagging: buckets.putBucketTagging,
  PutObject: objects.putObject,
  PutObjectTagging: tagging.putObjectTagging,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
};

type Operation = (input: never, request: S3Request) => Promise<Result<object>>;

const byName = new Map<string, Operation>(Object.entries(OPERATIONS));

/** Runs an operation on the input that the model's bindings made; `undefined` when it is not implemented. */
export function runOperation(
  name: string,
  input: Readonly<Record<string, unknown>>,
  request: S3Request
): Promise<Result<Record<string, unknown>>> | undefined {
  const operation = byName.get(name);
  // The input was decoded by the schema of this very name, so its type is the operation's own.
  return operation?.(input as never, request).then(({ output, ...rest }) => ({ output: { ...output }, ...rest }));
}
