import { coarsen, fromSamples, fromSummary, fromWeights, merge, type Distribution, type Summary } from './distribution';

/** What tells one metric from another. */
export interface Identity {
  readonly namespace: string;
  readonly name: string;
  /** Sorted by name. */
  readonly dimensions: readonly (readonly [string, string])[];
  readonly unit: string;
}

/** Distinct values kept by age; below these numbers every value is exact. */
export const LIMITS = { second: 512, minute: 512, oldMinute: 64, scarce: 16 } as const;

/** Samples that wait in memory at most; more in one second are sealed in portions. */
const PENDING_SAMPLES = 8192;
const FIRST_SAMPLES = 64;

/** What was put since the last drain: one second's weighted values, or a summary. */
export interface Delta {
  readonly second: number;
  readonly data: Distribution;
}

/**
 * One metric's data: by the second while fresh, by the minute later. `add` is the hot path: it appends to the second
 * in progress; sorting and merging wait until that second is over or somebody reads.
 */
export class Series {
  private pendingSecond = -1;
  private pending = new Float64Array(FIRST_SAMPLES);
  private pendingCount = 0;
  private readonly sealed: Delta[] = [];
  private readonly seconds = new Map<number, Distribution>();
  private readonly minutes = new Map<number, Distribution>();
  /** Latest second with data. */
  lastSecond = -1;
  /** Earliest second with data that is still kept. */
  firstSecond = Infinity;
  /** Distinct values held. */
  size = 0;

  constructor(
    readonly id: number,
    readonly identity: Identity
  ) {}

  add(second: number, value: number): void {
    if (second !== this.pendingSecond) {
      this.seal();
      this.pendingSecond = second;
    } else if (this.pendingCount === this.pending.length) {
      this.grow();
    }
    this.pending[this.pendingCount++] = value;
  }

  /** Adds values with their counts. */
  addWeighted(second: number, weights: ReadonlyMap<number, number>): void {
    this.sealed.push({ second, data: fromWeights(weights, LIMITS.second) });
  }

  addSummary(second: number, summary: Summary): void {
    this.sealed.push({ second, data: fromSummary(summary) });
  }

  private grow(): void {
    if (this.pendingCount >= PENDING_SAMPLES) return this.seal();
    const larger = new Float64Array(2 * this.pending.length);
    larger.set(this.pending);
    this.pending = larger;
  }

  private seal(): void {
    if (this.pendingCount === 0) return;
    const data = fromSamples(this.pending.subarray(0, this.pendingCount), LIMITS.second);
    this.sealed.push({ second: this.pendingSecond, data });
    this.pendingCount = 0;
  }

  /** Makes what was put readable; hands it back for the journal. */
  drain(minuteCut: number): readonly Delta[] {
    this.seal();
    const drained = this.sealed.splice(0);
    for (const { second, data } of drained) this.store(second, data, minuteCut);
    return drained;
  }

  /** Adds data at a second, or to its minute when that lies before the cut between the two tiers. */
  store(second: number, data: Distribution, minuteCut: number): void {
    this.lastSecond = Math.max(this.lastSecond, second);
    this.firstSecond = Math.min(this.firstSecond, second);
    if (second >= minuteCut) this.join(this.seconds, second, data);
    else this.join(this.minutes, floorTo(second, 60), data);
  }

  private join(tier: Map<number, Distribution>, at: number, data: Distribution): void {
    const limit = tier === this.seconds ? LIMITS.second : LIMITS.minute;
    const before = tier.get(at);
    this.set(tier, at, before ? merge([before, data], limit) : coarsen(data, limit));
  }

  private set(tier: Map<number, Distribution>, at: number, data: Distribution): void {
    this.size += data.values.length - (tier.get(at)?.values.length ?? 0);
    tier.set(at, data);
  }

  /** Moves seconds before the cut into their minutes. */
  roll(minuteCut: number): void {
    const due = new Map<number, Distribution[]>();
    for (const [second, data] of this.seconds) {
      if (second >= minuteCut) continue;
      const minute = floorTo(second, 60);
      due.set(minute, [...(due.get(minute) ?? []), data]);
      this.seconds.delete(second);
      this.size -= data.values.length;
    }
    for (const [minute, parts] of due) this.join(this.minutes, minute, merge(parts, LIMITS.minute));
  }

  /** Coarsens minutes within [from, to) seconds. */
  coarsenMinutes(limit: number, range: { readonly from: number; readonly to: number }): void {
    for (const [minute, data] of this.minutes) {
      if (minute >= range.from && minute < range.to && data.values.length > limit) {
        this.set(this.minutes, minute, coarsen(data, limit));
      }
    }
  }

  /** Forgets everything before a second. */
  expire(before: number): void {
    for (const [minute, data] of this.minutes) {
      if (minute >= before) continue;
      this.minutes.delete(minute);
      this.size -= data.values.length;
    }
    if (this.firstSecond < before) this.firstSecond = before;
  }

  /** Data within [from, to) seconds, in order, each with the second it starts at. */
  *between(from: number, to: number): Generator<Delta, void, undefined> {
    const start = Math.max(from, this.firstSecond);
    const end = Math.min(to, this.lastSecond + 1);
    for (let minute = floorTo(start, 60); minute < end; minute += 60) {
      // A minute that begins before the range belongs to the window before it.
      const data = minute >= from ? this.minutes.get(minute) : undefined;
      if (data) yield { second: minute, data };
    }
    if (this.seconds.size === 0) return;
    for (let second = start; second < end; second++) {
      const data = this.seconds.get(second);
      if (data) yield { second, data };
    }
  }

  /** Minutes within [from, to), for the compacted file of an hour. */
  *minutesBetween(from: number, to: number): Generator<Delta, void, undefined> {
    for (let minute = from; minute < to; minute += 60) {
      const data = this.minutes.get(minute);
      if (data) yield { second: minute, data };
    }
  }
}

export function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
