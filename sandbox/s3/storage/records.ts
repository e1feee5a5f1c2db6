/** Checksum algorithms that are computed and verified; S3's XXHash family is refused by name. */
export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'SHA512', 'MD5'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** `COMPOSITE` is the checksum of the parts' checksums, with `-<parts>` behind it. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64. */
  readonly value: string;
}

/** One immutable file with a run of an object's bytes. */
export interface Piece {
  readonly blob: string;
  readonly sizeBytes: number;
}

/** Part of a multipart object that stays addressable by its number. */
export interface PartRecord extends Piece {
  readonly number: number;
  /** Hexadecimal MD5, without quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  /** Base64, in the upload's algorithm. */
  readonly checksum: string;
}

/** Headers that S3 stores with an object and returns, under their names in the model. */
export const SYSTEM_MEMBERS = [
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'ContentType',
  'Expires',
  'WebsiteRedirectLocation',
  'ServerSideEncryption',
  'SSEKMSKeyId',
  'StorageClass',
] as const;
export type SystemMember = (typeof SYSTEM_MEMBERS)[number];

/** What an object carries besides its bytes. */
export interface Attributes {
  readonly system: Readonly<Partial<Record<SystemMember, string>>>;
  /** User metadata without its `x-amz-meta-`. */
  readonly user: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ObjectRecord extends Attributes {
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotes: MD5 in hexadecimal, or `<MD5 of the parts' MD5s>-<parts>`. */
  readonly etag: string;
  readonly modifiedMs: number;
  readonly checksum: Checksum;
  /** The object's bytes, in order. */
  readonly pieces: readonly Piece[];
  /** Present on objects made by a multipart upload. */
  readonly parts?: readonly PartRecord[];
  /** Id of that upload. */
  readonly upload?: string;
}

export interface UploadRecord extends Attributes {
  readonly id: string;
  readonly key: string;
  readonly startedMs: number;
  readonly algorithm: ChecksumAlgorithm;
  readonly checksumType: ChecksumType;
  /** Whether the client chose the algorithm; then every part must use it. */
  readonly isDeclared: boolean;
}

/** One committed change of a bucket, as written to its journal. */
export type BucketEvent =
  | { readonly op: 'bucket'; readonly region: string; readonly createdMs: number }
  | { readonly op: 'bucketTags'; readonly tags: Readonly<Record<string, string>> }
  | { readonly op: 'put'; readonly object: ObjectRecord; readonly upload?: string }
  | { readonly op: 'delete'; readonly key: string }
  | { readonly op: 'upload'; readonly upload: UploadRecord }
  | { readonly op: 'part'; readonly upload: string; readonly part: PartRecord }
  | { readonly op: 'abort'; readonly upload: string };
