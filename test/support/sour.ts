import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A switch for the test's classifier (`SOUR` of its environment): once it is turned, every second answer fails. */
export async function sourSwitch(): Promise<{
  readonly file: string;
  turn(): Promise<void>;
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-sour-'));
  const file = path.join(folder, 'now');
  return {
    file,
    turn: () => writeFile(file, ''),
    remove: () => rm(folder, { recursive: true }),
  };
}
