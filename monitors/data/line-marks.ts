import { isUtf8 } from 'node:buffer';
import type { DataIssueKind } from './types';

/** What DuckDB's CSV reader is told to split cells by, so that each line is one cell: four control characters that no text has. */
export const DELIMITER = '\x1f\x02\x1e\x03';
/** Begins a line that stands for one that cannot be shown. No line that is shown begins with it. */
export const MARK = '\x03';

const BYTE_ORDER_MARK = /^\uFEFF/;
const MARKED: readonly DataIssueKind[] = ['lineTooLong', 'notUtf8'];

/** One line, as the copy of an object has it. */
export function cleanLine(
  bytes: Buffer,
  { isTooLong, isFirst }: { readonly isTooLong: boolean; readonly isFirst: boolean }
): string {
  if (isTooLong) return `${MARK}lineTooLong`;
  // UTF-16 that is taken for UTF-8 has a NUL beside every letter.
  if (!isUtf8(bytes) || bytes.includes(0)) return `${MARK}notUtf8`;
  const text = bytes.toString('utf8').replace(/\r$/, '');
  const shown = (isFirst ? text.replace(BYTE_ORDER_MARK, '') : text).replaceAll('\r', ' ').replaceAll(MARK, ' ');
  return shown === '' ? ' ' : shown;
}

/** What is wrong with a line by its mark. */
export function markOf(line: string): DataIssueKind | undefined {
  if (!line.startsWith(MARK)) return undefined;
  return MARKED.find((kind) => line === MARK + kind);
}
