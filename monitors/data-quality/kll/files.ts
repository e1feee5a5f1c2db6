import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { KllSketch } from './sketch';
import type { KllLevel } from './sketch';

/**
 * Sketches of one object, a file (of wide data several, by columns) named by the hash of the object's key: what one shard and what ten shards leave behind are
 * the same files. The first line is an index as JSON, the rest the items as doubles, little-endian.
 */
interface Index {
  readonly source: string;
  readonly columns: readonly { readonly name: string; readonly levels: readonly LevelIndex[] }[];
}

interface LevelIndex {
  readonly length: number;
  readonly compactions: number;
  readonly offset: 0 | 1;
}

export async function writeSketches(
  to: { readonly dir: string; readonly source: string; readonly part: number },
  sketches: readonly (readonly [column: string, sketch: KllSketch])[]
): Promise<void> {
  const columns = sketches.map(([name, sketch]) => ({ name, levels: sketch.toLevels() }));
  const index: Index = {
    source: to.source,
    columns: columns.map(({ name, levels }) => ({
      name,
      levels: levels.map(({ items, compactions, offset }) => ({ length: items.length, compactions, offset })),
    })),
  };
  const items = columns.flatMap(({ levels }) => levels.map((level) => Float64Array.from(level.items)));
  await mkdir(to.dir, { recursive: true });
  const name = createHash('sha256').update(to.source).digest('hex').slice(0, 32);
  const parts = [Buffer.from(`${JSON.stringify(index)}\n`), ...items.map((array) => Buffer.from(array.buffer))];
  await writeFile(path.join(to.dir, `${name}-${to.part}.kll`), Buffer.concat(parts));
}

/** All objects' sketches of a folder merged in the order of their keys; only of the columns asked for. */
export async function readSketches(dir: string, wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, KllSketch>> {
  const files = await readdir(dir).catch(() => []);
  const order: { readonly source: string; readonly file: string }[] = [];
  for (const name of files) {
    const file = path.join(dir, name);
    order.push({ source: indexOf(await readFile(file)).index.source, file });
  }
  order.sort((a, b) => Buffer.compare(Buffer.from(a.source), Buffer.from(b.source)));
  const merged = new Map<string, KllSketch>();
  for (const { file } of order)
    for (const [column, sketch] of parse(await readFile(file), wanted)) {
      const before = merged.get(column);
      if (before) before.merge(sketch);
      else merged.set(column, sketch);
    }
  return merged;
}

function indexOf(bytes: Buffer): { readonly index: Index; readonly at: number } {
  const end = bytes.indexOf(0x0a);
  return { index: JSON.parse(bytes.subarray(0, end).toString()) as Index, at: end + 1 };
}

function* parse(bytes: Buffer, wanted: ReadonlySet<string>): Generator<readonly [string, KllSketch]> {
  const { index, at: start } = indexOf(bytes);
  let at = start;
  for (const { name, levels } of index.columns) {
    const read: KllLevel[] = levels.map(({ length, compactions, offset }) => {
      const items = Array.from({ length }, (_, i) => bytes.readDoubleLE(at + 8 * i));
      at += 8 * length;
      return { items, compactions, offset };
    });
    if (wanted.has(name)) yield [name, new KllSketch(read)];
  }
}
