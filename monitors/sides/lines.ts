import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataIssue } from '../data/types';
import { named, quoted, rowsOf } from '../data/sql';
import type { SideObject } from '../types';

/** Longest line that is read. Each thread of DuckDB makes room for two of them, whatever the lines are. */
const LONGEST_BYTES = 16 * 1024 * 1024;

/**
 * Lines of JSON as a table `object INTEGER, line BIGINT, arrived BIGINT, json JSON`, in order of objects and lines. What is no JSON is counted,
 * with the place where it was met first; an object that cannot be read is one issue. Rejects where the session's memory is too small: what was
 * left out for that says nothing about the object.
 */
export async function readSideLines(
  db: DuckDBConnection,
  objects: readonly SideObject[],
  table: string
): Promise<readonly DataIssue[]> {
  const name = named(table);
  await db.run(`CREATE OR REPLACE TEMP TABLE ${name} (object INTEGER, line BIGINT, arrived BIGINT, json JSON)`);
  const unreadable: { readonly source: string; readonly note: string }[] = [];
  for (const [index, object] of objects.entries()) {
    try {
      await db.run(
        `INSERT INTO ${name} SELECT ${index}, row_number() OVER (), ${object.arrivedMs ?? 'NULL'}::BIGINT, json ` +
          `FROM read_ndjson_objects(${quoted(object.path)}, ignore_errors = true, maximum_object_size = ${LONGEST_BYTES})`
      );
    } catch (error) {
      const note = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      if (note.includes('Out of Memory Error')) throw error;
      unreadable.push({ source: object.key.source, note });
    }
  }
  const bad = `json IS NULL OR json_type(json) <> 'OBJECT'`;
  const [counted] = await rowsOf(
    db,
    `SELECT count(*), arg_min(object, (object, line)), arg_min(line, (object, line)) FROM ${name} WHERE ${bad}`
  );
  await db.run(`DELETE FROM ${name} WHERE ${bad}`);
  const [count, object, line] = (counted ?? []).map(Number);
  const [first] = unreadable;
  return [
    ...(first === undefined
      ? []
      : [
          {
            kind: 'unreadable' as const,
            count: unreadable.length,
            unused: unreadable.length,
            first: { source: first.source, line: null, note: first.note },
          },
        ]),
    ...(count === undefined || count === 0
      ? []
      : [
          {
            kind: 'notJson' as const,
            count,
            unused: count,
            first: { source: objects[object ?? 0]?.key.source ?? '', line: line ?? null },
          },
        ]),
  ];
}
