import type { DuckDBConnection } from '@duckdb/node-api';
import type { IssueLog } from './issues';
import { FIRST_PLACE, named, placeOf, quoted, rowsOf } from './sql';

/** How languages write what is no finite number. */
const WRITTEN = ['nan', 'inf', 'infinity'].flatMap((word) =>
  ['', '-', '+'].flatMap((sign) => [word, word.toUpperCase(), capital(word)].map((form) => `${sign}${form}`))
);
const SPELLINGS = [...new Set([...WRITTEN, 'NaN', '-NaN', '#NUM!'])];
const COLUMNS_A_QUERY = 200;

/**
 * Counts cells that are NaN or infinite among numbers. They stay as they were written, and are text to type inference, as for Deequ: one of them in a baseline makes
 * its column text. In a column of text they are words.
 */
export async function logNotFinite(
  db: DuckDBConnection,
  { table, columns }: { readonly table: string; readonly columns: readonly string[] },
  issues: IssueLog
): Promise<void> {
  const hits = `IN (${SPELLINGS.map(quoted).join(', ')})`;
  // Most cells begin with a digit, and none of these do.
  const isOne = (column: string): string =>
    `CASE WHEN ${named(column)} >= '0' AND ${named(column)} < ':' THEN false ELSE ${named(column)} ${hits} END`;
  for (let from = 0; from < columns.length; from += COLUMNS_A_QUERY) {
    const some = columns.slice(from, from + COLUMNS_A_QUERY);
    const [counts = []] = await rowsOf(
      db,
      `SELECT ${some.map((one) => `count(*) FILTER (${isOne(one)})`).join(', ')} FROM ${table}`
    );
    for (const [at, column] of some.entries()) {
      const count = Number(counts[at] ?? 0);
      if (count === 0) continue;
      const hit = `c ${hits}`;
      const [found] = await rowsOf(
        db,
        `SELECT count(TRY_CAST(c AS DOUBLE)) FILTER (NOT ${hit}), count(c) FILTER (NOT ${hit}), ${FIRST_PLACE} FILTER (${hit})
         FROM (SELECT ${named(column)} AS c, _object AS o, _line AS n FROM ${table})`
      );
      const [numbers, others, first] = found ?? [];
      if (Number(numbers) * 2 <= Number(others)) continue;
      issues.add('notFinite', placeOf(first), { count, isUsed: true, note: column });
    }
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
