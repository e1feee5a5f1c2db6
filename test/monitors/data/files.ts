import { afterAll } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Dataset, ReadOptions, Session } from '../../../monitors/data';
import { readDataset, rowsOf } from '../../../monitors/data';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own for the files of a test, until the file of tests has ended. */
export function scratch(name: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `sluice-${name}-`));
  folders.push(folder);
  return folder;
}

/** Writes files, and names them as objects of a bucket. */
export function objects(dir: string, files: Readonly<Record<string, string | Uint8Array>>): ReadOptions['sources'] {
  return Object.entries(files).map(([key, content]) => {
    const file = path.join(dir, key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return { path: file, key: { source: `s3://bucket/${key}`, etag: null, bytes: statSync(file).size } };
  });
}

export interface CapturedLine {
  readonly id?: string;
  readonly event?: string;
  readonly at?: string;
  readonly input?: unknown;
  readonly output?: unknown;
}

/** A line as data capture writes it; what is text is CSV, anything else JSON. */
export function captured({ id, event, at = '2030-01-07T00:10:00Z', input, output }: CapturedLine): string {
  const side = (mode: string, body: unknown) =>
    typeof body === 'string'
      ? { observedContentType: 'text/csv', mode, data: body, encoding: 'CSV' }
      : { observedContentType: 'application/json', mode, data: JSON.stringify(body), encoding: 'JSON' };
  return JSON.stringify({
    captureData: {
      ...(input === undefined ? {} : { endpointInput: side('INPUT', input) }),
      ...(output === undefined ? {} : { endpointOutput: side('OUTPUT', output) }),
    },
    eventMetadata: {
      ...(event === undefined ? {} : { eventId: event }),
      ...(id === undefined ? {} : { inferenceId: id }),
      inferenceTime: at,
    },
    eventVersion: '0',
  });
}

/** Reads, and returns the cells of all rows beside what is known of the reading. */
export async function read(
  session: Session,
  options: ReadOptions
): Promise<{ readonly dataset: Dataset; readonly cells: unknown[][]; readonly places: unknown[][] }> {
  const dataset = await readDataset(session, options);
  const list = dataset.columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ');
  const cells = list === '' ? [] : await rowsOf(session.db, `SELECT ${list} FROM ${dataset.table}`);
  const places = await rowsOf(session.db, `SELECT _object, _line::INTEGER, _row, _id FROM ${dataset.table}`);
  return { dataset, cells: [...cells], places: [...places] };
}

/** Kinds with their counts, how many of them are unused, and where the first is. */
export function issuesOf({ issues }: Dataset): Readonly<Record<string, string>> {
  return Object.fromEntries(
    issues.map(({ kind, count, unused, first }) => [
      kind,
      `${count}/${unused} ${first.source.replace('s3://bucket/', '')}:${first.line}`,
    ])
  );
}
