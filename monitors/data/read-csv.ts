import { MAX_COLUMNS, positionalNames } from './column-names';
import { csvCells, isClosed } from './csv';
import type { Batch } from './lines';
import { linesOf, linesSql, scannedBatches } from './lines';
import { MARK, markOf } from './line-marks';
import { LooseRows } from './loose-rows';
import type { ScannedObject } from './object-scan';
import type { Made, Reader } from './read-captures';
import { FIRST_PLACE, placeOf, quoted, rowsOf } from './sql';
import type { Part } from './table-builder';
import { buildTable, listCells } from './table-builder';
import { fixWidths } from './widths';

/** A record that does not close its quotes within so many lines is one whose quote was forgotten. */
const RECORD_LINES = 1_000;

/** CSV files. Objects without quotes stay within DuckDB. */
export async function readCsv(reader: Reader): Promise<Made> {
  const { session, objects, options, hooks, table } = reader;
  const { db } = session;
  const [stage, loose] = [`${table}_stage`, `${table}_loose`];
  await db.run(`CREATE TABLE ${stage} (o INTEGER, n BIGINT, bad VARCHAR, s VARCHAR, c VARCHAR, w INTEGER)`);
  const rows = await LooseRows.open(await session.connect(), loose);
  const headers = new Map<string, readonly string[]>();
  const hasHeader = options.hasHeader ?? true;
  for await (const batch of scannedBatches(objects, hooks)) {
    const sets: string[] = [];
    for (const [at, object] of batch.scanned.entries()) {
      const header = hasHeader && object.lines > 0 ? await headerOf(object) : undefined;
      const set = header === undefined ? '' : header.join('\n');
      if (header !== undefined) headers.set(set, header);
      sets.push(set);
      if (object.hasQuote) await readQuoted(reader, object, { number: batch.from + at, rows, set, header });
    }
    await stageBatch(reader, { batch, stage, sets });
  }
  rows.close();
  for (const [kind, count, first] of await rowsOf(
    db,
    `SELECT bad, count(*), ${FIRST_PLACE} FROM ${stage} WHERE bad IS NOT NULL GROUP BY bad`
  ))
    hooks.issues.add(markOf(MARK + String(kind)) ?? 'headerRow', placeOf(first), { count: Number(count) });
  const sets = hasHeader ? headers : new Map([['', undefined]]);
  const parts: Part[] = [];
  const order: string[] = [];
  for (const [set, header] of sets) {
    const own = `s = ${quoted(set)}`;
    // Rows that do not fit their own header are none; without headers, names are by position, as those of captures.
    const { widths, where } = await fixWidths(db, {
      rows: `SELECT o, n, w, ${header === undefined} OR w = ${header?.length ?? 0} AS whole FROM (
        SELECT o, n, w, s FROM ${stage} WHERE bad IS NULL UNION ALL SELECT o, n, w, s FROM ${loose}) WHERE ${own}`,
      expected: header?.length ?? options.names?.length,
      issues: hooks.issues,
    });
    for (const width of widths) {
      const names = positionalNames(width, header ?? options.names);
      order.push(...names.filter((name) => !order.includes(name)));
      parts.push(
        {
          sql: `SELECT o, n, 1 AS r, NULL AS id, NULL AS ms, NULL AS variant, NULL AS label, string_split(c, ',') AS c
            FROM ${stage} WHERE bad IS NULL AND ${own} AND ${where(width)}`,
          columns: listCells(names),
        },
        rows.positional(names, { variants: '([]::VARCHAR[])', where: `${own} AND ${where(width)}` })
      );
    }
  }
  const made = await buildTable(db, { table, parts, order });
  await db.run(`DROP TABLE ${stage}; DROP TABLE ${loose}`);
  return made;
}

/** The cells of an object's first record. */
async function headerOf(object: ScannedObject): Promise<readonly string[]> {
  let record = '';
  for await (const lines of linesOf(object)) {
    for (const line of lines) {
      record = record === '' ? line : `${record}\n${line}`;
      if (record.trim() !== '' && isClosed(record)) return csvCells(record).map((cell) => cell.trim());
    }
  }
  return csvCells(record);
}

async function stageBatch(
  { session: { db } }: Reader,
  { batch, stage, sets }: { readonly batch: Batch; readonly stage: string; readonly sets: readonly string[] }
): Promise<void> {
  const plain = {
    from: batch.from,
    scanned: batch.scanned.map((object) => (object.hasQuote ? { ...object, lines: 0 } : object)),
  };
  const set = `([${sets.map(quoted).join(', ')}]::VARCHAR[])`;
  const isHeader = `replace(s, chr(10), ',') = t`;
  await db.run(`INSERT INTO ${stage} SELECT o, n, bad, s, CASE WHEN bad IS NULL THEN t END,
      CASE WHEN bad IS NULL THEN strlen(t) - strlen(replace(t, ',', '')) + 1 END
    FROM (SELECT o, n, s, t, CASE WHEN starts_with(t, ${quoted(MARK)}) THEN substr(t, 2) WHEN ${isHeader} THEN 'headerRow' END AS bad
      FROM (SELECT o, n, t, ${set}[o - ${batch.from} + 1] AS s FROM (${linesSql(plain)})) WHERE trim(t) <> '' AND NOT (n = 1 AND s <> ''))`);
}

/** An object in which a record may hold commas and line breaks within quotes. */
async function readQuoted(
  { hooks, options }: Reader,
  object: ScannedObject,
  into: {
    readonly number: number;
    readonly rows: LooseRows;
    readonly set: string;
    readonly header: readonly string[] | undefined;
  }
): Promise<void> {
  const { number, rows, set, header } = into;
  const title = (header ?? options.names)?.join('\n');
  let isFirst = header !== undefined;
  const take = (record: string, line: number): void => {
    if (record.trim() === '') return;
    const cells = csvCells(record);
    if (isFirst) {
      isFirst = false;
      return;
    }
    const place = { object: number, line };
    if (cells.join('\n') === title) hooks.issues.add('headerRow', place);
    else if (!rows.add({ ...place, row: 1, id: null, atMs: null, label: null }, cells, { set }))
      hooks.issues.add('tooManyColumns', place, { note: `${cells.length} cells, at most ${MAX_COLUMNS}` });
  };
  let open: string[] = [];
  let [line, isOpen] = [0, false];
  const giveUp = (): void => {
    // The line whose quote never closes is lost; those after it are read as if it had not been there.
    const [, ...rest] = open;
    hooks.issues.add(
      'truncatedLine',
      { object: number, line: line - open.length + 1 },
      { note: 'a quote that never closes' }
    );
    const from = line - rest.length;
    open = [];
    isOpen = false;
    rest.forEach((text, at) => {
      if (isClosed(text)) take(text, from + at + 1);
      else
        hooks.issues.add(
          'truncatedLine',
          { object: number, line: from + at + 1 },
          { note: 'a quote that never closes' }
        );
    });
  };
  for await (const lines of linesOf(object)) {
    hooks.signal?.throwIfAborted();
    for (const text of lines) {
      line += 1;
      const mark = markOf(text);
      if (mark) {
        if (isOpen) giveUp();
        hooks.issues.add(mark, { object: number, line });
        continue;
      }
      if (!isOpen && isClosed(text)) {
        take(text, line);
        continue;
      }
      open.push(text);
      // A line with an odd number of quotes opens a record, or closes the one that is open.
      isOpen = !isOpen || isClosed(text);
      if (!isOpen) {
        take(open.join('\n'), line - open.length + 1);
        open = [];
      } else if (open.length > RECORD_LINES) giveUp();
    }
  }
  if (isOpen) giveUp();
}
