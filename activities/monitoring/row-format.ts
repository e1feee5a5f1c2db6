import { csvFields, fieldReader } from '../evidence/field';
import type { RowFormat } from './endpoint-caller';

/** Quotes a cell of CSV where it must be (RFC 4180). */
const csvCell = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/**
 * Rows put into a request of the kind that was captured: as lines of CSV, or at their places in a copy of a JSON request. Several rows go into one
 * request as several lines, or as elements of the list that every place lies in (`$.instances[0].…`).
 * @param places where each cell of a row belongs; columns of CSV are numbers.
 * @param value place of the explained number in the answer.
 */
export function rowFormat(p: {
  readonly example: string;
  readonly contentType: string;
  readonly places: readonly string[];
  readonly value: string;
}): RowFormat {
  return /^\s*[[{]/.test(p.example) ? jsonFormat(p) : csvFormat(p);
}

function csvFormat({ example, contentType, places, value }: Parameters<typeof rowFormat>[0]): RowFormat {
  const columns = csvFields(example);
  const line = (row: readonly string[]): string => {
    const cells = [...columns];
    for (const [i, place] of places.entries()) cells[Number(place)] = row[i] ?? '';
    return cells.map(csvCell).join(',');
  };
  return {
    contentType,
    bodyOf: (rows) => rows.map(line).join('\n'),
    valuesOf: (answer, rows) => numbersOf(answer, { value, rows }),
  };
}

function jsonFormat({ example, contentType, places, value }: Parameters<typeof rowFormat>[0]): RowFormat {
  const list = listOf(places);
  return {
    contentType,
    bodyOf: (rows) => {
      if (rows.length > 1 && list === null) return null;
      const filled = rows.map((row) => withCells(JSON.parse(example), places, row));
      if (list === null || rows.length === 1) return JSON.stringify(filled[0]);
      const [first] = filled;
      const elements = filled
        .map((one) => at(one, list.steps))
        .map((all) => (Array.isArray(all) ? (all[0] as unknown) : all));
      return JSON.stringify(put(first, list.steps, elements));
    },
    valuesOf: (answer, rows) => numbersOf(answer, { value, rows }),
  };
}

/** One number a row: a line of CSV each, or an element each of the first list on the way to the value. */
function numbersOf(
  answer: string,
  { value, rows }: { readonly value: string; readonly rows: number }
): readonly (readonly number[])[] | null {
  const numbers: number[][] = [];
  const lines = /^\d+$/.test(value) ? answer.split(/\r?\n/).filter((line) => line.trim() !== '') : null;
  if (lines !== null && lines.length !== rows) return null;
  for (let i = 0; i < rows; i++) {
    const path = lines === null ? value.replace('[0]', `[${i}]`) : value;
    if (lines === null && i > 0 && path === value) return null;
    const text = fieldReader(path)(lines?.[i] ?? answer);
    const number = text === undefined || text.trim() === '' ? NaN : Number(text);
    if (!Number.isFinite(number)) return null;
    numbers.push([number]);
  }
  return numbers;
}

type Step = string | number;

const stepsOf = (place: string): readonly Step[] =>
  [...place.matchAll(/\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\]/g)].map(
    (match) => match[1] ?? match[3] ?? Number(match[2])
  );

/** The list that all places lie in the first element of; null where there is none. */
function listOf(places: readonly string[]): { readonly steps: readonly Step[] } | null {
  const [first] = places.map(stepsOf);
  const index = first?.indexOf(0) ?? -1;
  if (first === undefined || index === -1) return null;
  const steps = first.slice(0, index);
  const prefix = JSON.stringify([...steps, 0]).slice(0, -1);
  return places.every((place) => JSON.stringify(stepsOf(place)).startsWith(prefix)) ? { steps } : null;
}

/** A cell keeps the type that the example has at its place: a model that wants a number gets one. */
function withCells(example: unknown, places: readonly string[], row: readonly string[]): unknown {
  return places.reduce((body, place, i) => {
    const steps = stepsOf(place);
    const cell = row[i] ?? '';
    const isNumber = typeof at(body, steps) === 'number' && cell !== '' && Number.isFinite(Number(cell));
    return put(body, steps, isNumber ? Number(cell) : cell);
  }, example);
}

function at(body: unknown, steps: readonly Step[]): unknown {
  return steps.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? (inner as Record<Step, unknown>)[step] : undefined),
    body
  );
}

function put(body: unknown, [step, ...rest]: readonly Step[], value: unknown): unknown {
  if (step === undefined) return value;
  const inner = at(body, [step]);
  if (Array.isArray(body)) return body.map((one: unknown, i) => (i === step ? put(one, rest, value) : one));
  return { ...(body as Record<string, unknown>), [step]: put(inner, rest, value) };
}
