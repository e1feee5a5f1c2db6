import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted, rowsOf } from '../data/sql';
import { tallyTable } from '../data/tally';
import { textOrNull } from '../sides/cells';
import type { Outcomes } from './calibration';
import type { ScoredPredictions } from './estimate';
import { canonicalClass } from './measure';
import type { QualityOptions } from './options';

/** Predictions with a score, by whether their label is known. Groups ascend by score. */
export interface Scores {
  readonly labelled: readonly ScoredPredictions[];
  readonly all: readonly ScoredPredictions[];
  /** Of the labelled ones: how often the score's event came true. Binary: the positive class; else: the prediction was right. */
  readonly outcomes: readonly Outcomes[];
  /** The same by predicted class; empty for binary problems. */
  readonly byClass: readonly ClassOutcomes[];
}

export interface ClassOutcomes {
  readonly predicted: string;
  readonly groups: readonly {
    readonly score: number;
    readonly n: number;
    readonly labelled: number;
    readonly hits: number;
  }[];
}

/** Distinct scores that are kept apart; more are rounded to four places, which moves no probability by more than 0.00005. */
const MOST_SCORES = 20_000;

/** Reads the scores of a tally. Null where the monitor has no probability. */
export async function readScores(
  db: DuckDBConnection,
  file: string,
  { problem, probability, positiveLabel }: QualityOptions
): Promise<Scores | null> {
  if (probability === null || problem === 'Regression') return null;
  const table = tallyTable(file);
  const [distinct] = await rowsOf(db, `SELECT count(DISTINCT probability) FROM ${table}`);
  const score = Number(distinct?.[0]) > MOST_SCORES ? 'round(probability, 4)' : 'probability';
  const positive = quoted(canonicalClass(positiveLabel));
  const isBinary = problem === 'BinaryClassification';
  const hit = isBinary ? `label = ${positive}` : 'label = prediction';
  const rows = await rowsOf(
    db,
    `SELECT ${score} AS score, ${isBinary ? `prediction = ${positive}` : 'true'} AS positive, ${isBinary ? 'NULL' : 'prediction'} AS class, sum(n),
      coalesce(sum(n) FILTER (label IS NOT NULL), 0), coalesce(sum(n) FILTER (${hit}), 0)
     FROM ${table} WHERE probability IS NOT NULL AND prediction IS NOT NULL GROUP BY ALL ORDER BY 1, 2, 3`
  );
  const groups = rows.map(([value, isPositive, predicted, n, labelled, hits]) => ({
    score: Number(value),
    predictedPositive: isPositive === true,
    predicted: textOrNull(predicted),
    n: Number(n),
    labelled: Number(labelled),
    hits: Number(hits),
  }));
  const outcomes = new Map<number, Outcomes>();
  for (const { score: at, labelled, hits } of groups) {
    const known = outcomes.get(at);
    outcomes.set(at, { score: at, hits: (known?.hits ?? 0) + hits, n: (known?.n ?? 0) + labelled });
  }
  const byClass = new Map<string, ClassOutcomes['groups'][number][]>();
  for (const { predicted, ...group } of groups) {
    if (predicted !== null) {
      const own = byClass.get(predicted);
      if (own === undefined) byClass.set(predicted, [group]);
      else own.push(group);
    }
  }
  return {
    byClass: [...byClass].map(([predicted, own]) => ({ predicted, groups: own })),
    all: groups,
    labelled: groups.map((group) => ({ ...group, n: group.labelled })).filter(({ n }) => n > 0),
    outcomes: [...outcomes.values()].filter(({ n }) => n > 0),
  };
}
