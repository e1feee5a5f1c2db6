import type { DuckDBConnection } from '@duckdb/node-api';
import { MAX_COLUMNS } from './column-names';
import type { IssueLog } from './issues';
import { listed } from './lines';
import { FIRST_PLACE, PLACE, placeOf, rowsOf } from './sql';

/** How wide the rows by position of each object are taken to be; a condition in SQL picks the rows of a width. */
export interface Widths {
  readonly widths: readonly number[];
  /** Whether there are rows by position at all. */
  readonly hasRows: boolean;
  where(width: number): string;
}

/**
 * Decides for each object how many cells its rows have, and counts those that have more or fewer: which of their cells is which, nobody
 * knows. That is as many as there are names, if any row of the object has so many; else as many as most of them, which then are used, each
 * cell in its place: the schema has changed. An object is never in two shards, so neither is a decision.
 * @param of.rows a query with `o`, `n`, `w`, and `whole`: false where a side of the record is missing.
 */
export async function fixWidths(
  db: DuckDBConnection,
  of: { readonly rows: string; readonly expected: number | undefined; readonly issues: IssueLog }
): Promise<Widths> {
  const { rows, expected, issues } = of;
  const counts = new Map<number, Map<number, number>>();
  // An endpoint may capture one side only: then its rows are whole in their own way.
  const isTelling = `(whole OR o NOT IN (SELECT o FROM (${rows}) WHERE whole))`;
  const grouped = `SELECT o, w, count(*) FROM (${rows}) WHERE ${isTelling} AND w <= ${MAX_COLUMNS} GROUP BY ALL ORDER BY ALL`;
  for (const [o, w, count] of await rowsOf(db, grouped)) {
    const known = counts.get(Number(o)) ?? new Map<number, number>();
    counts.set(Number(o), known.set(Number(w), Number(count)));
  }
  const chosen = new Map<number, number>();
  for (const [o, known] of counts)
    chosen.set(o, expected !== undefined && known.has(expected) ? expected : commonWidth(known));
  const last = Math.max(-1, ...chosen.keys());
  const fallback = expected ?? 0;
  const all = listed(
    Array.from({ length: last + 1 }, (_, o) => chosen.get(o) ?? fallback),
    'INTEGER'
  );
  const expects = `coalesce(${all}[o + 1], ${fallback})`;
  const kinds = `CASE WHEN w > ${MAX_COLUMNS} THEN 'tooManyColumns' ELSE 'wrongColumnCount' END`;
  for (const [kind, isUsed, count, first, w, x] of await rowsOf(
    db,
    `SELECT ${kinds}, w = x, count(*), ${FIRST_PLACE}, arg_min(w, ${PLACE}), arg_min(x, ${PLACE})
     FROM (SELECT o, n, w, ${expects} AS x FROM (${rows})) WHERE w <> x OR w <> ${expected ?? 'x'} GROUP BY ALL ORDER BY ALL`
  ))
    issues.add(kind === 'tooManyColumns' ? kind : 'wrongColumnCount', placeOf(first), {
      ...{ count: Number(count), isUsed: isUsed === true },
      note: `${String(w)} cells, expected ${String(isUsed === true ? expected : x)}`,
    });
  const widths = [...new Set([...chosen.values(), ...(expected === undefined ? [] : [expected])])].sort(
    (a, b) => a - b
  );
  return {
    widths,
    hasRows: counts.size > 0,
    where: (width) => (widths.length === 1 ? `w = ${width}` : `w = ${width} AND ${expects} = ${width}`),
  };
}

/** As many as most of them, the wider where two are as common. */
function commonWidth(widths: ReadonlyMap<number, number>): number {
  let [best, most] = [0, 0];
  for (const [width, count] of widths) {
    if (count < most || (count === most && width < best)) continue;
    [best, most] = [width, count];
  }
  return best;
}
