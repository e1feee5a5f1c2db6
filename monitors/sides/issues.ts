import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { rowsOf } from '../data/sql';
import type { DataIssue } from '../data/types';

/** What a digest found beside the reader of the dataset: kept with the state, so that it is not lost between machines. */
const FILE = 'issues.json';

interface Kept {
  /** Of the shard's own rows. */
  readonly own: readonly DataIssue[];
  /** Of side inputs, which every shard reads whole. */
  readonly sides: readonly DataIssue[];
}

export async function writeIssues(dir: string, { own, sides }: Kept): Promise<void> {
  await writeFile(path.join(dir, FILE), JSON.stringify({ own: addIssues(own), sides: addIssues(sides) }));
}

/** All that the digests of a state found. */
export async function readIssues(dir: string): Promise<readonly DataIssue[]> {
  const { own, sides } = await readKept(dir);
  return addIssues([...own, ...sides]);
}

/** Issues of rows are added; those of side inputs are the same in every shard. */
export async function mergeIssues(from: readonly string[], to: string): Promise<void> {
  const shards = await Promise.all(from.map(readKept));
  const [first] = shards;
  await writeIssues(to, { own: shards.flatMap(({ own }) => own), sides: first?.sides ?? [] });
}

async function readKept(dir: string): Promise<Kept> {
  return JSON.parse(await readFile(path.join(dir, FILE), 'utf8')) as Kept;
}

/**
 * Counts marked rows by kind, with the first place of each. `marked`: a query with `object`, `line` and `kind`, null where nothing is wrong;
 * `sources` by object.
 */
export async function markedIssues(
  db: DuckDBConnection,
  marked: string,
  { sources, isUsed }: { readonly sources: readonly string[]; readonly isUsed: (kind: string) => boolean }
): Promise<readonly DataIssue[]> {
  const found = await rowsOf(
    db,
    `SELECT kind, count(*), arg_min(object, (object, line)), arg_min(line, (object, line)) FROM (${marked})
    WHERE kind IS NOT NULL GROUP BY kind ORDER BY kind`
  );
  return found.map(([kind, count, object, line]) => ({
    kind: kind as DataIssue['kind'],
    count: Number(count),
    unused: isUsed(String(kind)) ? 0 : Number(count),
    first: { source: sources[Number(object)] ?? '', line: line === null ? null : Number(line) },
  }));
}

/** Counts by kind; of the places where a kind was met first, the first in order of sources stays. */
function addIssues(issues: readonly DataIssue[]): readonly DataIssue[] {
  const byKind = new Map<string, DataIssue>();
  for (const issue of issues) {
    const known = byKind.get(issue.kind);
    if (known === undefined) byKind.set(issue.kind, issue);
    else
      byKind.set(issue.kind, {
        ...known,
        count: known.count + issue.count,
        unused: known.unused + issue.unused,
        first: isBefore(issue.first, known.first) ? issue.first : known.first,
      });
  }
  return [...byKind.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

function isBefore(a: DataIssue['first'], b: DataIssue['first']): boolean {
  return a.source === b.source ? (a.line ?? 0) < (b.line ?? 0) : a.source < b.source;
}
