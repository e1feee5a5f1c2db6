import { isUtf8 } from 'node:buffer';
import { csvCells, csvRecords } from './csv';
import type { JsonText } from './json-text';
import { cellOf, isJsonList, isJsonObject, parseJsonText } from './json-text';
import type { DataIssueKind } from './types';

/** One side of a captured record, as data capture has written it. */
export interface Body {
  readonly data: string;
  /** `CSV`, `JSON` or `BASE64`. */
  readonly encoding: string | null;
  readonly contentType: string | null;
}

/** A row by position, or by name. */
export type BodyRow = readonly (string | null)[] | ReadonlyMap<string, string | null>;

export interface BodyRows {
  readonly rows: readonly BodyRow[];
  /** A flat list, which is one row of many cells or many rows of one: the other side's rows tell. */
  readonly isFlatList?: boolean;
  readonly issues: readonly { readonly kind: DataIssueKind; readonly note: string; readonly isUsed: boolean }[];
}

type Issue = BodyRows['issues'][number];

/** Members that model servers wrap their rows in. */
const WRAPPERS = ['instances', 'predictions'];

export function bodyRows(body: Body): BodyRows {
  const text = textOf(body);
  if (text === undefined) return { rows: [], issues: [base64Issue(body, false)] };
  const unpacked = isPacked(body) ? [base64Issue(body, true)] : [];
  if (!isJson(body))
    return { rows: csvRecords(text).map((record) => csvCells(record).map(emptyIsNull)), issues: unpacked };
  const values = jsonValues(text);
  if (values === undefined)
    return { rows: [], issues: [...unpacked, { kind: 'notJson', note: 'the body is no JSON', isUsed: false }] };
  const shaped = values.length === 1 && values[0] !== undefined ? rowsOfJson(values[0]) : rowsOfJson(values);
  return { ...shaped, issues: [...unpacked, ...shaped.issues] };
}

/** The text of a body; undefined where it is binary. */
export function textOf(body: Body): string | undefined {
  if (!isPacked(body)) return body.data;
  const bytes = Buffer.from(body.data, 'base64');
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : undefined;
}

export function isJson({ encoding, contentType }: Body): boolean {
  return encoding === 'JSON' || (encoding === 'BASE64' && /json/i.test(contentType ?? ''));
}

function isPacked({ encoding }: Body): boolean {
  return encoding === 'BASE64';
}

/** Capture packs what its content-type headers do not name; what is text all the same is read. */
export function base64Issue({ contentType }: Body, isUsed: boolean): Issue {
  const note = isUsed
    ? `${contentType ?? 'no content type'}, read as text`
    : `${contentType ?? 'no content type'}, not text`;
  return { kind: 'base64', note, isUsed };
}

/** One value, or one a line. */
export function jsonValues(text: string): readonly JsonText[] | undefined {
  const whole = parseJsonText(text);
  if (whole !== undefined) return [whole];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return undefined;
  const values = lines.map(parseJsonText).filter((value) => value !== undefined);
  return values.length === lines.length ? values : undefined;
}

/** Rows of a JSON value: a flat object, a list of them, lists of cells, columns by name, or one of these within `instances` or `predictions`. */
export function rowsOfJson(value: JsonText): BodyRows {
  if (isJsonObject(value)) {
    const members = Object.entries(value);
    const [only] = members;
    if (members.length === 1 && only && WRAPPERS.includes(only[0]) && isJsonList(only[1])) return rowsOfJson(only[1]);
    const columns = members.map(([, member]) => member).filter(isJsonList);
    const [first] = columns;
    const isColumnar =
      first !== undefined &&
      first.length > 0 &&
      members.length > 1 &&
      columns.length === members.length &&
      columns.every((column) => column.length === first.length && column.every(isScalar));
    if (isColumnar)
      return {
        rows: first.map(
          (_, at) => new Map(members.map(([name, column]) => [name, isJsonList(column) ? cellOf(column[at]) : null]))
        ),
        issues: [],
      };
    return rowOf(value);
  }
  if (!isJsonList(value)) return { rows: [[cellOf(value)]], issues: [] };
  if (value.every(isScalar)) return { rows: [value.map(cellOf)], isFlatList: true, issues: [] };
  const parts = value.map(rowOf);
  return { rows: parts.flatMap(({ rows }) => rows), issues: parts.flatMap(({ issues }) => issues).slice(0, 1) };
}

function rowOf(value: JsonText): BodyRows {
  if (isJsonList(value)) return { rows: [value.map(cellOf)], issues: nestedIn(value) };
  if (!isJsonObject(value)) return { rows: [[cellOf(value)]], issues: [] };
  const members = Object.entries(value);
  const [only] = members;
  // As SageMaker's own algorithms take their rows: {"features": [1, 2, 3]}.
  if (members.length === 1 && only?.[0] === 'features' && isJsonList(only[1])) return rowOf(only[1]);
  return {
    rows: [new Map(members.map(([name, member]) => [name, cellOf(member)]))],
    issues: nestedIn(members.map(([, member]) => member)),
  };
}

function nestedIn(values: readonly JsonText[]): readonly Issue[] {
  const nested = values.find((value) => !isScalar(value));
  if (nested === undefined) return [];
  return [{ kind: 'nestedJson', note: 'kept as the text of its JSON; `paths` can take it apart', isUsed: true }];
}

function isScalar(value: JsonText): boolean {
  return typeof value !== 'object' || value === null;
}

function emptyIsNull(cell: string): string | null {
  return cell === '' ? null : cell;
}
