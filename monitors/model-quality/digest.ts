import path from 'node:path';
import { addTallies, writeTally } from '../data/tally';
import type { DataIssue, Dataset } from '../data/types';
import { markedIssues, mergeIssues, writeIssues } from '../sides/issues';
import type { Work } from '../types';
import { JOINED, joinLabels } from './join';
import type { QualityOptions } from './options';

/** Tally of `variant, label, prediction, probability`; a label or a prediction that is missing is null. */
export const PAIRS = 'pairs.parquet';
/** Tally of `variant, labelled, age_minutes`; empty for data whose labels came with them. */
export const AGES = 'label-ages.parquet';
const MINUTE_MS = 60_000;

/** One shard: its predictions with the labels that are known of them. Every shard reads all labels. */
export async function digestQuality(
  work: Work,
  dataset: Dataset,
  { options, dir }: { readonly options: QualityOptions; readonly dir: string }
): Promise<void> {
  const { db } = work;
  const labelIssues = await joinLabels(work, dataset, options);
  work.progress(1, 2, 'steps');
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
  await writeIssues(dir, { own: await joinIssues(work, dataset), sides: labelIssues });
  await db.run(`DROP TABLE ${JOINED}`);
  work.progress(2, 2, 'steps');
}

export async function mergeQuality(work: Work, from: readonly string[], to: string): Promise<void> {
  for (const file of [PAIRS, AGES])
    await addTallies(
      work.db,
      from.map((dir) => path.join(dir, file)),
      path.join(to, file)
    );
  await mergeIssues(from, to);
}

/** Predictions without a label, and rows whose prediction cannot be read. */
function joinIssues({ db }: Work, { evidence }: Dataset): Promise<readonly DataIssue[]> {
  const marked = `SELECT object, line, unnest([CASE WHEN label IS NULL THEN 'noLabel' END, CASE WHEN prediction IS NULL THEN 'noOutput' END]) AS kind
      FROM ${JOINED}`;
  return markedIssues(db, marked, { sources: evidence.map(({ source }) => source), isUsed: () => true });
}
