import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { named, quoted, rowsOf } from '../data/sql';
import { addTallies, writeTally } from '../data/tally';
import type { DataIssue, Dataset } from '../data/types';
import { addIssues, readIssues, sameIssues, writeIssues } from '../sides/issues';
import { sideObjects } from '../sides/files';
import type { SideInput, Work } from '../types';
import { LABELS, readGroundTruth } from './ground-truth';
import type { QualityOptions } from './options';

/** Tally of `variant, label, prediction, probability`; a label or a prediction that is missing is null. */
export const PAIRS = 'pairs.parquet';
/** Tally of `variant, labelled, age_minutes`; empty for data whose labels came with them. */
export const AGES = 'label-ages.parquet';
/** Issues of the labels are the same in every shard, since each reads all labels. */
const LABEL_ISSUES = 'labels';
const JOINED = 'quality_joined';
const MINUTE_MS = 60_000;

const GROUND_TRUTH = 'groundTruth';

/** Labels that may belong to the window: collected between its begin and `labelsWithinMs` after its end. */
export function qualitySides(
  options: QualityOptions,
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

/** One shard: its predictions with the labels that are known of them. Every shard reads all labels. */
export async function digestQuality(
  work: Work,
  dataset: Dataset,
  { options, dir }: { readonly options: QualityOptions; readonly dir: string }
): Promise<void> {
  const { db } = work;
  expectColumns(dataset, options);
  const [side] = qualitySides(options, { window: dataset.window, asOfMs: work.asOfMs ?? null });
  const objects = side === undefined ? [] : await sideObjects(work, side);
  const labelIssues = side === undefined ? [] : await readGroundTruth(db, objects, options.label);
  work.progress(1, 3, 'steps');
  await joinLabels(work, dataset, { options, hasSide: side !== undefined });
  work.progress(2, 3, 'steps');
  await writeTally(db, `SELECT variant, label, prediction, probability FROM ${JOINED}`, path.join(dir, PAIRS));
  const now = work.asOfMs ?? null;
  const waits = now === null ? 'NULL' : `${now} - at_ms`;
  await writeTally(
    db,
    `SELECT variant, label IS NOT NULL AS labelled,
      ceil(greatest(0, CASE WHEN label IS NULL THEN ${waits} ELSE arrived - at_ms END) / ${MINUTE_MS})::BIGINT AS age_minutes
     FROM ${JOINED} WHERE from_side AND CASE WHEN label IS NULL THEN ${waits} ELSE arrived - at_ms END IS NOT NULL`,
    path.join(dir, AGES)
  );
  await mkdir(path.join(dir, LABEL_ISSUES));
  await writeIssues(path.join(dir, LABEL_ISSUES), labelIssues);
  await writeIssues(dir, await joinIssues(work, dataset));
  await db.run(`DROP TABLE ${JOINED}`);
  work.progress(3, 3, 'steps');
}

export async function mergeQuality(work: Work, from: readonly string[], to: string): Promise<void> {
  for (const file of [PAIRS, AGES])
    await addTallies(
      work.db,
      from.map((dir) => path.join(dir, file)),
      path.join(to, file)
    );
  await writeIssues(to, addIssues((await Promise.all(from.map(readIssues))).flat()));
  await mkdir(path.join(to, LABEL_ISSUES));
  const ofLabels = await Promise.all(from.map((dir) => readIssues(path.join(dir, LABEL_ISSUES))));
  await writeIssues(path.join(to, LABEL_ISSUES), sameIssues(ofLabels));
}

/** What digests found, of predictions and of labels. */
export async function qualityIssues(dir: string): Promise<readonly DataIssue[]> {
  return addIssues([...(await readIssues(dir)), ...(await readIssues(path.join(dir, LABEL_ISSUES)))]);
}

function expectColumns({ columns }: Dataset, { label, groundTruth, prediction, probability }: QualityOptions): void {
  const wanted = [prediction, probability, groundTruth === null ? label : null];
  const missing = wanted.filter((name) => name !== null && !columns.includes(name));
  if (missing.length > 0)
    throw new RangeError(`the data have no column ${missing.join(', ')}; their columns are ${columns.join(', ')}`);
}

async function joinLabels(
  { db }: Work,
  dataset: Dataset,
  { options, hasSide }: { readonly options: QualityOptions; readonly hasSide: boolean }
): Promise<void> {
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
    data._object AS object, data._line AS line, data._variant AS variant, data._at AS at_ms,
    ${value(label)} AS label, ${label} IS NOT NULL AS told, ${prediction} AS prediction, ${probability} AS probability,
    ${hasSide ? `sides.arrived` : 'NULL::BIGINT'} AS arrived,
    ${hasSide ? `coalesce(${own}, data._label) IS NULL` : 'false'} AS from_side
    FROM ${named(dataset.table)} AS data ${sided}`);
  if (options.probability !== null) await db.run(`UPDATE ${JOINED} SET prediction = NULL WHERE probability IS NULL`);
}

const finite = (sql: string): string =>
  `CASE WHEN isfinite(TRY_CAST(${sql} AS DOUBLE)) THEN TRY_CAST(${sql} AS DOUBLE) END`;

/** Predictions without a label, and rows whose prediction cannot be read. */
async function joinIssues({ db }: Work, { evidence }: Dataset): Promise<readonly DataIssue[]> {
  const found = await rowsOf(
    db,
    `WITH marked AS (
      SELECT object, line, unnest([CASE WHEN label IS NULL THEN 'noLabel' END, CASE WHEN prediction IS NULL THEN 'noOutput' END]) AS kind
      FROM ${JOINED})
    SELECT kind, count(*), arg_min(object, (object, line)), arg_min(line, (object, line)) FROM marked
    WHERE kind IS NOT NULL GROUP BY kind ORDER BY kind`
  );
  return found.map(([kind, count, object, line]) => ({
    kind: kind as DataIssue['kind'],
    count: Number(count),
    unused: 0,
    first: { source: evidence[Number(object)]?.source ?? '', line: line === null ? null : Number(line) },
  }));
}
