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
  /** Calls by latency, one number a bucket of `latencyBoundsMs`; they add up to `requests`. */
  readonly latencyCounts: readonly number[];
}

/**
 * What one gateway saw in one window of the clock; a line of JSON in S3. A call counts in the window in which it ended.
 * A window without calls is written too, so that silence can be told from absence.
 */
export interface CountsDocument {
  readonly version: 1;
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

export function formatCounts(document: CountsDocument): string {
  return formatJsonLine(document);
}

/** @throws on a line that is no counts document of this version: half-read evidence must not look like little traffic */
export function parseCounts(text: string): readonly CountsDocument[] {
  return parseJsonLines(text, { what: 'a counts document of version 1', isValid: isCountsDocument });
}

function isCountsDocument(value: unknown): value is CountsDocument {
  return (
    isObject(value) &&
    value.version === 1 &&
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

function isVariantCounts(value: unknown): value is VariantCounts {
  return (
    isObject(value) &&
    [value.requests, value.errors4xx, value.errors5xx].every(isCount) &&
    Array.isArray(value.latencyCounts) &&
    value.latencyCounts.length === latencyBucketCount &&
    value.latencyCounts.every(isCount)
  );
}
