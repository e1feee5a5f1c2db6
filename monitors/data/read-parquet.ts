import { MAX_COLUMNS } from './column-names';
import type { Made, Reader } from './read-captures';
import { named, quoted, rowsOf } from './sql';
import type { Part } from './table-builder';
import { buildTable } from './table-builder';

/** Parquet files: columns by name, whatever their types, as text. */
export async function readParquet({ session, objects, hooks, table }: Reader): Promise<Made> {
  const { db } = session;
  const parts: Part[] = [];
  const order: string[] = [];
  for (const [o, { path, key }] of objects.entries()) {
    hooks.signal?.throwIfAborted();
    const at = { object: o, line: null };
    if (key.bytes === 0) {
      hooks.issues.add('emptyObject', at);
      continue;
    }
    const from = `read_parquet(${quoted(path)}, file_row_number = true)`;
    const described = await rowsOf(db, `DESCRIBE SELECT * FROM ${from}`).catch((error: unknown) => {
      hooks.issues.add('unreadable', at, { note: firstLine(error) });
      return [];
    });
    const columns = described.map(([name]) => String(name)).filter((name) => name !== 'file_row_number');
    if (columns.length === 0) continue;
    if (columns.length > MAX_COLUMNS) {
      hooks.issues.add('tooManyColumns', at, { note: `${columns.length} columns, at most ${MAX_COLUMNS}` });
      continue;
    }
    order.push(...columns.filter((name) => !order.includes(name)));
    const text = (type: string, name: string) =>
      /^(STRUCT|MAP)|\[\d*\]$/.test(type) ? `to_json(${named(name)})::VARCHAR` : `${named(name)}::VARCHAR`;
    parts.push({
      sql: `SELECT ${o} AS o, file_row_number + 1 AS n, 1 AS r, NULL AS id, NULL AS ms, NULL AS variant, NULL AS label, * FROM ${from}`,
      columns: new Map(
        described.slice(0, columns.length).map(([name, type]) => [String(name), text(String(type), String(name))])
      ),
    });
    hooks.progress?.(o + 1, objects.length);
  }
  return buildTable(db, { table, parts, order });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
