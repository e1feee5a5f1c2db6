import type { Body, BodyRow, BodyRows } from './bodies';
import { base64Issue, bodyRows, isJson, jsonValues, textOf } from './bodies';
import { csvCells, csvRecords } from './csv';
import { atJsonPath, parseJsonPath } from './json-path';
import type { JsonText } from './json-text';
import { cellOf } from './json-text';
import type { ColumnPath } from './types';

/** Rows of one captured record. */
export interface RecordRows extends BodyRows {
  /** Cells that belong to each side, for rows by position. */
  readonly rows: readonly BodyRow[];
}

/** Joins the rows of both sides: outputs stand first unless `outputPosition` is `END`. A side that is missing is null. */
export function recordRows(
  { output, input }: { readonly output: Body | null; readonly input: Body | null },
  outputPosition: 'START' | 'END'
): RecordRows {
  const out = output ? bodyRows(output) : undefined;
  const into = input ? bodyRows(input) : undefined;
  const issues = [...(out?.issues ?? []), ...(into?.issues ?? [])];
  if (issues.some(({ kind, isUsed }) => !isUsed && kind !== 'nestedJson')) return { rows: [], issues };
  const outputs = spread(out, into);
  const inputs = spread(into, out);
  const count = Math.max(outputs?.length ?? 0, inputs?.length ?? 0);
  const rows = Array.from({ length: count }, (_, at) => {
    const [left, right] = [outputs?.[at], inputs?.[at]];
    if (left === undefined || right === undefined) return left ?? right ?? [];
    return outputPosition === 'END' ? joined(right, left) : joined(left, right);
  });
  return { rows, issues };
}

/** A flat list is a column where the other side has as many rows as it has cells. */
function spread(side: BodyRows | undefined, other: BodyRows | undefined): readonly BodyRow[] | undefined {
  const [only] = side?.rows ?? [];
  const isColumn = side?.isFlatList === true && other !== undefined && !other.isFlatList && other.rows.length > 1;
  if (!isColumn || !Array.isArray(only) || only.length !== other.rows.length) return side?.rows;
  return (only as readonly (string | null)[]).map((cell) => [cell]);
}

function joined(left: BodyRow, right: BodyRow): BodyRow {
  if (left instanceof Map || right instanceof Map) {
    const all = new Map(byName(left));
    // A name that both sides have: the input's is told apart, so that neither is lost.
    for (const [name, cell] of byName(right)) all.set(all.has(name) ? `input_${name}` : name, cell);
    return all;
  }
  return [...(left as readonly (string | null)[]), ...(right as readonly (string | null)[])];
}

function byName(row: BodyRow): ReadonlyMap<string, string | null> {
  if (row instanceof Map) return row as ReadonlyMap<string, string | null>;
  return new Map((row as readonly (string | null)[]).map((cell, at) => [`_c${at}`, cell]));
}

/** A path that was read once, for many records. */
export interface ReadPath extends ColumnPath {
  readonly find: (body: Body) => readonly (string | null)[] | undefined;
}

/** Throws RangeError for what is neither a JSONPath nor the number of a column. */
export function readPath(column: ColumnPath): ReadPath {
  if (/^\d+$/.test(column.path)) {
    const at = Number(column.path);
    return {
      ...column,
      find: (body) => {
        const text = textOf(body);
        return text === undefined ? undefined : csvRecords(text).map((record) => csvCells(record)[at] ?? null);
      },
    };
  }
  const steps = parseJsonPath(column.path);
  if (steps === undefined)
    throw new RangeError(`${column.path} is neither a JSONPath such as $.instances[*].text nor the number of a column`);
  return {
    ...column,
    find: (body) => {
      const text = textOf(body);
      const values: readonly JsonText[] | undefined = text === undefined ? undefined : jsonValues(text);
      return values?.flatMap((value) => atJsonPath(value, steps).map(cellOf));
    },
  };
}

/** Rows by the paths of their columns: as many as the longest has; what has a single value has it in every row. */
export function rowsByPaths(
  sides: { readonly output: Body | null; readonly input: Body | null },
  paths: readonly ReadPath[]
): RecordRows {
  const issues: BodyRows['issues'][number][] = [];
  for (const body of [sides.output, sides.input])
    if (body?.encoding === 'BASE64') issues.push(base64Issue(body, textOf(body) !== undefined));
  const found = paths.map(({ name, from, find }) => {
    const body = sides[from];
    const values = body === null ? [] : find(body);
    if (values === undefined && body !== null && isJson(body))
      issues.push({ kind: 'notJson', note: `the ${from} is no JSON`, isUsed: false });
    return { name, values: values ?? [] };
  });
  if (issues.some(({ isUsed }) => !isUsed)) return { rows: [], issues };
  const count = Math.max(0, ...found.map(({ values }) => values.length));
  const cell = (values: readonly (string | null)[], at: number) =>
    (values.length === 1 ? values[0] : values[at]) ?? null;
  const rows = Array.from(
    { length: count },
    (_, at) => new Map(found.map(({ name, values }) => [name, cell(values, at)]))
  );
  return { rows, issues };
}
