import { S3Error } from '../errors';

/** Inclusive byte offsets. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header against an object's size. `undefined` when there is none or it is not a single byte range,
 * which RFC 9110 tells servers to ignore. Throws `InvalidRange` when it lies outside the object.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= sizeBytes || (first === '' && Number(last) === 0)) {
    throw new S3Error('InvalidRange', undefined, {
      RangeRequested: header ?? '',
      ActualObjectSize: String(sizeBytes),
    });
  }
  return { start, end };
}
