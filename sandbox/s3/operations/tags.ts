import { S3Error } from '../errors';

export type Tags = Readonly<Record<string, string>>;

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Reads the `x-amz-tagging` header, URL query parameters; throws `InvalidArgument` and `InvalidTag`. */
export function parseTagHeader(header: string | undefined): Tags {
  if (header === undefined || header === '') return {};
  const pairs = [...new URLSearchParams(header)].map(([Key, Value]) => ({ Key, Value }));
  return toTags(pairs, { most: 10 });
}

/** Checks a tag set against S3's limits; throws `InvalidTag`. */
export function toTags(set: readonly Tag[], limit: { readonly most: number }): Tags {
  if (set.length > limit.most) throw new S3Error('InvalidTag', `Object tags cannot be greater than ${limit.most}`);
  const tags = new Map<string, string>();
  for (const { Key: key = '', Value: value = '' } of set) {
    if (key === '' || key.length > 128 || key.startsWith('aws:')) {
      throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid', { TagKey: key });
    }
    if (value.length > 256) {
      throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid', { TagKey: key, TagValue: value });
    }
    if (tags.has(key)) {
      throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key', { TagKey: key });
    }
    tags.set(key, value);
  }
  return Object.fromEntries(tags);
}

export function toTagSet(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
