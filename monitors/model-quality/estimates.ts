import type { DuckDBConnection } from '@duckdb/node-api';
import { estimateBinary, estimateRight } from './estimate';
import { estimateClasses } from './estimate-classes';
import { expectedLoss } from './estimate-loss';
import type { KnownQuality } from './known';
import type { Measured } from './numbers';
import type { QualityOptions } from './options';
import { readScores } from './scores';
import type { Scores } from './scores';

/** What is to be expected of a window without its labels, by metric. */
export interface Estimates {
  readonly all: Readonly<Record<string, Measured>>;
  /** Of the predictions whose labels are known: what the estimate is checked by. */
  readonly labelled: Readonly<Record<string, Measured>>;
  /** Predictions, labelled or not. */
  readonly rows: number;
  /** The metric by which estimate and truth are compared. */
  readonly checkedBy: 'accuracy' | 'mae';
  /** What it rests on, and what a difference from the truth means. */
  readonly because: string;
}

/** Null where the baseline does not know enough, or predictions have no probability. */
export async function estimatesOf(
  db: DuckDBConnection,
  file: string,
  { options, known }: { readonly options: QualityOptions; readonly known: KnownQuality | null }
): Promise<Estimates | null> {
  if (known === null) return null;
  if (options.problem === 'Regression') {
    if (known.loss === null) return null;
    const found = await expectedLoss(db, file, known.loss);
    return {
      ...found,
      checkedBy: 'mae',
      because: 'predictions of such sizes are no longer as wrong as in the baseline',
    };
  }
  const scores = await readScores(db, file, options);
  if (scores === null) return null;
  const of = (which: 'all' | 'labelled') => metricsOf(scores, which, { options, known });
  return {
    ...{ all: of('all'), labelled: of('labelled'), checkedBy: 'accuracy' },
    rows: scores.all.reduce((sum, { n }) => sum + n, 0),
    because: 'scores no longer mean what they meant in the baseline',
  };
}

function metricsOf(
  scores: Scores,
  which: 'all' | 'labelled',
  { options, known }: { readonly options: QualityOptions; readonly known: KnownQuality }
): Readonly<Record<string, Measured>> {
  if (options.problem === 'BinaryClassification') return estimateBinary(scores[which], known.calibration);
  if (known.classes === null) return { accuracy: estimateRight(scores[which], known.calibration) };
  return estimateClasses(
    scores.byClass.map(({ predicted, groups }) => ({
      predicted,
      groups: groups.map(({ score, n, labelled }) => ({ score, n: which === 'all' ? n : labelled })),
    })),
    known.classes
  );
}
