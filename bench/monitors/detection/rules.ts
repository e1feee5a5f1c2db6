import { dkwHalfWidth, HALF, startBudget, stepBudget } from '../../../monitors/budget';
import type { BudgetPlan } from '../../../monitors/budget';
import { BASELINE_SHARE } from '../../../monitors/data-quality/checks/sequential';
import { robustCorrection } from '../../../monitors/data-quality/checks/drift';
import { DEFAULT_OPTIONS } from '../../../monitors/data-quality/options';
import { numericDistances } from '../../../monitors/data-quality/distances/numeric';
import type { NumericDistances } from '../../../monitors/data-quality/distances/numeric';
import type { Rows } from './world';

/** A rule that watches one stream: asked window by window, it says whether it alarms. */
export interface Rule {
  readonly name: string;
  readonly windowMinutes: number;
  readonly watch: (baseline: Rows) => (window: Rows, index: number) => boolean;
}

const sortedOf = (rows: Rows): Rows => rows.map((column) => column.toSorted());

function distancesOf(baseline: Float64Array, live: Float64Array): NumericDistances {
  const pass = numericDistances({ baseline: baseline.length, live: live.length });
  const window = live.toSorted();
  let [i, j] = [0, 0];
  while (i < baseline.length || j < window.length) {
    const x = Math.min(baseline[i] ?? Infinity, window[j] ?? Infinity);
    const [from, fromLive] = [i, j];
    while (baseline[i] === x) i++;
    while (window[j] === x) j++;
    pass.add(x, i - from, j - fromLive);
  }
  return pass.done();
}

const CUTS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** Our sequential test as the monitor runs it by default: one false-alarm probability over features and windows. */
export function ourRule(windowMinutes: number): Rule {
  return {
    name: `Sluice, every ${windowMinutes} min`,
    windowMinutes,
    watch(baseline) {
      const { falseAlarmProbability, toleratedShare } = DEFAULT_OPTIONS;
      // The other half is for checks of one window.
      const probability = (falseAlarmProbability ?? 0.01) * HALF;
      const half =
        dkwHalfWidth(baseline[0]?.length ?? 0, (probability * BASELINE_SHARE) / baseline.length) + toleratedShare;
      const features = sortedOf(baseline).map((column) => {
        const values = [...new Set(CUTS.map((share) => column[Math.ceil(share * column.length) - 1] ?? 0))];
        const shares = values.map((x) => column.findLastIndex((y) => y <= x) + 1).map((n) => n / column.length);
        return values.map((x, i) => ({ x, share: shares[i] ?? 1 })).filter(({ share }) => share < 1);
      });
      const plan: BudgetPlan = {
        falseAlarmProbability: probability,
        baselineShare: BASELINE_SHARE,
        subjects: features.map((cuts, f) => ({
          subject: String(f),
          events: cuts.map(({ x, share }) => ({
            name: String(x),
            low: Math.max(0, share - half),
            high: Math.min(1, share + half),
          })),
        })),
      };
      let state = startBudget(plan);
      return (window, index) => {
        const subjects = Object.fromEntries(
          features.map((cuts, f) => {
            const column = window[f] ?? new Float64Array();
            const counts = cuts.map(({ x }) => column.reduce((n, y) => n + Number(y <= x), 0));
            return [String(f), { rows: column.length, counts }];
          })
        );
        const step = stepBudget(plan, state, { key: String(index).padStart(6, '0'), subjects });
        state = step.state;
        return step.evidence.some(({ alarm }) => alarm);
      };
    },
  };
}

/** A rule of one distance a feature: alarms when any feature's is beyond its threshold. */
function byDistance(
  name: string,
  thresholds: (sorted: Rows) => readonly number[],
  value: (baseline: Float64Array, live: Float64Array) => number
): Rule {
  return {
    name,
    windowMinutes: 60,
    watch(baseline) {
      const sorted = sortedOf(baseline);
      const limits = thresholds(baseline);
      return (window) =>
        sorted.some((column, f) => value(column, window[f] ?? new Float64Array()) > (limits[f] ?? Infinity));
    },
  };
}

/** Robust L-infinity above 0.1, hourly: the fastest that Model Monitor runs. The exact distance, so without Deequ's loss of ties. */
export const modelMonitorRule = byDistance(
  'Model Monitor: Robust 0.1, hourly',
  (baseline) => baseline.map(() => 0.1),
  (a, b) => distancesOf(a, b).kolmogorovSmirnov - robustCorrection(a.length, b.length)
);

/** Evidently's default above 1,000 reference rows: Wasserstein's distance in standard deviations of the reference, at least 0.1. */
export const evidentlyRule = byDistance(
  'Evidently: default, hourly',
  (baseline) => baseline.map((column) => 0.1 * Math.max(0.001, deviationOf(column))),
  (a, b) => distancesOf(a, b).wasserstein
);

const CHUNKS = 10;

/** NannyML's default for numbers: Kolmogorov–Smirnov above the mean and three deviations of ten reference chunks. */
export const nannymlRule = byDistance(
  'NannyML: KS, mean + 3 sd of chunks, hourly',
  (baseline) =>
    baseline.map((column) => {
      const sorted = column.toSorted();
      const size = column.length / CHUNKS;
      const found = Array.from(
        { length: CHUNKS },
        (_, i) => distancesOf(sorted, column.slice(i * size, (i + 1) * size)).kolmogorovSmirnov
      );
      const mean = found.reduce((sum, x) => sum + x, 0) / CHUNKS;
      return mean + 3 * deviationOf(Float64Array.from(found));
    }),
  (a, b) => distancesOf(a, b).kolmogorovSmirnov
);

function deviationOf(column: Float64Array): number {
  const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
  return Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length);
}

export const RULES: readonly Rule[] = [ourRule(5), ourRule(60), modelMonitorRule, evidentlyRule, nannymlRule];
