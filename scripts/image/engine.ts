import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Programs that build images by the command line of Docker, the first that is there being taken. */
export const ENGINES = ['docker', 'podman', 'finch'] as const;
export type EngineName = (typeof ENGINES)[number];

/** The program of an engine on the path; undefined where there is none. */
export function findBuilder(wanted: EngineName | undefined, searchPath: string): string | undefined {
  const folders = searchPath.split(path.delimiter).filter((folder) => folder !== '');
  const names = wanted === undefined ? ENGINES : [wanted];
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isProgram);
}

/** Runs it, and hands on whatever it says; resolves to its exit code. */
export function runBuilder(
  command: readonly string[],
  how: { readonly say: (text: string) => void; readonly signal: AbortSignal }
): Promise<number | null> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: how.signal });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => how.say(chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
