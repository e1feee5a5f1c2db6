import type { DeequFinding, DriftFinding } from '../checks/drift';
import type { BaselineFeature } from '../files/read-baseline';
import { deequWeightsOf, largestGap } from '../kll/ranks';
import type { KllSketch } from '../kll/sketch';
import type { ColumnProfile } from '../profile/profile';
import { isNumeric } from '../state/kinds';
import type { Tallies } from '../state/tallies';
import type { BootstrapPlan } from './bootstrap';
import { compareCategories } from './categories';
import { compareNumbers, cutsOf } from './numbers';
import { fileCategories, liveCategories, sketchData, sketchSample, tallyCategories, tallySample } from './samples';
import { asSubject, watchCategories, watchMissing, watchNumbers } from './watch';
import type { Watched, WatchedFeature, WatchPlan } from './watch';

/** One feature of the baseline and what the window has of it. */
export interface FeaturePair {
  readonly feature: BaselineFeature;
  /** The baseline's own tally of it; null where only SageMaker's files exist. */
  readonly own: Tally | null;
  readonly live: ColumnProfile;
  readonly liveTallies: Tallies;
  /** Null for text. */
  readonly liveSketch: KllSketch | null;
}

/** One column of a state. */
export interface Tally {
  readonly tallies: Tallies;
  readonly position: number;
}

export interface FeatureDrift {
  readonly finding: DriftFinding | null;
  readonly watched: readonly WatchedFeature[];
  /** Why there is no finding. */
  readonly notCompared: string | null;
}

/** Compares one feature with its baseline, and counts what the false-alarm budget watches of it. */
export async function compareFeature(
  pair: FeaturePair,
  plans: { readonly bootstrap: BootstrapPlan; readonly watch: WatchPlan }
): Promise<FeatureDrift> {
  const found = isNumeric(pair.feature.inferred) ? await ofNumbers(pair, plans) : await ofText(pair, plans);
  const missing = missingOf(pair, plans.watch);
  const { name } = pair.feature;
  return {
    finding: found.finding,
    notCompared: found.why,
    watched: [
      ...(found.watched ? [asSubject(name, found.watched)] : []),
      ...(missing ? [asSubject(`${name} (missing)`, missing)] : []),
    ],
  };
}

interface Found {
  readonly finding: DriftFinding | null;
  readonly watched: Watched | null;
  readonly why: string | null;
}

async function ofNumbers(
  { feature, own, live, liveTallies, liveSketch }: FeaturePair,
  plans: { readonly bootstrap: BootstrapPlan; readonly watch: WatchPlan }
): Promise<Found> {
  const baseline = (own === null ? null : await tallySample(own.tallies, own.position)) ?? sketchSample(feature);
  if (!baseline) return { finding: null, watched: null, why: 'the baseline has neither a tally nor a sketch of it' };
  const sizes = { baselineRows: baseline.total, rankError: baseline.rankError };
  const sample = await tallySample(liveTallies, live.position);
  if (!sample) {
    const cuts = await cutsOf(baseline);
    const watched = watchNumbers(cuts, { ...sizes, liveRows: 0 }, plans.watch);
    return { finding: null, watched, why: 'the window has no number in it' };
  }
  const { comparison, cuts } = await compareNumbers(baseline, sample, plans.bootstrap);
  const finding: DriftFinding = {
    subject: feature.name,
    comparison,
    chiSquare: null,
    deequ: deequNumbers(feature, liveSketch),
    constraints: feature.config.distribution_constraints,
    isText: false,
  };
  return { finding, watched: watchNumbers(cuts, { ...sizes, liveRows: sample.total }, plans.watch), why: null };
}

function deequNumbers(feature: BaselineFeature, live: KllSketch | null): DeequFinding | null {
  const baseline = sketchData(feature);
  if (!live || baseline.flat().length === 0) return null;
  const own = live.toLevels().map(({ items }) => items);
  const { gap, n, m } = largestGap(deequWeightsOf(baseline), deequWeightsOf(own));
  return { distance: gap, n, m };
}

async function ofText(
  { feature, own, live, liveTallies }: FeaturePair,
  plans: { readonly bootstrap: BootstrapPlan; readonly watch: WatchPlan }
): Promise<Found> {
  const baseline =
    (own === null ? null : await tallyCategories(own.tallies, own.position)) ?? fileCategories(feature) ?? [];
  const rows = baseline.reduce((sum, { count }) => sum + count, 0);
  if (rows === 0)
    return { finding: null, watched: null, why: 'the baseline keeps no histogram of so many different values' };
  const categories = await liveCategories(liveTallies, live.position);
  const counts = new Map(categories.map(({ value, count }) => [value, count]));
  const watched = watchCategories(baseline, { counts, total: live.present }, plans.watch);
  if (live.present === 0) return { finding: null, watched, why: 'the window has no value in it' };
  const { comparison, chiSquare, deequChiSquare } = compareCategories(
    baseline,
    { categories, total: live.present },
    plans.bootstrap
  );
  // Deequ has a histogram on both sides or nothing. Where it has, no category is left out, and its distance is the same.
  const isInFiles = fileCategories(feature) !== null && live.categories !== null;
  const deequ: DeequFinding | null = isInFiles
    ? { distance: comparison.distance, n: rows, m: live.present, chiSquare: deequChiSquare }
    : null;
  const constraints = feature.config.distribution_constraints;
  const finding = { subject: feature.name, comparison, chiSquare, deequ, constraints, isText: true };
  return { finding, watched, why: null };
}

function missingOf({ feature, live }: FeaturePair, plan: WatchPlan): Watched | null {
  const presence = feature.statistics?.numerical_statistics?.common ?? feature.statistics?.string_statistics?.common;
  if (presence === undefined) return null;
  const [present, missing] = [Number(presence.num_present), Number(presence.num_missing)];
  if (!(present + missing > 0)) return null;
  return watchMissing({ missing, rows: present + missing }, { missing: live.missing, rows: live.rows }, plan);
}
