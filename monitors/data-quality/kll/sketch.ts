/** One level of a sketch: items that each stand for 2^level values. */
export interface KllLevel {
  readonly items: readonly number[];
  /** How often the level was compacted, and which of each sorted pair (0 or 1) went up the last time. */
  readonly compactions: number;
  readonly offset: 0 | 1;
}

interface Level {
  items: number[];
  compactions: number;
  offset: 0 | 1;
}

export const KLL_SIZE = 2048;
export const KLL_SHRINK = 0.64;

const capacityOf = (level: number): number => 2 * (Math.ceil((KLL_SIZE * KLL_SHRINK ** level) / 2) + 1);

/**
 * The quantile sketch of Karnin, Lang and Liberty (FOCS 2016) as Deequ has it: no randomness, so that the same values in the same
 * order, merged in the same order, come to the same items on every level. Up to 2,050 values are kept as they are.
 */
export class KllSketch {
  private readonly levels: Level[];
  private size: number;
  private capacity: number;

  constructor(levels: readonly KllLevel[] = [{ items: [], compactions: 0, offset: 0 }]) {
    this.levels = levels.map((level) => ({ ...level, items: [...level.items] }));
    this.size = this.countItems();
    this.capacity = this.countCapacity();
  }

  update(value: number): void {
    this.levels[0]?.items.push(value);
    this.size++;
    if (this.size > this.capacity) this.compactOne();
  }

  /** Adds another sketch, as if it came after: unlike an update, a merge compacts until there is room for one more. */
  merge(other: KllSketch): void {
    while (this.levels.length < other.levels.length) this.addLevel();
    // Not by spreading: a level has thousands of items.
    other.levels.forEach((level, i) => {
      const own = this.levels[i];
      if (own) own.items = own.items.concat(level.items);
    });
    this.size = this.countItems();
    while (this.size >= this.capacity) this.compactOne();
  }

  toLevels(): readonly KllLevel[] {
    return this.levels.map((level) => ({ ...level, items: [...level.items] }));
  }

  private addLevel(): void {
    this.levels.push({ items: [], compactions: 0, offset: 0 });
    this.capacity = this.countCapacity();
  }

  /** The lowest level that is full gives every second of its sorted items to the next; one item too many for pairs, the last, stays. */
  private compactOne(): void {
    const at = this.levels.findIndex(({ items }, i) => items.length >= capacityOf(i));
    if (at < 0) return;
    if (at + 1 === this.levels.length) this.addLevel();
    const [level, above] = [this.levels[at], this.levels[at + 1]];
    if (!level || !above) return;
    if (level.compactions % 2 === 1) level.offset = level.offset === 0 ? 1 : 0;
    level.compactions++;
    const pairs = level.items.length - (level.items.length % 2);
    const sorted = Float64Array.from(level.items.slice(0, pairs)).sort();
    level.items = level.items.slice(pairs);
    for (let i: number = level.offset; i < pairs; i += 2) above.items.push(sorted[i] ?? 0);
    this.size = this.countItems();
  }

  private countItems(): number {
    return this.levels.reduce((sum, { items }) => sum + items.length, 0);
  }

  private countCapacity(): number {
    return this.levels.reduce((sum, _, i) => sum + capacityOf(i), 0);
  }
}
