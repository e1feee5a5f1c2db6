import { S3Error } from '../errors';
import type { Bucket } from '../storage/bucket';
import { compareKeys } from '../storage/key-order';

/** S3's limit for one page. */
export const MAX_PAGE = 1000;

/** One page of keys below a prefix, with those that share a part up to the delimiter rolled into one. */
export interface Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** Last entry, key or prefix; the next page starts behind it. */
  readonly last: string | undefined;
  readonly isTruncated: boolean;
}

/**
 * Walks a bucket's keys in order. `after` excludes itself; when it is a rolled-up prefix of this very listing,
 * everything below it is excluded too.
 */
export function pageOf(
  index: Bucket['index'],
  options: { readonly prefix: string; readonly delimiter: string; readonly after: string; readonly size: number }
): Page {
  const { prefix, delimiter, size } = options;
  const roll = (key: string): string | undefined => {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    return cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
  };
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  let next = firstKey(index, { ...options, isRolledUp: roll(options.after) === options.after });
  while (next !== undefined && next.startsWith(prefix)) {
    if (keys.length + prefixes.length >= size) return { keys, prefixes, last, isTruncated: size > 0 };
    const rolled = roll(next);
    if (rolled === undefined) {
      keys.push(next);
      last = next;
      next = index.from(next, true).next().value ?? undefined;
    } else {
      prefixes.push(rolled);
      last = rolled;
      next = index.firstOutside(rolled);
    }
  }
  return { keys, prefixes, last, isTruncated: false };
}

function firstKey(
  index: Bucket['index'],
  start: { readonly prefix: string; readonly after: string; readonly isRolledUp: boolean }
): string | undefined {
  if (start.after === '' || compareKeys(start.after, start.prefix) < 0) {
    return index.from(start.prefix, false).next().value ?? undefined;
  }
  if (start.isRolledUp && start.after.startsWith(start.prefix)) return index.firstOutside(start.after);
  return index.from(start.after, true).next().value ?? undefined;
}

/** Reads a page size; throws `InvalidArgument` outside 0 … 2³¹-1, and caps it at 1,000. */
export function pageSize(name: string, asked: number | undefined): number {
  if (asked !== undefined && (asked < 0 || asked > 2 ** 31 - 1)) {
    throw new S3Error('InvalidArgument', `Argument ${name} must be an integer between 0 and 2147483647`, {
      ArgumentName: name,
      ArgumentValue: String(asked),
    });
  }
  return Math.min(asked ?? MAX_PAGE, MAX_PAGE);
}

/** How names are written into a listing: as they are, or URL-encoded for XML parsers that reject control characters. */
export function encoder(encodingType: string | undefined): (name: string) => string {
  if (encodingType === undefined) return (name) => name;
  if (encodingType !== 'url') {
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request', {
      ArgumentName: 'encoding-type',
      ArgumentValue: encodingType,
    });
  }
  return (name) => encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%20', '+');
}
