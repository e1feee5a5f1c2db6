import { MAX_COLUMNS, positionalNames } from './column-names';
import { bodyRows } from './bodies';
import { linesOf, scannedBatches } from './lines';
import { markOf } from './line-marks';
import { LooseRows } from './loose-rows';
import type { Made, Reader } from './read-captures';
import { columnOrder } from './read-captures';
import { readPath, rowsByPaths } from './record-rows';
import { buildTable } from './table-builder';
import { fixWidths } from './widths';

/** Files with a JSON value a line, each a row or several. */
export async function readJsonl(reader: Reader): Promise<Made> {
  const { session, objects, options, hooks, table } = reader;
  const { db } = session;
  const loose = `${table}_loose`;
  const rows = await LooseRows.open(await session.connect(), loose);
  const paths = options.paths?.map(readPath);
  for await (const { from, scanned } of scannedBatches(objects, hooks)) {
    for (const [at, object] of scanned.entries()) {
      let line = 0;
      for await (const lines of linesOf(object)) {
        hooks.signal?.throwIfAborted();
        for (const text of lines) {
          line += 1;
          if (text.trim() === '') continue;
          const place = { object: from + at, line };
          const mark = markOf(text);
          if (mark) {
            hooks.issues.add(mark, place);
            continue;
          }
          const body = { data: text, encoding: 'JSON', contentType: 'application/json' };
          const found = paths ? rowsByPaths({ output: body, input: body }, paths) : bodyRows(body);
          for (const { kind, note, isUsed } of found.issues) {
            const isCut = kind === 'notJson' && text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}');
            hooks.issues.add(isCut ? 'truncatedLine' : kind, place, kind === 'notJson' ? {} : { note, isUsed });
          }
          found.rows.forEach((row, index) => {
            if (!rows.add({ ...place, row: index + 1, id: null, atMs: null, label: null }, row))
              hooks.issues.add('tooManyColumns', place, { note: `at most ${MAX_COLUMNS}` });
          });
        }
      }
    }
  }
  rows.close();
  const fixed = await fixWidths(db, {
    rows: `SELECT o, n, w, whole FROM ${loose} WHERE w IS NOT NULL`,
    expected: options.names?.length,
    issues: hooks.issues,
  });
  const variants = '([]::VARCHAR[])';
  const { widths, where } = fixed;
  const parts = widths.map((width) =>
    rows.positional(positionalNames(width, options.names), { variants, where: where(width) })
  );
  parts.push(rows.named(variants));
  const made = await buildTable(db, { table, parts, order: columnOrder(rows, fixed, options) });
  await db.run(`DROP TABLE ${loose}`);
  return made;
}
