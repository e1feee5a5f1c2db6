import type { Distance, LabelCounts } from './types';

/** Distance of the candidate's answers from the incumbent's, 0–1, and how much of it chance alone explains. */
export interface Measured {
  readonly distance: number;
  readonly allowance: number;
}

/** Chance that some label's share is off by more than the allowance although the models answer alike. */
const CHANCE = 0.01;

/**
 * Both arms must have answers. The allowance is Hoeffding's for the largest difference of shares, with a union over labels, and for
 * the divergence the mean plus three deviations of its chi-square approximation.
 */
export function measureDistance(kind: Distance, labels: LabelCounts): Measured {
  const [n, m] = [sumOf(labels, 1), sumOf(labels, 2)];
  const shares = labels.map(([label, a, b]) => ({ label, p: a / n, q: b / m }));
  const inverse = 1 / n + 1 / m;
  const hoeffding = Math.sqrt((Math.log((2 * labels.length) / CHANCE) / 2) * inverse);
  switch (kind) {
    case 'lInfinity':
      return { distance: Math.max(...shares.map(({ p, q }) => Math.abs(p - q))), allowance: hoeffding };
    case 'kolmogorovSmirnov':
      return { distance: largestGap(shares), allowance: hoeffding };
    case 'jensenShannon': {
      const nats = shares.reduce((sum, { p, q }) => sum + (half(p, q) + half(q, p)) / 2, 0);
      const freedom = Math.max(1, labels.length - 1);
      const byChance = ((freedom + 3 * Math.sqrt(2 * freedom)) * inverse) / 8;
      const bits = (value: number) => Math.sqrt(Math.max(0, value) / Math.LN2);
      return { distance: Math.min(1, bits(nats)), allowance: bits(byChance) };
    }
  }
}

/** Kullback–Leibler divergence of p from the middle of p and q, one label's part. */
const half = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / ((p + q) / 2)));

function largestGap(shares: readonly { readonly label: string; readonly p: number; readonly q: number }[]): number {
  let [gap, largest] = [0, 0];
  for (const { p, q } of [...shares].sort((a, b) => Number(a.label) - Number(b.label))) {
    gap += p - q;
    largest = Math.max(largest, Math.abs(gap));
  }
  return largest;
}

/** Answers of the candidate (1) or the incumbent (2). */
export function sumOf(labels: LabelCounts, arm: 1 | 2): number {
  return labels.reduce((sum, row) => sum + row[arm], 0);
}

/** Labels that a window tells apart; what comes after them is counted together. */
const MOST_LABELS = 40;
export const OTHER = '(other)';

/** Adds one tick's answers. Both arms share one list of labels, in the order in which they were first seen. */
export function addLabels(
  labels: LabelCounts,
  candidate: Readonly<Record<string, number>>,
  incumbent: Readonly<Record<string, number>>
): LabelCounts {
  const counts = new Map(labels.map(([label, a, b]) => [label, [a, b] as const]));
  for (const label of [...new Set([...Object.keys(candidate), ...Object.keys(incumbent)])].sort()) {
    const [own, other] = [countOf(candidate, label), countOf(incumbent, label)];
    const short = label.slice(0, 40);
    const name = counts.has(short) || counts.size < MOST_LABELS ? short : OTHER;
    const [a, b] = counts.get(name) ?? [0, 0];
    counts.set(name, [a + own, b + other]);
  }
  return [...counts].map(([label, [a, b]]) => [label, a, b]);
}

const countOf = (counts: Readonly<Record<string, number>>, label: string): number =>
  Object.hasOwn(counts, label) ? (counts[label] ?? 0) : 0;
