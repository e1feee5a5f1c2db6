import { compareKeys } from './key-order';

/** Blocks split at twice this size, so that an insert moves few keys in a bucket of any size. */
const BLOCK_KEYS = 512;

/** Sorted set of keys in S3's order; insert, remove and seek cost about √n or less. */
export class KeyIndex {
  private readonly blocks: string[][];

  constructor(keys: Iterable<string> = []) {
    const sorted = [...keys].sort(compareKeys);
    this.blocks = [];
    for (let at = 0; at < sorted.length; at += BLOCK_KEYS) this.blocks.push(sorted.slice(at, at + BLOCK_KEYS));
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    const at = Math.max(0, this.blockAt(key));
    const block = this.blocks[at];
    if (!block) {
      this.blocks.push([key]);
      return;
    }
    block.splice(positionIn(block, key, false), 0, key);
    if (block.length >= 2 * BLOCK_KEYS) this.blocks.splice(at + 1, 0, block.splice(BLOCK_KEYS));
  }

  remove(key: string): void {
    const at = this.blockAt(key);
    const block = this.blocks[at];
    if (!block) return;
    const position = positionIn(block, key, false);
    if (block[position] !== key) return;
    block.splice(position, 1);
    if (block.length === 0) this.blocks.splice(at, 1);
  }

  /** Keys from `key` on in order, without `key` itself when `after`. Not to be interleaved with changes. */
  *from(key: string, after: boolean): Generator<string, void, undefined> {
    const start = Math.max(0, this.blockAt(key));
    for (let at = start; at < this.blocks.length; at++) {
      const block = this.blocks[at] ?? [];
      for (let position = at === start ? positionIn(block, key, after) : 0; position < block.length; position++) {
        const found = block[position];
        if (found !== undefined) yield found;
      }
    }
  }

  /** First key behind all that start with `prefix`; `undefined` at the end. */
  firstOutside(prefix: string): string | undefined {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.blocks[middle]?.[0] ?? '';
      if (compareKeys(first, prefix) < 0 || first.startsWith(prefix)) low = middle + 1;
      else high = middle;
    }
    const inside = this.blocks[low - 1]?.find((key) => compareKeys(key, prefix) > 0 && !key.startsWith(prefix));
    return inside ?? this.blocks[low]?.[0];
  }

  /** Last block whose first key is at most the key; -1 if none. */
  private blockAt(key: string): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.blocks[middle]?.[0] ?? '', key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** First position whose key is not below `key` (with `after`: above it). */
function positionIn(block: readonly string[], key: string, after: boolean): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareKeys(block[middle] ?? '', key);
    if (order < 0 || (after && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
