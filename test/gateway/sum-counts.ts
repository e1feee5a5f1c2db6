import type { CountsDocument, VariantCounts } from '../../gateway';

export type CountsSum = Omit<VariantCounts, 'latencyCounts'>;

/** Adds up documents by variant; each gateway and window may occur once only. */
export function sumCounts(documents: readonly CountsDocument[]): {
  readonly variants: Readonly<Record<string, CountsSum>>;
  readonly unattributed: CountsSum;
} {
  const windows = documents.map((d) => `${d.gateway} ${d.windowStart}`);
  if (new Set(windows).size !== windows.length) throw new Error('a window was written twice');
  const names = new Set(documents.flatMap((d) => Object.keys(d.variants)));
  const variants = [...names].map((name) => [name, sum(documents.flatMap((d) => d.variants[name] ?? []))] as const);
  return { variants: Object.fromEntries(variants), unattributed: sum(documents.map((d) => d.unattributed)) };
}

function sum(counts: readonly VariantCounts[]): CountsSum {
  const total = (pick: (c: VariantCounts) => number): number => counts.reduce((all, c) => all + pick(c), 0);
  return {
    requests: total((c) => c.requests),
    errors4xx: total((c) => c.errors4xx),
    errors5xx: total((c) => c.errors5xx),
  };
}
