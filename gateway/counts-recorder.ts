import type { CountsDocument, VariantCounts } from './counts-format';
import { latencyBucket, latencyBucketCount } from './latency-buckets';

export interface CallOutcome {
  /** `null` when nobody knows what variant the call reached. */
  readonly variant: string | null;
  /** HTTP status as the caller got it. */
  readonly status: number;
  readonly latencyMs: number;
  /** When the call ended. */
  readonly atMs: number;
}

interface Running {
  requests: number;
  errors4xx: number;
  errors5xx: number;
  readonly latencyCounts: number[];
}

/** Counts calls in windows aligned to the clock and hands out each window once, when it is over. */
export class CountsRecorder {
  private readonly open = new Map<number, Map<string | null, Running>>();
  /** End of what was handed out. Windows before it are closed for good, so a clock that jumps back loses and doubles nothing. */
  private closedUntilMs: number;

  constructor(
    private readonly identity: { readonly gateway: string; readonly endpoint: string },
    private readonly windowMs: number,
    startMs: number
  ) {
    this.closedUntilMs = this.floor(startMs);
  }

  record(call: CallOutcome): void {
    const start = Math.max(this.floor(call.atMs), this.closedUntilMs);
    const window = getOrSet(this.open, start, () => new Map<string | null, Running>());
    const counts = getOrSet(window, call.variant, emptyCounts);
    const bucket = latencyBucket(call.latencyMs);
    counts.requests++;
    counts.latencyCounts[bucket] = (counts.latencyCounts[bucket] ?? 0) + 1;
    if (call.status >= 500) counts.errors5xx++;
    else if (call.status >= 400) counts.errors4xx++;
  }

  /** Documents of all windows that are over, in order. */
  takeEnded(nowMs: number): readonly CountsDocument[] {
    return this.takeUntil(this.floor(nowMs), false);
  }

  /** The same and the running window, after which nothing may be recorded. */
  takeAll(nowMs: number): readonly CountsDocument[] {
    const last = Math.max(this.floor(nowMs), this.closedUntilMs, ...this.open.keys());
    return this.takeUntil(last + this.windowMs, true);
  }

  private takeUntil(untilMs: number, final: boolean): readonly CountsDocument[] {
    const documents: CountsDocument[] = [];
    const starts = [...this.open.keys()].filter((start) => start < untilMs).sort((a, b) => a - b);
    for (const start of starts) {
      if (start > this.closedUntilMs) documents.push(this.close(this.closedUntilMs, start, false));
      const end = start + this.windowMs;
      documents.push(this.close(start, end, final && end === untilMs));
    }
    if (untilMs > this.closedUntilMs) documents.push(this.close(this.closedUntilMs, untilMs, final));
    return documents;
  }

  private close(startMs: number, endMs: number, final: boolean): CountsDocument {
    const { [unknownVariant]: unattributed = emptyCounts(), ...variants } = byName(this.open.get(startMs));
    this.open.delete(startMs);
    this.closedUntilMs = endMs;
    return {
      version: 1,
      ...this.identity,
      windowStart: new Date(startMs).toISOString(),
      windowEnd: new Date(endMs).toISOString(),
      final,
      variants,
      unattributed,
    };
  }

  private floor(atMs: number): number {
    return Math.floor(atMs / this.windowMs) * this.windowMs;
  }
}

/** No variant can have this name: SageMaker allows letters, digits and hyphens. */
const unknownVariant = '';

function byName(window: ReadonlyMap<string | null, VariantCounts> | undefined): Record<string, VariantCounts> {
  return Object.fromEntries([...(window ?? [])].map(([variant, counts]) => [variant ?? unknownVariant, counts]));
}

function emptyCounts(): Running {
  return {
    requests: 0,
    errors4xx: 0,
    errors5xx: 0,
    latencyCounts: Array.from({ length: latencyBucketCount }, () => 0),
  };
}

function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}
