/** One distinct tuple of the tally, with how often it occurred. Null: the cell was missing or empty. */
export interface Tuple {
  readonly isDisadvantaged: boolean;
  readonly group: string | null;
  /** Whether the observed label is positive; null before labels exist. */
  readonly isPositive: boolean | null;
  /** What the model said; null where there is no prediction. */
  readonly isPredicted: boolean | null;
  readonly count: number;
}

/** One side of a facet: a (advantaged) or d (disadvantaged). Letters as in Clarify's formulas, primes are predictions. */
export interface Side {
  readonly n: number;
  /** Positive labels. */
  readonly n1: number;
  /** Positive predictions. */
  readonly p1: number;
  readonly tp: number;
  readonly fp: number;
  readonly tn: number;
  readonly fn: number;
}

/** Accepted and rejected of one group, by side. */
export interface GroupCounts {
  readonly accepted: { readonly a: number; readonly d: number };
  readonly rejected: { readonly a: number; readonly d: number };
}

export interface Counts {
  readonly a: Side;
  readonly d: Side;
  /** By group; by observed label, and by prediction. Empty without a group variable. */
  readonly byLabel: readonly GroupCounts[];
  readonly byPrediction: readonly GroupCounts[];
}

type Sum = { -readonly [K in keyof Side]: Side[K] };
interface GroupSum {
  accepted: { a: number; d: number };
  rejected: { a: number; d: number };
}

/** All that Clarify's metrics need of a tally. */
export function countTuples(tuples: Iterable<Tuple>): Counts {
  const sides: Record<'a' | 'd', Sum> = { a: emptySide(), d: emptySide() };
  const [byLabel, byPrediction] = [new Map<string, GroupSum>(), new Map<string, GroupSum>()];
  for (const tuple of tuples) {
    const key = tuple.isDisadvantaged ? 'd' : 'a';
    addTuple(sides[key], tuple);
    if (tuple.group === null) continue;
    if (tuple.isPositive !== null) addGroup(byLabel, tuple.group, { key, yes: tuple.isPositive, n: tuple.count });
    if (tuple.isPredicted !== null)
      addGroup(byPrediction, tuple.group, { key, yes: tuple.isPredicted, n: tuple.count });
  }
  return { ...sides, byLabel: [...byLabel.values()], byPrediction: [...byPrediction.values()] };
}

const emptySide = (): Sum => ({ n: 0, n1: 0, p1: 0, tp: 0, fp: 0, tn: 0, fn: 0 });

function addTuple(side: Sum, { isPositive, isPredicted, count }: Tuple): void {
  side.n += count;
  if (isPositive === true) side.n1 += count;
  if (isPredicted === true) side.p1 += count;
  if (isPositive === null || isPredicted === null) return;
  if (isPositive) side[isPredicted ? 'tp' : 'fn'] += count;
  else side[isPredicted ? 'fp' : 'tn'] += count;
}

function addGroup(
  groups: Map<string, GroupSum>,
  group: string,
  { key, yes, n }: { readonly key: 'a' | 'd'; readonly yes: boolean; readonly n: number }
): void {
  const known = groups.get(group) ?? { accepted: { a: 0, d: 0 }, rejected: { a: 0, d: 0 } };
  known[yes ? 'accepted' : 'rejected'][key] += n;
  groups.set(group, known);
}
