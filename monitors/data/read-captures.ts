import type { Body } from './bodies';
import { createStage, stageBatch } from './capture-stage';
import { knownNames, MAX_COLUMNS, positionalNames } from './column-names';
import type { ScanHooks } from './lines';
import { listed, scannedBatches } from './lines';
import { LooseRows } from './loose-rows';
import type { ReadPath } from './record-rows';
import { readPath, recordRows, rowsByPaths } from './record-rows';
import type { Session } from './session';
import type { LocalObject } from './sources';
import { capturePlace } from './sources';
import { FIRST_PLACE, listOf, placeOf, quoted, rowsOf } from './sql';
import { buildTable, listCells } from './table-builder';
import type { Part } from './table-builder';
import { streamRows } from './tally';
import type { DataIssueKind, ReadOptions } from './types';
import { DATA_ISSUES } from './types';
import type { Widths } from './widths';
import { fixWidths } from './widths';

/** Endpoint clocks may be this far off the hour that a key names: capture buffers for some minutes. */
const SKEW_MS = 300_000;
const HOUR_MS = 3_600_000;

export interface Reader {
  readonly session: Session;
  readonly objects: readonly LocalObject[];
  readonly options: ReadOptions;
  readonly hooks: ScanHooks;
  /** Name of the table to make. */
  readonly table: string;
}

export interface Made {
  readonly columns: readonly string[];
  readonly rows: number;
}

/** Data capture's files. What is plain CSV in one row stays within DuckDB; every other record is taken apart here. */
export async function readCaptures(reader: Reader): Promise<Made> {
  const { session, objects, options, hooks, table } = reader;
  const { db } = session;
  const [stage, loose] = [`${table}_stage`, `${table}_loose`];
  await createStage(db, stage);
  for await (const batch of scannedBatches(objects, hooks)) await stageBatch(db, { stage, batch, options });
  await markDuplicates(reader, stage);
  const places = objects.map(({ key }) => capturePlace(key.source));
  await logRecords(
    reader,
    stage,
    listed(
      places.map(({ hourMs }) => hourMs),
      'BIGINT'
    )
  );
  const rows = await LooseRows.open(await session.connect(), loose);
  await takeApart(reader, stage, rows);
  rows.close();
  const fixed = await fixWidths(db, {
    rows: `SELECT o, n, w, has_out AND has_in AS whole FROM ${stage} WHERE bad IS NULL AND c IS NOT NULL
      UNION ALL SELECT o, n, w, whole FROM ${loose} WHERE w IS NOT NULL`,
    expected: options.names?.length,
    issues: hooks.issues,
  });
  const variants = `([${places.map(({ variant }) => (variant === null ? 'NULL' : quoted(variant))).join(', ')}]::VARCHAR[])`;
  const parts: Part[] = [];
  const { widths, where } = fixed;
  for (const width of widths) {
    const names = positionalNames(width, options.names);
    parts.push(
      {
        sql: `SELECT o, n, 1 AS r, coalesce(inference, event) AS id, ms, ${variants}[o + 1] AS variant, label, string_split(c, ',') AS c
          FROM ${stage} WHERE bad IS NULL AND c IS NOT NULL AND ${where(width)}`,
        columns: listCells(names),
      },
      rows.positional(names, { variants, where: where(width) })
    );
  }
  parts.push(rows.named(variants));
  const made = await buildTable(db, { table, parts, order: columnOrder(rows, fixed, options) });
  await db.run(`DROP TABLE ${stage}; DROP TABLE ${loose}`);
  return made;
}

/**
 * The same event twice was delivered twice: the first stands, in order of objects and lines. `repeated` names what is left out besides, because it stands in
 * another shard, too.
 */
async function markDuplicates({ session: { db }, objects, options }: Reader, stage: string): Promise<void> {
  const { events, repeated: elsewhere } = options;
  const told = `${stage} WHERE bad IS NULL AND event IS NOT NULL`;
  const repeated = `SELECT hash(event) AS h FROM ${told} GROUP BY h HAVING count(*) > 1`;
  const [some] = await rowsOf(db, `SELECT 1 FROM (${repeated}) LIMIT 1`);
  if (some)
    await db.run(`UPDATE ${stage} SET bad = 'duplicateId', c = NULL FROM (
        SELECT o AS oo, n AS nn, row_number() OVER (PARTITION BY event ORDER BY o, n) AS k FROM ${told} AND hash(event) IN (${repeated})) AS d
      WHERE o = d.oo AND n = d.nn AND d.k > 1`);
  const sources = listOf(objects.map(({ key }) => key.source));
  if (events !== undefined)
    await db.run(
      `COPY (SELECT hash(event) AS h, (${sources})[o + 1] AS source, n AS line FROM ${told}) TO ${quoted(events)} (FORMAT parquet, COMPRESSION zstd)`
    );
  if (elsewhere !== undefined)
    await db.run(`UPDATE ${stage} SET bad = 'duplicateId', c = NULL FROM read_parquet(${quoted(elsewhere)}) AS d
      WHERE bad IS NULL AND d.source = (${sources})[o + 1] AND d.line = n`);
}

/** Counts what is wrong with whole records. */
async function logRecords({ session: { db }, hooks, options }: Reader, stage: string, hours: string): Promise<void> {
  const { names } = options;
  if (names)
    await db.run(
      `UPDATE ${stage} SET bad = 'headerRow', c = NULL WHERE bad IS NULL AND c = ${listOf([names.join(',')]).slice(1, -1)}`
    );
  for (const [kind, count, first] of await rowsOf(
    db,
    `SELECT bad, count(*), ${FIRST_PLACE} FROM ${stage} WHERE bad IS NOT NULL AND bad <> 'blank' GROUP BY bad`
  ))
    hooks.issues.add(kindOf(kind), placeOf(first), { count: Number(count) });
  const skewed = `ms < h - ${SKEW_MS} OR ms >= h + ${HOUR_MS + SKEW_MS}`;
  const flags = { noOutput: 'NOT has_out', noInput: 'NOT has_in', noTime: 'ms IS NULL', clockSkew: skewed };
  const counted = Object.values(flags).flatMap((flag) => [
    `count(*) FILTER (${flag})`,
    `${FIRST_PLACE} FILTER (${flag})`,
  ]);
  const [all = []] = await rowsOf(
    db,
    `SELECT ${counted.join(', ')} FROM (SELECT *, ${hours}[o + 1] AS h FROM ${stage} WHERE bad IS NULL)`
  );
  Object.keys(flags).forEach((kind, at) => {
    const [count, first] = all.slice(at * 2, at * 2 + 2);
    hooks.issues.add(kindOf(kind), placeOf(first), { count: Number(count), isUsed: true });
  });
}

/** Records that are more than one row of plain CSV. */
async function takeApart({ session: { db }, options, hooks }: Reader, stage: string, rows: LooseRows): Promise<void> {
  const paths: readonly ReadPath[] | undefined = options.paths?.map(readPath);
  const columns = `o, n, coalesce(inference, event), ms, label, out_data, out_encoding, out_type, in_data, in_encoding, in_type`;
  const header = options.names?.join('\n');
  for await (const chunk of streamRows(db, `SELECT ${columns} FROM ${stage} WHERE bad IS NULL AND c IS NULL`)) {
    hooks.signal?.throwIfAborted();
    for (const [o, n, id, at, label, ...bodies] of chunk) {
      const sides = { output: bodyOf(bodies.slice(0, 3)), input: bodyOf(bodies.slice(3)) };
      const place = { object: Number(o), line: Number(n) };
      const found = paths ? rowsByPaths(sides, paths) : recordRows(sides, options.outputPosition ?? 'START');
      for (const { kind, note, isUsed } of found.issues) hooks.issues.add(kind, place, { note, isUsed });
      found.rows.forEach((row, index) => {
        if (header !== undefined && Array.isArray(row) && row.join('\n') === header) {
          hooks.issues.add('headerRow', place);
          return;
        }
        const origin = {
          ...place,
          row: index + 1,
          id: textOrNull(id),
          atMs: typeof at === 'bigint' ? at : null,
          label: textOrNull(label),
        };
        const whole = sides.output !== null && sides.input !== null;
        if (!rows.add(origin, row, { whole }))
          hooks.issues.add('tooManyColumns', place, { note: `at most ${MAX_COLUMNS}` });
      });
    }
  }
}

/** Columns by position first, as long as there are such rows; then those by name. */
export function columnOrder(
  { book, hasNamed }: LooseRows,
  { widths, hasRows }: Widths,
  options: ReadOptions
): readonly string[] {
  const positional = positionalNames(Math.max(0, ...widths), options.names);
  if (!hasNamed) return positional;
  return [...new Set([...(hasRows ? positional : []), ...book.ordered(knownNames(options))])];
}

function kindOf(kind: unknown): DataIssueKind {
  return DATA_ISSUES.find((known) => known === kind) ?? 'notJson';
}

function bodyOf([data, encoding, contentType]: readonly unknown[]): Body | null {
  if (typeof data !== 'string') return null;
  return { data, encoding: textOrNull(encoding), contentType: textOrNull(contentType) };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
