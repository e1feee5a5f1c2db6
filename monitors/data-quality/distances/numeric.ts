/** How two samples of numbers differ: exact, ties included. */
export interface NumericDistances {
  /** sup |F − G|: Kolmogorov–Smirnov's distance, which SageMaker calls L-infinity. */
  readonly kolmogorovSmirnov: number;
  /** Where it is reached: the share of the baseline at or below this, against the live share. */
  readonly at: number | null;
  /** ∫ |F − G|, in the unit of the data. */
  readonly wasserstein: number;
  /** Counts between the baseline's deciles, baseline then live; below and above the baseline fall into the first and last. */
  readonly deciles: readonly (readonly [number, number])[];
  /** Counts between 64 quantiles of both together with their mean, for resampling. */
  readonly cells: readonly Cell[];
}

export interface Cell {
  readonly mean: number;
  readonly baseline: number;
  readonly live: number;
}

const DECILES = 10;
const CELLS = 64;

/**
 * One pass over all distinct numbers of both samples in ascending order, in constant memory. `add` wants each number once;
 * the totals must be known beforehand, and both be above 0.
 */
export function numericDistances(totals: { readonly baseline: number; readonly live: number }) {
  let [baseline, live] = [0, 0];
  let last = NaN;
  let [largest, at] = [0, null as number | null];
  let area = 0;
  const deciles = Array.from({ length: DECILES }, () => [0, 0] as [number, number]);
  const cells = Array.from({ length: CELLS }, () => ({ weighted: 0, baseline: 0, live: 0 }));
  return {
    add(x: number, ofBaseline: number, ofLive: number): void {
      const gapBefore = Math.abs(baseline / totals.baseline - live / totals.live);
      if (gapBefore > 0) area += gapBefore * (x - last);
      const decile = deciles[Math.min(DECILES - 1, Math.floor((DECILES * baseline) / totals.baseline))];
      if (decile) {
        decile[0] += ofBaseline;
        decile[1] += ofLive;
      }
      const pooled = (baseline / totals.baseline + live / totals.live) / 2;
      const cell = cells[Math.min(CELLS - 1, Math.floor(CELLS * pooled))];
      if (cell) {
        cell.weighted += x * (ofBaseline / totals.baseline + ofLive / totals.live);
        cell.baseline += ofBaseline;
        cell.live += ofLive;
      }
      baseline += ofBaseline;
      live += ofLive;
      last = x;
      const gap = Math.abs(baseline / totals.baseline - live / totals.live);
      if (gap > largest) [largest, at] = [gap, x];
    },
    done(): NumericDistances {
      return {
        kolmogorovSmirnov: largest,
        at,
        wasserstein: area,
        deciles,
        cells: cells
          .filter((cell) => cell.baseline + cell.live > 0)
          .map((cell) => ({
            mean: cell.weighted / (cell.baseline / totals.baseline + cell.live / totals.live),
            baseline: cell.baseline,
            live: cell.live,
          })),
      };
    },
  };
}

/** Distance by cells: what `wasserstein` would be if each cell's numbers all were its mean. */
export function wassersteinOfCells(cells: readonly Cell[]): number {
  const n = cells.reduce((sum, cell) => sum + cell.baseline, 0);
  const m = cells.reduce((sum, cell) => sum + cell.live, 0);
  let [gap, area] = [0, 0];
  cells.forEach((cell, i) => {
    gap += cell.baseline / n - cell.live / m;
    const next = cells[i + 1];
    if (next) area += Math.abs(gap) * (next.mean - cell.mean);
  });
  return area;
}
