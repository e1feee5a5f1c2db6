import { named, quoted, rowsOf } from '../data/sql';
import type { DataIssue, Dataset } from '../data/types';
import { sideObjects } from '../sides/files';
import type { SideInput, Work } from '../types';
import { LABELS, readGroundTruth } from './ground-truth';
import type { JoinOptions } from './join-options';

export const JOINED = 'quality_joined';
const GROUND_TRUTH = 'groundTruth';

/** Labels that may belong to the window: collected between its begin and `labelsWithinMs` after its end. */
export function qualitySides(
  options: JoinOptions,
  when: { readonly window: { readonly fromMs: number; readonly toMs: number } | null; readonly asOfMs: number | null }
): readonly SideInput[] {
  if (options.groundTruth === null) return [];
  const { window, asOfMs } = when;
  const hours =
    window === null
      ? null
      : {
          fromMs: window.fromMs,
          toMs: Math.min(window.toMs + options.labelsWithinMs, asOfMs === null ? Infinity : asOfMs + 1),
        };
  return [{ name: GROUND_TRUTH, from: options.groundTruth, hours }];
}

/**
 * Joins predictions to what labels are known of them. Leaves the table `JOINED`: `object, line, row_number, variant, at_ms, label, prediction,
 * probability, arrived, from_side`; values are text, for regression numbers. Returns what was wrong with the labels.
 */
export async function joinLabels(work: Work, dataset: Dataset, options: JoinOptions): Promise<readonly DataIssue[]> {
  const { db } = work;
  await expectColumns(dataset, options);
  const [side] = qualitySides(options, { window: dataset.window, asOfMs: work.asOfMs ?? null });
  const hasSide = side !== undefined;
  const issues = hasSide ? await readGroundTruth(db, await sideObjects(work, side), options.label) : [];
  const isNumber = options.problem === 'Regression';
  const value = (sql: string): string => (isNumber ? finite(sql) : `canonical(${sql})`);
  const own =
    options.label !== null && dataset.columns.includes(options.label) ? `data.${named(options.label)}` : 'NULL';
  const probability = options.probability === null ? 'NULL::DOUBLE' : finite(`data.${named(options.probability)}`);
  const prediction =
    options.prediction !== null
      ? value(`data.${named(options.prediction)}`)
      : `CASE WHEN ${probability} > ${options.probabilityThreshold} THEN canonical(${quoted(options.positiveLabel)})
         WHEN ${probability} IS NOT NULL THEN canonical('not ' || ${quoted(options.positiveLabel)}) END`;
  // Classes that are numbers are the same however they are written: 1, 1.0, 1e0.
  await db.run(`CREATE OR REPLACE TEMP MACRO canonical(raw) AS CASE
    WHEN NOT isfinite(TRY_CAST(raw AS DOUBLE)) OR TRY_CAST(raw AS DOUBLE) IS NULL THEN trim(raw)
    WHEN TRY_CAST(raw AS DOUBLE) = floor(TRY_CAST(raw AS DOUBLE)) AND abs(TRY_CAST(raw AS DOUBLE)) < 1e15
      THEN CAST(CAST(TRY_CAST(raw AS DOUBLE) AS BIGINT) AS VARCHAR)
    ELSE CAST(TRY_CAST(raw AS DOUBLE) AS VARCHAR) END`);
  // One label for a request of many rows is the label of each of them, as SageMaker's join makes it.
  const sided = hasSide
    ? `LEFT JOIN ${LABELS} AS sides ON sides.id = data._id AND (sides.rows = 1 OR sides.row = data._row)`
    : '';
  const label = `coalesce(${own}, data._label${hasSide ? ', sides.label' : ''})`;
  await db.run(`CREATE OR REPLACE TEMP TABLE ${JOINED} AS SELECT
    data._object AS object, data._line AS line, data._row AS row_number, data._variant AS variant, data._at AS at_ms,
    ${value(label)} AS label, ${label} IS NOT NULL AS told, ${prediction} AS prediction, ${probability} AS probability,
    ${hasSide ? `sides.arrived` : 'NULL::BIGINT'} AS arrived,
    ${hasSide ? `coalesce(${own}, data._label) IS NULL` : 'false'} AS from_side
    FROM ${named(dataset.table)} AS data ${sided}`);
  if (options.probability !== null) await db.run(`UPDATE ${JOINED} SET prediction = NULL WHERE probability IS NULL`);
  return issues;
}

const finite = (sql: string): string =>
  `CASE WHEN isfinite(TRY_CAST(${sql} AS DOUBLE)) THEN TRY_CAST(${sql} AS DOUBLE) END`;

async function expectColumns(
  { db, table, columns }: Dataset,
  { label, groundTruth, prediction, probability }: JoinOptions
): Promise<void> {
  const missing = [prediction, probability].filter((name) => name !== null && !columns.includes(name));
  if (label !== null && groundTruth === null && !columns.includes(label)) {
    // A merge job puts labels beside the captured record, under no name of the data's.
    const [merged] = await rowsOf(db, `SELECT count(_label) FROM ${named(table)}`);
    if (Number(merged?.[0]) === 0) missing.push(label);
  }
  if (missing.length > 0)
    throw new RangeError(`the data have no column ${missing.join(', ')}; their columns are ${columns.join(', ')}`);
}
