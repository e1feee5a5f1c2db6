import { dkwHalfWidth } from '../../budget';
import type { Json } from '../../types';
import { jensenShannon, populationStability } from '../distances/categorical';
import { numericDistances, wassersteinOfCells } from '../distances/numeric';
import type { NumericDistances } from '../distances/numeric';
import { kolmogorovTail } from '../distances/tails';
import { walk, walkBoth } from '../profile/numbers';
import { bootstrapDistances } from './bootstrap';
import type { BootstrapPlan } from './bootstrap';
import type { NumericSample } from './samples';

/** A share of the baseline at or below a number, and how many live rows are. */
export interface Cut {
  readonly at: number;
  readonly share: number;
  readonly live: number;
}

/** A baseline and a window compared, by every distance that applies. */
export interface Comparison {
  /** Distance that SageMaker's threshold is for, exact; its interval holds the true one at the level asked for, whatever the data. */
  readonly distance: number;
  readonly interval: readonly [number, number];
  readonly baselineRows: number;
  readonly liveRows: number;
  readonly populationStability: Estimated;
  readonly jensenShannon: Estimated;
  /** Null for categories. In the unit of the data. */
  readonly wasserstein: Estimated | null;
  readonly extras: Readonly<Record<string, Json>>;
}

export interface Estimated {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** Shares of the baseline at which the sequential test looks. */
const CUT_SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

export async function compareNumbers(
  baseline: NumericSample,
  live: NumericSample,
  plan: BootstrapPlan
): Promise<{ readonly comparison: Comparison; readonly cuts: readonly Cut[] }> {
  const pass = numericDistances({ baseline: baseline.total, live: live.total });
  const cutter = cutterOf(baseline.total);
  await walkBoth(baseline.stream(), live.stream(), (x, ofBaseline, ofLive) => {
    pass.add(x, ofBaseline, ofLive);
    cutter.add(x, ofBaseline, ofLive);
  });
  return { comparison: comparisonOf(pass.done(), { baseline, live, plan }), cuts: cutter.cuts };
}

/** Where a baseline would be cut, for a window without numbers. */
export async function cutsOf(baseline: NumericSample): Promise<readonly Cut[]> {
  const cutter = cutterOf(baseline.total);
  await walk(baseline.stream(), (x, weight) => cutter.add(x, weight, 0));
  return cutter.cuts;
}

/** A number that so many of the baseline have is told apart from what is below it. */
const HEAVY_SHARE = 0.1;
/** Fewer than these below a heavy number are not worth a cut. */
const LIGHT_SHARE = 0.005;

function cutterOf(total: number) {
  const cuts: Cut[] = [];
  let [below, live, wanted] = [0, 0, 0];
  let before: Cut | undefined;
  const cut = (one: Cut): void => {
    cuts.push(one);
    while (one.share >= (CUT_SHARES[wanted] ?? 2)) wanted++;
  };
  return {
    cuts,
    add(x: number, ofBaseline: number, ofLive: number): void {
      below += ofBaseline;
      live += ofLive;
      if (ofBaseline === 0) return;
      const isHeavy = ofBaseline > HEAVY_SHARE * total;
      if (isHeavy && before && before.share > (cuts.at(-1)?.share ?? 0) + LIGHT_SHARE) cut(before);
      before = { at: x, share: below / total, live };
      if (before.share < 1 && before.share >= (CUT_SHARES[wanted] ?? 2)) cut(before);
    },
  };
}

function comparisonOf(
  found: NumericDistances,
  of: { readonly baseline: NumericSample; readonly live: NumericSample; readonly plan: BootstrapPlan }
): Comparison {
  const { baseline, live, plan } = of;
  const alpha = 1 - plan.level;
  // Each side's distribution function is within its band with all but half of alpha; the distance is within both bands together.
  const half = dkwHalfWidth(baseline.total, alpha / 2) + dkwHalfWidth(live.total, alpha / 2) + baseline.rankError;
  const distance = found.kolmogorovSmirnov;
  const [stability, shannon] = bootstrapDistances(found.deciles, plan, (bins) => [
    populationStability(bins),
    jensenShannon(bins),
  ]);
  const means = found.cells.map(({ mean }) => mean);
  const ofCells = wassersteinOfCells(found.cells);
  const [cells] = bootstrapDistances(
    found.cells.map((cell) => [cell.baseline, cell.live]),
    plan,
    (pairs) => [wassersteinOfCells(pairs.map(([b, l], i) => ({ mean: means[i] ?? 0, baseline: b, live: l })))]
  );
  const off = found.wasserstein - ofCells;
  const effective = (baseline.total * live.total) / (baseline.total + live.total);
  return {
    distance,
    interval: [Math.max(0, distance - half), Math.min(1, distance + half)],
    baselineRows: baseline.total,
    liveRows: live.total,
    populationStability: { value: populationStability(found.deciles), interval: stability ?? [0, 0] },
    jensenShannon: { value: jensenShannon(found.deciles), interval: shannon ?? [0, 1] },
    wasserstein: {
      value: found.wasserstein,
      interval: [Math.max(0, (cells?.[0] ?? 0) + off), (cells?.[1] ?? 0) + off],
    },
    extras: {
      largestAt: found.at,
      baselineFrom: baseline.from,
      pValue: kolmogorovTail(Math.sqrt(effective) * distance),
    },
  };
}
