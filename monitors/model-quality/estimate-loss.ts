import type { DuckDBConnection } from '@duckdb/node-api';
import { streamRows, tallyTable } from '../data/tally';
import { labelledTuples } from './measure';
import type { Measured } from './numbers';

/** Errors of predictions up to an edge, in the baseline. Plain JSON. */
interface LossBin {
  /** Predictions up to here, those of the bins before left out; the last has no end. */
  readonly to: number;
  readonly n: number;
  readonly absolute: number;
  readonly absoluteVariance: number;
  readonly square: number;
  readonly squareVariance: number;
}
export type KnownLoss = readonly LossBin[];

const MOST_BINS = 20;
const LEAST_IN_BIN = 50;

/** Mean errors by the size of the prediction, over bins of about equally many. Null for fewer rows than make one bin. */
export async function knownLoss(db: DuckDBConnection, file: string, rows: number): Promise<KnownLoss | null> {
  const bins = Math.min(MOST_BINS, Math.floor(rows / LEAST_IN_BIN));
  if (bins === 0) return null;
  const found: LossBin[] = [];
  let [seen, n, absolute, squares, fourths, last] = [0, 0, 0, 0, 0, NaN];
  const close = (): void => {
    const [mean, square] = [absolute / n, squares / n];
    found.push({
      ...{ to: last, n, absolute: mean, absoluteVariance: Math.max(0, square - mean * mean) },
      ...{ square, squareVariance: Math.max(0, fourths / n - square * square) },
    });
    [n, absolute, squares, fourths] = [0, 0, 0, 0];
  };
  for await (const chunk of streamRows(db, labelledTuples(file, null, 'prediction, label')))
    for (const [label, prediction, , count] of chunk) {
      const at = Number(prediction);
      if (at !== last && seen >= ((found.length + 1) * rows) / bins && n >= LEAST_IN_BIN) close();
      const error = Math.abs(at - Number(label));
      const weight = Number(count);
      seen += weight;
      n += weight;
      absolute += weight * error;
      squares += weight * error ** 2;
      fourths += weight * error ** 4;
      last = at;
    }
  if (n > 0) close();
  return found;
}

export interface ExpectedLoss {
  readonly all: Readonly<Record<string, Measured>>;
  readonly labelled: Readonly<Record<string, Measured>>;
  /** Predictions, labelled or not. */
  readonly rows: number;
}

/**
 * Errors to be expected of predictions whose labels are not known: each is as wrong as predictions of its size were in the baseline (direct loss estimation with the prediction as the
 * only feature). It sees predictions that move to where the model was worse, and is blind to whatever leaves predictions as they are. `r2` is not estimated: it needs the spread of the labels.
 */
export async function expectedLoss(db: DuckDBConnection, file: string, known: KnownLoss): Promise<ExpectedLoss> {
  const counts = known.map(() => ({ all: 0, labelled: 0 }));
  const sql = `SELECT prediction, sum(n)::BIGINT, coalesce(sum(n) FILTER (label IS NOT NULL), 0)::BIGINT
    FROM ${tallyTable(file)} WHERE prediction IS NOT NULL GROUP BY prediction ORDER BY prediction`;
  let bin = 0;
  for await (const chunk of streamRows(db, sql))
    for (const [prediction, n, labelled] of chunk) {
      while (bin < known.length - 1 && Number(prediction) > (known[bin]?.to ?? Infinity)) bin++;
      const count = counts[bin];
      if (count === undefined) continue;
      count.all += Number(n);
      count.labelled += Number(labelled);
    }
  const of = (which: 'all' | 'labelled') =>
    metricsOf(
      known,
      counts.map((count) => count[which])
    );
  return { all: of('all'), labelled: of('labelled'), rows: counts.reduce((sum, { all }) => sum + all, 0) };
}

function metricsOf(known: KnownLoss, counts: readonly number[]): Readonly<Record<string, Measured>> {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = (value: (bin: LossBin) => number, variance: (bin: LossBin) => number): Measured => {
    if (total === 0) return { value: NaN, error: NaN };
    let [sum, squared] = [0, 0];
    known.forEach((bin, i) => {
      const share = (counts[i] ?? 0) / total;
      sum += share * value(bin);
      // The window's own chance, and the baseline's.
      squared += variance(bin) * (share / total + (share * share) / bin.n);
    });
    return { value: sum, error: Math.sqrt(squared) };
  };
  const mae = mean(
    (bin) => bin.absolute,
    (bin) => bin.absoluteVariance
  );
  const mse = mean(
    (bin) => bin.square,
    (bin) => bin.squareVariance
  );
  const root = Math.sqrt(mse.value);
  return { mae, mse, rmse: { value: root, error: root > 0 ? mse.error / (2 * root) : 0 } };
}
