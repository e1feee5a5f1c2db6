import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DataIssue } from '../data/types';

/** What a digest found beside the reader of the dataset: kept with the state, so that it is not lost between machines. */
const FILE = 'issues.json';

export async function writeIssues(dir: string, issues: readonly DataIssue[]): Promise<void> {
  await writeFile(path.join(dir, FILE), JSON.stringify(addIssues(issues)));
}

export async function readIssues(dir: string): Promise<readonly DataIssue[]> {
  return JSON.parse(await readFile(path.join(dir, FILE), 'utf8')) as readonly DataIssue[];
}

/** Counts by kind; of the places where a kind was met first, the first in order of sources stays. */
export function addIssues(issues: readonly DataIssue[]): readonly DataIssue[] {
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

/** Of side inputs that every shard reads whole: they are not added, since each shard has found the same. */
export function sameIssues(shards: readonly (readonly DataIssue[])[]): readonly DataIssue[] {
  const most = new Map<string, DataIssue>();
  for (const issue of shards.flat()) {
    const known = most.get(issue.kind);
    if (known === undefined || issue.count > known.count) most.set(issue.kind, issue);
  }
  return addIssues([...most.values()]);
}

function isBefore(a: DataIssue['first'], b: DataIssue['first']): boolean {
  return a.source === b.source ? (a.line ?? 0) < (b.line ?? 0) : a.source < b.source;
}
