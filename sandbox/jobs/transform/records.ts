import { randomUUID } from 'node:crypto';
import type { TransformJobRecord } from '../records';
import { BadObject } from './bad-object';
import { parseCsvRow, writeCsvRow } from './csv';
import type { JsonPath, JsonValue } from './json-path';
import { isObject, parseJsonPath, select } from './json-path';

type Format = 'csv' | 'json';

/** What is done to records before and after the model. */
export interface Processing {
  readonly format: Format;
  readonly inputFilter: JsonPath | undefined;
  readonly isJoined: boolean;
  readonly outputFilter: JsonPath | undefined;
  /** Results get an id and this time, so that labels can be joined to them later. */
  readonly inferenceTime: string | undefined;
}

/** Media types that records can be taken apart in. */
export function formatOf(contentType: string | undefined): Format | undefined {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase();
  return type === 'text/csv'
    ? 'csv'
    : type === 'application/json' || type === 'application/jsonlines'
      ? 'json'
      : undefined;
}

/** `undefined` when records go through as they are. */
export function processingOf(
  { input }: Pick<TransformJobRecord, 'input'>,
  { startMs, sliceEnd }: { readonly startMs: number; readonly sliceEnd: 'exclusive' | 'inclusive' }
): Processing | undefined {
  const { InputFilter = '$', JoinSource = 'None', OutputFilter = '$' } = input.DataProcessing ?? {};
  const hasId = input.DataCaptureConfig?.GenerateInferenceId ?? false;
  const filters = [parseJsonPath(InputFilter, sliceEnd), parseJsonPath(OutputFilter, sliceEnd)];
  const [inputFilter, outputFilter] = filters.map((path) => (path?.isRoot ? undefined : path));
  const isJoined = JoinSource === 'Input';
  const format = formatOf(input.TransformInput.ContentType);
  if ((!inputFilter && !outputFilter && !isJoined && !hasId) || format === undefined) return undefined;
  const inferenceTime = hasId ? `${new Date(startMs).toISOString().slice(0, 19)}Z` : undefined;
  return { format, inputFilter, isJoined, outputFilter, inferenceTime };
}

/** Whether results have to be taken apart, too. */
export function readsResults({ isJoined, outputFilter, inferenceTime }: Processing): boolean {
  return isJoined || outputFilter !== undefined || inferenceTime !== undefined;
}

/** Reads a record of the input. Throws BadObject. */
export function readRecord({ format }: Processing, bytes: Buffer): JsonValue {
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  return parsed(format, text, (kind) => new BadObject(`Failed to parse an input record as ${kind}.`));
}

/** What the model gets of a record, ended by a line feed where the record was. Throws BadObject. */
export function sentRecord(processing: Processing, record: JsonValue, bytes: Buffer): Buffer {
  const { inputFilter, format } = processing;
  if (!inputFilter) return bytes;
  const chosen = select(inputFilter, record);
  if (chosen === undefined) throw new BadObject(`InputFilter ${inputFilter.text} finds nothing in an input record.`);
  const end = bytes.at(-1) === 10 ? '\n' : '';
  return Buffer.from(`${written(format, chosen)}${end}`, 'utf8');
}

/**
 * The output of the records of one request: one result for each. Throws BadObject when the answer cannot be read, or has another number
 * of results than there were records.
 */
export function joinResults(processing: Processing, records: readonly JsonValue[], answer: Buffer): Buffer[] {
  const { format } = processing;
  const text = answer.toString('utf8');
  const failed = (kind: string) => new BadObject(`Failed to parse output from the algorithm as ${kind}.`);
  const results =
    records.length === 1 && format === 'json'
      ? [parsed(format, text, failed)]
      : text
          .replace(/\r?\n$/, '')
          .split(/\r?\n/)
          .map((line) => parsed(format, line, failed));
  if (results.length !== records.length)
    throw new BadObject(`The algorithm answered ${records.length} records with ${results.length} results.`);
  return results.map((result, index) =>
    Buffer.from(written(format, outputOf(processing, records[index] ?? null, result)), 'utf8')
  );
}

function outputOf(processing: Processing, record: JsonValue, result: JsonValue): JsonValue {
  const joined = processing.isJoined ? join(processing.format, record, result) : result;
  const { outputFilter } = processing;
  const chosen = outputFilter ? select(outputFilter, joined) : joined;
  if (chosen === undefined)
    throw new BadObject(`OutputFilter ${outputFilter?.text} finds nothing in an output record.`);
  return withInferenceId(processing, chosen);
}

/** CSV results stand behind the record; JSON results become a member of it, or of a new object when the record is none. */
function join(format: Format, record: JsonValue, result: JsonValue): JsonValue {
  if (format === 'csv') return [...(record as readonly JsonValue[]), ...(result as readonly JsonValue[])];
  return isObject(record)
    ? { ...record, SageMakerOutput: result }
    : { SageMakerInput: record, SageMakerOutput: result };
}

function withInferenceId({ format, inferenceTime }: Processing, value: JsonValue): JsonValue {
  if (inferenceTime === undefined) return value;
  const id = randomUUID();
  if (format === 'csv')
    return [...(Array.isArray(value) ? (value as readonly JsonValue[]) : [value]), id, inferenceTime];
  const object = isObject(value) ? value : { SageMakerOutput: value };
  return { ...object, SageMakerInferenceId: id, SageMakerInferenceTime: inferenceTime };
}

function parsed(format: Format, text: string, failed: (kind: string) => BadObject): JsonValue {
  if (format === 'csv') {
    const row = parseCsvRow(text);
    if (!row) throw failed('CSV');
    return row;
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw failed('JSON');
  }
}

function written(format: Format, value: JsonValue): string {
  if (format === 'json') return JSON.stringify(value);
  return writeCsvRow(Array.isArray(value) ? (value as readonly unknown[]) : [value]);
}
