import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { compareText } from '../../data/issues';
import { KllSketch } from './sketch';
import type { KllLevel } from './sketch';

/**
 * Sketches of all objects of a state, one section for each in the order of their keys (of wide data several files, by columns): what one shard and
 * what ten shards leave behind are the same bytes. A section is an index as one line of JSON, then its items as doubles, little-endian.
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

/** Where a section lies. */
interface Section {
  readonly dir: string;
  readonly part: number;
  readonly source: string;
  readonly from: number;
  /** Where its items begin, and where it ends. */
  readonly items: number;
  readonly to: number;
}

const fileOf = (dir: string, part: number): string => path.join(dir, `sketches-${part}.kll`);

/** Lends a writer of sections; objects come in the order of their keys. */
export async function writeSketches(
  to: { readonly dir: string; readonly part: number },
  use: (add: (source: string, sketches: readonly (readonly [string, KllSketch])[]) => Promise<void>) => Promise<void>
): Promise<void> {
  const file = await open(fileOf(to.dir, to.part), 'w');
  try {
    await use(async (source, sketches) => void (await file.write(sectionOf(source, sketches))));
  } finally {
    await file.close();
  }
}

function sectionOf(source: string, sketches: readonly (readonly [string, KllSketch])[]): Buffer {
  const columns = sketches.map(([name, sketch]) => ({ name, levels: sketch.toLevels() }));
  const index: Index = {
    source,
    columns: columns.map(({ name, levels }) => ({
      name,
      levels: levels.map(({ items, compactions, offset }) => ({ length: items.length, compactions, offset })),
    })),
  };
  const items = columns.flatMap(({ levels }) => levels.map((level) => Float64Array.from(level.items)));
  return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...items.map((array) => Buffer.from(array.buffer))]);
}

/** All objects' sketches of a state merged in the order of their keys; only of the columns asked for. */
export async function readSketches(dir: string, wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, KllSketch>> {
  const merged = new Map<string, KllSketch>();
  await eachSection([dir], (_, bytes, items) => {
    for (const [column, sketch] of parse(bytes, items, wanted)) {
      const before = merged.get(column);
      if (before) before.merge(sketch);
      else merged.set(column, sketch);
    }
    return Promise.resolve();
  });
  return merged;
}

/** Joins the sections of several states. */
export async function mergeSketches(from: readonly string[], to: string): Promise<void> {
  const files = new Map<number, FileHandle>();
  try {
    await eachSection(from, async (part, bytes) => {
      const file = files.get(part) ?? (await open(fileOf(to, part), 'w'));
      files.set(part, file);
      await file.write(bytes);
    });
  } finally {
    for (const file of files.values()) await file.close();
  }
}

/** Visits the sections of states in the order of their keys; never more than one is in memory. */
async function eachSection(
  dirs: readonly string[],
  visit: (part: number, bytes: Buffer, items: number) => Promise<void>
): Promise<void> {
  const files = new Map<string, FileHandle>();
  const sections: Section[] = [];
  try {
    for (const dir of dirs)
      for (let part = 0; ; part++) {
        const file = await open(fileOf(dir, part)).catch(() => undefined);
        if (!file) break;
        files.set(fileOf(dir, part), file);
        for await (const section of sectionsOf(file)) sections.push({ dir, part, ...section });
      }
    sections.sort((a, b) => compareText(a.source, b.source) || a.part - b.part);
    for (const { dir, part, from, items, to } of sections) {
      const file = files.get(fileOf(dir, part));
      if (file) await visit(part, await bytesOf(file, from, to), items - from);
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
}

/** An index is seldom longer. */
const INDEX_BYTES = 16 * 1024;

async function* sectionsOf(file: FileHandle): AsyncGenerator<Omit<Section, 'dir' | 'part'>> {
  const { size } = await file.stat();
  for (let from = 0; from < size;) {
    let [bytes, end]: [Buffer, number] = [Buffer.alloc(0), -1];
    for (let length = INDEX_BYTES; end < 0 && bytes.length < size - from; length *= 4) {
      bytes = await bytesOf(file, from, Math.min(size, from + length));
      end = bytes.indexOf(0x0a);
    }
    const { source, columns } = JSON.parse(bytes.subarray(0, end).toString()) as Index;
    const items = from + end + 1;
    const to = items + 8 * columns.flatMap(({ levels }) => levels).reduce((sum, { length }) => sum + length, 0);
    yield { source, from, items, to };
    from = to;
  }
}

async function bytesOf(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(to - from);
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0) throw new RangeError('A file of sketches was cut short.');
    at += bytesRead;
  }
  return bytes;
}

function* parse(
  bytes: Buffer,
  items: number,
  wanted: ReadonlySet<string>
): Generator<readonly [column: string, sketch: KllSketch]> {
  const { columns } = JSON.parse(bytes.subarray(0, items).toString()) as Index;
  const numbers = new Float64Array(Uint8Array.from(bytes.subarray(items)).buffer);
  let at = 0;
  for (const { name, levels } of columns) {
    const read: KllLevel[] = levels.map(({ length, compactions, offset }) => {
      at += length;
      return { items: Array.from(numbers.subarray(at - length, at)), compactions, offset };
    });
    if (wanted.has(name)) yield [name, new KllSketch(read)];
  }
}
