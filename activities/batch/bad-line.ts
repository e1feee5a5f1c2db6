import type { BatchSpec } from '../../spec/types';

/** Whether the model, or SageMaker on the way to it, could not take a record; null when nothing speaks against it. */
export type LineCheck = (line: Buffer) => string | null;

const LINE_FEED = 10;
const RETURN = 13;

/**
 * What is known to be refused before anything is sent: JSON that is none, and, where filters take CSV apart, quotes that do not fit. Other
 * content is the model's own business.
 */
export function lineCheck({ contentType, filters, split }: BatchSpec): LineCheck {
  if (split !== 'Line') return () => null;
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json' || type === 'application/jsonlines') return malformedJson;
  const takesApart = filters.input !== undefined || filters.output !== undefined || filters.join === 'Input';
  return type === 'text/csv' && takesApart ? malformedCsv : () => null;
}

function malformedJson(line: Buffer): string | null {
  try {
    JSON.parse(withoutEnd(line));
    return null;
  } catch (error) {
    return `it is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** RFC 4180 within one line, because lines are what is split by. */
function malformedCsv(line: Buffer): string | null {
  const text = withoutEnd(line);
  return /^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$/.test(text) ? null : 'its quotes do not fit CSV';
}

function withoutEnd(line: Buffer): string {
  let end = line.length;
  if (line[end - 1] === LINE_FEED) end -= 1;
  if (line[end - 1] === RETURN) end -= 1;
  return line.toString('utf8', 0, end);
}
