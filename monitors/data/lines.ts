import { createReadStream } from 'node:fs';
import { DELIMITER } from './line-marks';
import type { LocalObject } from './sources';
import type { ScannedObject } from './object-scan';
import { scanObject } from './object-scan';
import { listOf, quoted } from './sql';
import type { IssueLog } from './issues';

/** Objects that are read in one query: enough to make the query worth its while, few enough to show progress. */
const BATCH_BYTES = 256 * 1024 * 1024;
const BATCH_OBJECTS = 500;
const MB = 1024 * 1024;

/** Objects that were looked through, with the number of the first. */
export interface Batch {
  readonly from: number;
  readonly scanned: readonly ScannedObject[];
}

export interface ScanHooks {
  readonly copyDir: string;
  readonly issues: IssueLog;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** Looks objects through, in batches of which each fits one query. Empty objects are counted and left out. */
export async function* scannedBatches(
  objects: readonly LocalObject[],
  { copyDir, issues, signal, progress }: ScanHooks
): AsyncGenerator<Batch> {
  const totalBytes = objects.reduce((sum, { key }) => sum + key.bytes, 0);
  let [from, bytes, done] = [0, 0, 0];
  let scanned: ScannedObject[] = [];
  for (const [index, object] of objects.entries()) {
    const found = await scanObject(object.path, { copyDir, signal });
    if (found.lines === 0) issues.add('emptyObject', { object: index, line: null });
    scanned.push(found);
    bytes += found.bytes;
    done += found.bytes;
    if (bytes < BATCH_BYTES && scanned.length < BATCH_OBJECTS) continue;
    yield { from, scanned };
    progress?.(done, totalBytes);
    [from, bytes, scanned] = [index + 1, 0, []];
  }
  if (scanned.length > 0) yield { from, scanned };
  progress?.(done, totalBytes);
}

/**
 * A query of all lines of a batch, in order: `o` the object's number, `n` the line's, `t` its text. Only scanned objects are read
 * right: DuckDB drops blank lines, and takes a lone carriage return for the end of one.
 */
export function linesSql({ from, scanned }: Batch): string {
  const readable = scanned.flatMap((object, at) => (object.lines === 0 ? [] : [{ ...object, number: from + at }]));
  if (readable.length === 0) return `SELECT 0 AS o, 0::BIGINT AS n, '' AS t WHERE false`;
  const longest = Math.max(...readable.map(({ longestLine }) => longestLine));
  const maxLine = Math.max(2 * MB, longest + 1024);
  const starts: number[] = [];
  readable.reduce((sum, { lines }) => (starts.push(sum), sum + lines), 0);
  const options = [
    `auto_detect = false, header = false, quote = '', escape = '', strict_mode = false`,
    `delim = ${quoted(DELIMITER)}, nullstr = ${quoted([...DELIMITER].reverse().join(''))}`,
    `columns = {'t': 'VARCHAR'}, max_line_size = ${maxLine}, buffer_size = ${maxLine * 2}`,
  ];
  const paths = listOf(readable.map(({ path }) => path));
  return `SELECT ${listed(
    readable.map(({ number }) => number),
    'INTEGER'
  )}[f + 1] AS o, g - ${listed(starts, 'BIGINT')}[f + 1] AS n, t
    FROM (SELECT file_index::BIGINT AS f, row_number() OVER () AS g, t FROM read_csv(${paths}, ${options.join(', ')}))`;
}

/** A list of numbers in SQL. */
export function listed(numbers: readonly (number | null)[], type: string): string {
  return `([${numbers.map((number) => number ?? 'NULL').join(', ')}]::${type}[])`;
}

/** The lines of a scanned object, some hundred kilobytes at a time; what is marked included. */
export async function* linesOf(object: ScannedObject): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const chunk of createReadStream(object.path, { encoding: 'utf8', highWaterMark: MB })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  if (rest !== '') yield [rest];
}
