/** A rule's pseudo-regrets over its runs, in lost successes. */
export interface RegretRow {
  readonly rule: string;
  readonly runs: number;
  readonly mean: number;
  readonly standardError: number;
  readonly p90: number;
  readonly worst: number;
}

export function regretRow(rule: string, regrets: readonly number[]): RegretRow {
  const runs = regrets.length;
  const mean = meanOf(regrets);
  const variance = regrets.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, runs - 1);
  const sorted = [...regrets].sort((a, b) => a - b);
  return {
    rule,
    runs,
    mean,
    standardError: Math.sqrt(variance / runs),
    p90: sorted[Math.floor(0.9 * (runs - 1))] ?? NaN,
    worst: sorted[runs - 1] ?? NaN,
  };
}

export const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export const meanIn = (rows: readonly RegretRow[], rule: string): number =>
  rows.find((row) => row.rule === rule)?.mean ?? NaN;
