import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { WorkflowHandle } from '@temporalio/client';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const FOLDER = path.resolve(__dirname, '../histories');
/** Version of Sluice that wrote a history; goldens of released versions never change. */
const VERSION = '0.1.0';

export function goldenFiles(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => path.join(FOLDER, name));
}

/** Writes the history of a run as the golden of its path, only when SLUICE_RECORD_HISTORIES is set. */
export async function recordHistory(handle: WorkflowHandle, name: string): Promise<void> {
  if (process.env.SLUICE_RECORD_HISTORIES === undefined) return;
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  // Who recorded it, and where, is nobody's business.
  const text = JSON.stringify(
    history,
    (key, value: unknown) => (key === 'identity' || key === 'stackTrace' ? 'recorder' : value),
    1
  );
  const scrubbed = text.replaceAll(os.hostname(), 'recorder').replaceAll(path.resolve(__dirname, '../..'), '.');
  await writeFile(path.join(FOLDER, `${VERSION}-${name}.json`), `${scrubbed}\n`);
}
