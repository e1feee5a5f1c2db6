import { lengthOf } from './layout';

/** Rows in columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(...rows.map((row) => lengthOf(row[i] ?? ''))));
  return rows.map((row) =>
    widths
      .map((width, i) => (row[i] ?? '') + ' '.repeat(width - lengthOf(row[i] ?? '')))
      .join('  ')
      .trimEnd()
  );
}
