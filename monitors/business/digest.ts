import path from 'node:path';
import { named, quoted, rowsOf } from '../data/sql';
import { addTallies, tallyTable, writeTally } from '../data/tally';
import type { DataIssue, Dataset } from '../data/types';
import { textOf } from '../sides/cells';
import { sideObjects } from '../sides/files';
import { markedIssues, mergeIssues, writeIssues } from '../sides/issues';
import { readSideLines } from '../sides/lines';
import type { SideInput, Work } from '../types';
import type { BusinessOptions } from './options';

/** Tally of `variant, minute, happened, value`: calls whose window is over, by the minute in which they were made. */
const CALLS = 'calls.parquet';
const LINES = 'business_lines';
const EVENTS = 'business_events';
const MINUTE_MS = 60_000;
const SIDE = 'events';
const HOUR_MS = 3_600_000;
/** What comes later than this is not read any more. */
const LATEST_MS = 30 * 24 * HOUR_MS;

/** Events that may belong to the window: received between its begin and an hour after the last of them may happen, or since, if they were late. */
export function businessSides(
  { events, withinMs }: BusinessOptions,
  {
    window,
    asOfMs,
  }: { readonly window: { readonly fromMs: number; readonly toMs: number } | null; readonly asOfMs: number | null }
): readonly SideInput[] {
  if (window === null) return [{ name: SIDE, from: events, hours: null }];
  const lastMs = window.toMs + withinMs;
  const hours = {
    fromMs: window.fromMs,
    toMs: Math.max(lastMs + HOUR_MS, Math.min(asOfMs ?? 0, lastMs + LATEST_MS)),
  };
  return [{ name: SIDE, from: events, hours }];
}

/**
 * Which calls the event followed. Events are lines as the gateway writes them (`eventId`, `event`, `inferenceId`, `value`, `at`); each counts
 * once, the first in order of objects and lines. A call whose window is not over yet is left for a later look, never counted as a miss.
 */
export async function digestBusiness(
  work: Work,
  dataset: Dataset,
  { options, dir }: { readonly options: BusinessOptions; readonly dir: string }
): Promise<void> {
  const { db } = work;
  const [side] = businessSides(options, { window: dataset.window, asOfMs: work.asOfMs ?? null });
  const objects = side === undefined ? [] : await sideObjects(work, side);
  const issues = [...(await readSideLines(db, objects, LINES))];
  work.progress(1, 3, 'steps');
  await db.run(`CREATE OR REPLACE TEMP TABLE ${EVENTS} AS
    SELECT object, line, json ->> '$.eventId' AS event_id, json ->> '$.inferenceId' AS id,
      TRY_CAST(json ->> '$.value' AS DOUBLE) AS value, epoch_ms(TRY_CAST(json ->> '$.at' AS TIMESTAMPTZ)) AS at_ms
    FROM ${LINES} WHERE json ->> '$.event' = ${quoted(options.event)}`);
  issues.push(
    ...(await eventIssues(
      work,
      objects.map(({ key }) => key.source)
    ))
  );
  await db.run(
    `DELETE FROM ${EVENTS} WHERE event_id IS NULL OR id IS NULL OR at_ms IS NULL OR value IS NULL OR NOT isfinite(value)`
  );
  await db.run(`CREATE OR REPLACE TEMP TABLE ${EVENTS} AS SELECT * FROM ${EVENTS}
    QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY object, line) = 1`);
  work.progress(2, 3, 'steps');
  const calls = `SELECT _id AS id, min(_variant) AS variant, min(_at) AS at_ms FROM ${named(dataset.table)}
    WHERE _id IS NOT NULL AND _at IS NOT NULL GROUP BY _id`;
  // Whole minutes only: a minute is counted once, with all of its calls.
  const isOver =
    work.asOfMs === undefined
      ? 'true'
      : `(calls.at_ms // ${MINUTE_MS} + 1) * ${MINUTE_MS} + ${options.withinMs} <= ${work.asOfMs}`;
  await writeTally(
    db,
    `SELECT variant, minute, happened, value FROM (
      SELECT calls.id, any_value(calls.variant) AS variant, any_value(calls.at_ms) // ${MINUTE_MS} AS minute,
        count(events.value) > 0 AS happened, coalesce(sum(events.value), 0) AS value
      FROM (${calls}) AS calls LEFT JOIN ${EVENTS} AS events
        ON events.id = calls.id AND events.at_ms >= calls.at_ms AND events.at_ms <= calls.at_ms + ${options.withinMs}
      WHERE ${isOver} GROUP BY calls.id)`,
    path.join(dir, CALLS)
  );
  await writeIssues(dir, { own: [], sides: issues });
  work.progress(3, 3, 'steps');
}

export async function mergeBusiness(work: Work, from: readonly string[], to: string): Promise<void> {
  await addTallies(
    work.db,
    from.map((dir) => path.join(dir, CALLS)),
    path.join(to, CALLS)
  );
  await mergeIssues(from, to);
}

function eventIssues({ db }: Work, sources: readonly string[]): Promise<readonly DataIssue[]> {
  const marked = `SELECT object, line, CASE
        WHEN event_id IS NULL OR id IS NULL OR value IS NULL OR NOT isfinite(value) THEN 'notJson'
        WHEN at_ms IS NULL THEN 'noTime'
        WHEN row_number() OVER (PARTITION BY event_id ORDER BY object, line) > 1 THEN 'duplicateId' END AS kind FROM ${EVENTS}`;
  return markedIssues(db, marked, { sources, isUsed: () => false });
}

/** What one variant's calls of one minute came to. */
export interface Minute {
  readonly variant: string;
  readonly atMs: number;
  readonly calls: number;
  readonly happened: number;
  readonly sum: number;
  readonly squares: number;
}

/** In the order of time, then of variants. Sums are over sorted values, so no sharding changes a bit of them. */
export async function minutesOf({ db }: Work, dir: string): Promise<readonly Minute[]> {
  const rows = await rowsOf(
    db,
    `SELECT coalesce(variant, ''), minute, sum(n), coalesce(sum(n) FILTER (happened), 0), sum(value * n ORDER BY value), sum(value * value * n ORDER BY value)
     FROM ${tallyTable(path.join(dir, CALLS))} GROUP BY 1, 2 ORDER BY 2, 1`
  );
  return rows.map(([variant, minute, calls, happened, sum, squares]) => ({
    variant: textOf(variant),
    atMs: Number(minute) * MINUTE_MS,
    calls: Number(calls),
    happened: Number(happened),
    sum: Number(sum),
    squares: Number(squares),
  }));
}
