import { checksumMember } from '../integrity/checksums';
import type { Checksum, ChecksumAlgorithm, ObjectRecord, SystemMember } from '../storage/records';
import { quoted } from './request';

/** A checksum under its member name, with its type. */
export type ChecksumMembers = { readonly [Algorithm in ChecksumAlgorithm as `Checksum${Algorithm}`]?: string } & {
  readonly ChecksumType?: Checksum['type'];
};

export function checksumMembers(checksum: Checksum): ChecksumMembers {
  return { [checksumMember(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type };
}

/** What GetObject and HeadObject both say about an object. */
export interface Described extends Partial<Record<SystemMember, string>> {
  readonly AcceptRanges: 'bytes';
  readonly ETag: string;
  readonly LastModified: Date;
  readonly Metadata: Readonly<Record<string, string>>;
  readonly TagCount?: number;
}

const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/** Headers that a GET may replace for its own answer. */
export interface Overrides {
  readonly ResponseCacheControl?: string | undefined;
  readonly ResponseContentDisposition?: string | undefined;
  readonly ResponseContentEncoding?: string | undefined;
  readonly ResponseContentLanguage?: string | undefined;
  readonly ResponseContentType?: string | undefined;
  readonly ResponseExpires?: Date | undefined;
}

export function describe(object: ObjectRecord, overrides: Overrides): Described {
  const tagCount = Object.keys(object.tags).length;
  // S3 leaves the default storage class unsaid.
  const { StorageClass, ...system } = object.system;
  return {
    AcceptRanges: 'bytes',
    ETag: quoted(object.etag),
    LastModified: new Date(object.modifiedMs),
    Metadata: object.user,
    ContentType: DEFAULT_CONTENT_TYPE,
    ...system,
    ...(StorageClass === undefined || StorageClass === 'STANDARD' ? {} : { StorageClass }),
    ...(tagCount > 0 ? { TagCount: tagCount } : {}),
    ...overridden(overrides),
  };
}

function overridden(overrides: Overrides): Partial<Record<SystemMember, string>> {
  const values: Partial<Record<SystemMember, string | undefined>> = {
    CacheControl: overrides.ResponseCacheControl,
    ContentDisposition: overrides.ResponseContentDisposition,
    ContentEncoding: overrides.ResponseContentEncoding,
    ContentLanguage: overrides.ResponseContentLanguage,
    ContentType: overrides.ResponseContentType,
    Expires: overrides.ResponseExpires?.toUTCString(),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
