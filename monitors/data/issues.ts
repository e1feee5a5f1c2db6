import type { DataIssue, DataIssueKind, SourceKey } from './types';
import { DATA_ISSUES } from './types';

/** Where something was met. */
export interface Place {
  /** Index into the evidence. */
  readonly object: number;
  /** From 1; null where it is about the whole object. */
  readonly line: number | null;
}

interface Found {
  count: number;
  unused: number;
  first: Place;
  note: string | undefined;
}

/** Counts what is wrong by its kind, and remembers the first place of each, in whatever order they are told. */
export class IssueLog {
  readonly #found = new Map<DataIssueKind, Found>();

  add(
    kind: DataIssueKind,
    at: Place,
    more: { readonly count?: number; readonly isUsed?: boolean; readonly note?: string } = {}
  ): void {
    const { count = 1, isUsed = false, note } = more;
    if (count === 0) return;
    const unused = isUsed ? 0 : count;
    const known = this.#found.get(kind);
    if (!known) {
      this.#found.set(kind, { count, unused, first: at, note });
      return;
    }
    known.count += count;
    known.unused += unused;
    if (isBefore(at, known.first)) Object.assign(known, { first: at, note });
  }

  /** In the order of the list of kinds. */
  list(evidence: readonly SourceKey[]): readonly DataIssue[] {
    return DATA_ISSUES.flatMap((kind) => {
      const found = this.#found.get(kind);
      if (!found) return [];
      const { count, unused, first, note } = found;
      const source = evidence[first.object]?.source ?? '';
      return [{ kind, count, unused, first: { source, line: first.line, ...(note === undefined ? {} : { note }) } }];
    });
  }
}

/** Issues of shards as issues of the whole: counts add, and the first place is the one whose key comes first. */
export function addIssues(shards: readonly (readonly DataIssue[])[]): readonly DataIssue[] {
  return DATA_ISSUES.flatMap((kind) => {
    const all = shards.flat().filter((issue) => issue.kind === kind);
    const [first] = all
      .map((issue) => issue.first)
      .sort((a, b) => compareText(a.source, b.source) || (a.line ?? 0) - (b.line ?? 0));
    if (!first) return [];
    return [{ kind, count: sum(all.map(({ count }) => count)), unused: sum(all.map(({ unused }) => unused)), first }];
  });
}

/** By code units: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isBefore(a: Place, b: Place): boolean {
  return a.object !== b.object ? a.object < b.object : (a.line ?? 0) < (b.line ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
