import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { WorkflowHandle } from '@temporalio/client';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const FOLDER = path.resolve(__dirname, '../histories');
/** Version of Sluice that wrote a history; goldens of released versions never change. */
const VERSION = '0.1.0';
const ENDING = '.json.gz';

/** Names of all goldens, version first. Whatever else lies in the folder is listed too: it has no business there. */
export function goldenNames(): readonly string[] {
  return readdirSync(FOLDER).map((file) => path.basename(file, ENDING));
}

/** A golden as JSON text. */
export function goldenText(name: string): string {
  return gunzipSync(readFileSync(fileOf(name))).toString('utf8');
}

function fileOf(name: string): string {
  return path.join(FOLDER, `${name}${ENDING}`);
}

/** Writes the history of a run as the golden of its path, only when SLUICE_RECORD_HISTORIES is set and never over one that is there. */
export async function recordHistory(handle: WorkflowHandle, name: string): Promise<void> {
  const file = fileOf(`${VERSION}-${name}`);
  if (process.env.SLUICE_RECORD_HISTORIES === undefined || existsSync(file)) return;
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  // Who recorded it, and where, is nobody's business.
  const text = JSON.stringify(history, (key, value: unknown) =>
    key === 'identity' || key === 'stackTrace' ? 'recorder' : value
  );
  const scrubbed = text.replaceAll(os.hostname(), 'recorder').replaceAll(path.resolve(__dirname, '../..'), '.');
  await writeFile(file, gzipSync(scrubbed, { level: 9 }));
}
