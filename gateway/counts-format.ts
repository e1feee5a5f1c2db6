import { formatJsonLine, parseJsonLines } from './json-lines';
import { latencyBucketCount } from './latency-buckets';
import { hourFolder, joinKey, timeInHour } from './s3-location';
import { isMirrorCounts, isRoutingCounts, type MirrorCounts, type RoutingCounts } from './routing-counts';
import { isCount, isInstant, isObject, isOptional } from './shape';

/** Calls of one window that were answered by one variant, by the class of the status that the caller got. */
export interface VariantCounts {
  readonly requests: number;
  readonly errors4xx: number;
  readonly errors5xx: number;
  /** Calls by latency, one number a bucket of `latencyBoundsMs`; they add up to `requests`. In S3 pairs of bucket and calls, without the empty ones. */
  readonly latencyCounts: readonly number[];
}

/**
 * What one gateway saw in one window of the clock; a line of JSON in S3. A call counts in the window in which it ended.
 * A window without calls is written too, so that silence can be told from absence.
 */
export interface CountsDocument {
  readonly version: 2;
  /** Random id of the gateway instance. */
  readonly gateway: string;
  readonly endpoint: string;
  /** ISO-8601, inclusive. Windows of one gateway follow each other without gap or overlap. */
  readonly windowStart: string;
  /** ISO-8601, exclusive. An idle stretch of several windows is one document. */
  readonly windowEnd: string;
  /** The gateway was closed: no document follows. */
  readonly final: boolean;
  readonly variants: Readonly<Record<string, VariantCounts>>;
  /** Failed calls of which nobody knows what variant they reached. */
  readonly unattributed: VariantCounts;
  /** Absent where no call of the window met an assignment, an override or a probe. */
  readonly routing?: RoutingCounts;
  /** Absent where nothing was mirrored. */
  readonly mirror?: MirrorCounts;
}

export const noCalls: VariantCounts = {
  requests: 0,
  errors4xx: 0,
  errors5xx: 0,
  latencyCounts: Array.from({ length: latencyBucketCount }, () => 0),
};

/** `<prefix>/<endpoint>/yyyy/mm/dd/hh/<mm-ss-SSS>_<gateway>.jsonl` by the window's start: sorts by time, unique to gateway and window. */
export function countsKey(prefix: string, document: CountsDocument): string {
  const startMs = Date.parse(document.windowStart);
  const file = `${timeInHour(startMs)}_${document.gateway}.jsonl`;
  return joinKey(prefix, document.endpoint, hourFolder(startMs), file);
}

export function formatCounts({ variants, unattributed, ...document }: CountsDocument): string {
  const written = Object.fromEntries(Object.entries(variants).map(([name, counts]) => [name, packed(counts)]));
  return formatJsonLine({ ...document, variants: written, unattributed: packed(unattributed) });
}

/** @throws on a line that is no counts document of this version: half-read evidence must not look like little traffic */
export function parseCounts(text: string): readonly CountsDocument[] {
  const lines = parseJsonLines(text, { what: 'a counts document of version 2', isValid: isCountsDocument });
  return lines.map(({ variants, unattributed, ...document }) => ({
    ...document,
    variants: Object.fromEntries(Object.entries(variants).map(([name, counts]) => [name, unpacked(counts)])),
    unattributed: unpacked(unattributed),
  }));
}

/** As in S3: a bucket and its calls, ascending, empty ones left out. */
type Packed = Omit<VariantCounts, 'latencyCounts'> & { readonly latencyCounts: readonly (readonly [number, number])[] };
type PackedDocument = Omit<CountsDocument, 'variants' | 'unattributed'> & {
  readonly variants: Readonly<Record<string, Packed>>;
  readonly unattributed: Packed;
};

function packed(counts: VariantCounts): Packed {
  const pairs = counts.latencyCounts.flatMap((calls, bucket) => (calls > 0 ? [[bucket, calls] as const] : []));
  return { ...counts, latencyCounts: pairs };
}

function unpacked(counts: Packed): VariantCounts {
  const latencyCounts = Array.from({ length: latencyBucketCount }, () => 0);
  for (const [bucket, calls] of counts.latencyCounts) latencyCounts[bucket] = calls;
  return { ...counts, latencyCounts };
}

function isCountsDocument(value: unknown): value is PackedDocument {
  return (
    isObject(value) &&
    value.version === 2 &&
    typeof value.gateway === 'string' &&
    typeof value.endpoint === 'string' &&
    isInstant(value.windowStart) &&
    isInstant(value.windowEnd) &&
    typeof value.final === 'boolean' &&
    isObject(value.variants) &&
    Object.values(value.variants).every(isVariantCounts) &&
    isVariantCounts(value.unattributed) &&
    isOptional(value.routing, isRoutingCounts) &&
    isOptional(value.mirror, isMirrorCounts)
  );
}

function isVariantCounts(value: unknown): value is Packed {
  return (
    isObject(value) &&
    [value.requests, value.errors4xx, value.errors5xx].every(isCount) &&
    Array.isArray(value.latencyCounts) &&
    value.latencyCounts.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isCount) && Number(pair[0]) < latencyBucketCount
    )
  );
}
