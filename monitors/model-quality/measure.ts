import type { DuckDBConnection } from '@duckdb/node-api';
import { streamRows, tallyTable } from '../data/tally';
import { rowsOf } from '../data/sql';
import { textOf } from '../sides/cells';
import { alwaysPositive, binaryMetrics, noBinaryCounts, tableOf } from './binary';
import type { BinaryCounts } from './binary';
import { confusionJson, confusionOf } from './confusion';
import type { Confusion } from './confusion';
import { curvesOf } from './curves';
import type { Curves } from './curves';
import { alwaysClass, constantOf, majorityOf, multiclassMetrics } from './multiclass';
import type { Measured } from './numbers';
import type { QualityOptions } from './options';
import { regressionMetrics, regressionSums } from './regression';
import { deviationOf, drawSamples, LEAST_ROWS, SAMPLES } from './subsamples';

/** What a window's labelled predictions show. */
export interface Quality {
  /** Labelled rows with a prediction. */
  readonly rows: number;
  readonly metrics: Readonly<Record<string, Measured>>;
  /** SageMaker's standard deviations, over random samples; empty below 200 rows. */
  readonly deviations: Readonly<Record<string, number>>;
  readonly constant: Readonly<Record<string, Measured>>;
  readonly constantDeviations: Readonly<Record<string, number>>;
  /** Null for regression. */
  readonly confusion: ReturnType<typeof confusionJson> | null;
  readonly curves: Curves | null;
  readonly majority: { readonly name: string; readonly share: number } | null;
  /** Wrong predictions; null for regression. */
  readonly wrong: number | null;
}

/** Tuples of one tally whose label and prediction are known, of one variant or of all. */
export function labelledTuples(file: string, variant: string | null, order: string): string {
  const only = variant === null ? '' : `AND variant = '${variant.replaceAll("'", "''")}'`;
  return `SELECT label, prediction, probability, sum(n)::BIGINT AS n FROM ${tallyTable(file)}
    WHERE label IS NOT NULL AND prediction IS NOT NULL ${only} GROUP BY ALL ORDER BY ${order}`;
}

export interface MeasureRequest {
  readonly file: string;
  readonly options: QualityOptions;
  /** Null: all of them together. */
  readonly variant: string | null;
}

export async function measureQuality(db: DuckDBConnection, request: MeasureRequest): Promise<Quality> {
  switch (request.options.problem) {
    case 'BinaryClassification':
      return measureBinary(db, request);
    case 'MulticlassClassification':
      return measureMulticlass(db, request);
    case 'Regression':
      return measureRegression(db, request);
  }
}

const TOTAL = 0;

/** Of one variant alone only the values are asked for, no deviations. */
function samplesOf(
  { options, variant }: Pick<MeasureRequest, 'options' | 'variant'>,
  rows: number
): (count: number) => readonly number[] {
  return variant === null ? drawSamples(rows, options.seed) : () => [];
}

async function measureBinary(db: DuckDBConnection, { file, options, variant }: MeasureRequest): Promise<Quality> {
  const sql = labelledTuples(file, variant, 'probability NULLS FIRST, label, prediction');
  const positive = canonicalClass(options.positiveLabel);
  const [totals] = await rowsOf(
    db,
    `SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (label = '${positive.replaceAll("'", "''")}'), 0) FROM (${sql})`
  );
  const rows = Number(totals?.[0] ?? 0);
  const positives = Number(totals?.[1] ?? 0);
  const draw = samplesOf({ options, variant }, rows);
  // The whole first, then the samples; the samples' totals are not known beforehand, but only the curve's points need them.
  const counts = Array.from({ length: 1 + SAMPLES }, () => ({ ...noBinaryCounts }));
  const hasScores = options.probability !== null;
  const areas = Array.from({ length: 1 + SAMPLES }, () => rankSum());
  const curves = hasScores ? curvesOf({ positives, negatives: rows - positives }) : null;
  const tied: { group: { score: number; hits: number[]; misses: number[] } | null } = { group: null };
  const close = () => {
    const { group } = tied;
    if (group === null) return;
    curves?.add({ score: group.score, positives: group.hits[TOTAL] ?? 0, negatives: group.misses[TOTAL] ?? 0 });
    for (const [i, area] of areas.entries()) area.add(group.hits[i] ?? 0, group.misses[i] ?? 0);
    tied.group = null;
  };
  for await (const chunk of streamRows(db, sql)) {
    for (const [label, prediction, probability, n] of chunk) {
      const isPositive = label === positive;
      const count = Number(n);
      const each = [count, ...draw(count)];
      each.forEach((some, i) => {
        const own = counts[i];
        if (own !== undefined) own[cellOf(isPositive, prediction === positive)] += some;
      });
      if (!hasScores) continue;
      const score = Number(probability);
      if (tied.group?.score !== score) close();
      tied.group ??= { score, hits: each.map(() => 0), misses: each.map(() => 0) };
      const side = isPositive ? tied.group.hits : tied.group.misses;
      each.forEach((some, i) => (side[i] = (side[i] ?? 0) + some));
    }
  }
  close();
  const [whole = noBinaryCounts, ...samples] = counts;
  const withArea = (own: BinaryCounts, area: number): Readonly<Record<string, number>> => ({
    ...valuesOf(binaryMetrics(own)),
    ...(hasScores && { auc: area }),
  });
  const shown = curves !== null && positives > 0 && positives < rows ? curves.finish() : null;
  const table = tableOf(whole);
  return {
    rows,
    metrics: { ...binaryMetrics(whole), ...(hasScores && { auc: shown?.auc ?? { value: NaN, error: NaN } }) },
    deviations: deviations(
      rows,
      samples.map((own, i) => withArea(own, areas[i + 1]?.area() ?? NaN))
    ),
    constant: pick(binaryMetrics(alwaysPositive(whole))),
    constantDeviations: deviations(
      rows,
      samples.map((own) => valuesOf(pick(binaryMetrics(alwaysPositive(own)))))
    ),
    confusion: confusionJson(table),
    curves: shown,
    majority: majorityOf(table),
    wrong: whole.falseNegatives + whole.falsePositives,
  };
}

const CONSTANT = ['recall', 'precision', 'accuracy', 'f0_5', 'f1', 'f2'];
const pick = (metrics: Readonly<Record<string, Measured>>): Readonly<Record<string, Measured>> =>
  Object.fromEntries(Object.entries(metrics).filter(([name]) => CONSTANT.includes(name)));

function cellOf(isPositive: boolean, predictedPositive: boolean): keyof BinaryCounts {
  if (isPositive) return predictedPositive ? 'truePositives' : 'falseNegatives';
  return predictedPositive ? 'falsePositives' : 'trueNegatives';
}

/** Area under the ROC curve alone, of groups in ascending order of score. */
function rankSum() {
  let [wins, positives, negatives] = [0, 0, 0];
  return {
    add(hits: number, misses: number): void {
      wins += hits * (negatives + misses / 2);
      positives += hits;
      negatives += misses;
    },
    area: (): number => wins / (positives * negatives),
  };
}

async function measureMulticlass(db: DuckDBConnection, { file, options, variant }: MeasureRequest): Promise<Quality> {
  const sql = `SELECT label, prediction, sum(n)::BIGINT FROM (${labelledTuples(file, variant, 'ALL')}) GROUP BY ALL ORDER BY ALL`;
  const pairs = (await rowsOf(db, sql)).map(([actual, predicted, n]) => ({
    actual: textOf(actual),
    predicted: textOf(predicted),
    count: Number(n),
  }));
  const whole = confusionOf(pairs);
  const draw = samplesOf({ options, variant }, whole.n);
  const taken = pairs.map(({ count }) => draw(count));
  const samples = Array.from({ length: SAMPLES }, (_, s) =>
    confusionOf(pairs.map((pair, i) => ({ ...pair, count: taken[i]?.[s] ?? 0 })))
  );
  const constant = constantOf(whole);
  const always = (confusion: Confusion) => multiclassMetrics(alwaysClass(confusion, constant));
  return {
    rows: whole.n,
    metrics: multiclassMetrics(whole),
    deviations: deviations(
      whole.n,
      samples.map((one) => valuesOf(multiclassMetrics(one)))
    ),
    constant: always(whole),
    constantDeviations: deviations(
      whole.n,
      samples.map((one) => valuesOf(always(one)))
    ),
    confusion: confusionJson(whole),
    curves: null,
    majority: majorityOf(whole),
    wrong: pairs.reduce((sum, { actual, predicted, count }) => sum + (actual === predicted ? 0 : count), 0),
  };
}

async function measureRegression(db: DuckDBConnection, { file, options, variant }: MeasureRequest): Promise<Quality> {
  const sql = labelledTuples(file, variant, 'label, prediction');
  let [rows, sum] = [0, 0];
  for await (const chunk of streamRows(db, sql))
    for (const [label, , , n] of chunk) {
      rows += Number(n);
      sum += Number(n) * Number(label);
    }
  const draw = samplesOf({ options, variant }, rows);
  const sums = Array.from({ length: 1 + SAMPLES }, () => regressionSums(rows > 0 ? sum / rows : 0));
  for await (const chunk of streamRows(db, sql))
    for (const [label, prediction, , n] of chunk)
      [Number(n), ...draw(Number(n))].forEach((some, i) => sums[i]?.add(Number(label), Number(prediction), some));
  const [whole, ...samples] = sums.map((one) => regressionMetrics(one.sums()));
  return {
    rows,
    metrics: whole ?? {},
    deviations: deviations(rows, samples.map(valuesOf)),
    constant: {},
    constantDeviations: {},
    confusion: null,
    curves: null,
    majority: null,
    wrong: null,
  };
}

const valuesOf = (metrics: Readonly<Record<string, Measured>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));

function deviations(
  rows: number,
  samples: readonly Readonly<Record<string, number>>[]
): Readonly<Record<string, number>> {
  if (rows < LEAST_ROWS) return {};
  return Object.fromEntries(
    Object.keys(samples[0] ?? {}).map((name) => [name, deviationOf(samples.map((one) => one[name] ?? NaN))])
  );
}

/** As the tally writes classes. */
export function canonicalClass(raw: string): string {
  const value = Number(raw);
  return raw.trim() !== '' && Number.isFinite(value) ? String(value) : raw.trim();
}
