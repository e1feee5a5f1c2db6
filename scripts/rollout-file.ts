import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pc from 'picocolors';
import { problemsAsJson, renderProblems } from '../spec/format';
import { nearestOf } from '../spec/nearest';
import { readRolloutFile } from '../spec/read';
import { isReleaseFile } from '../spec/release-file';
import type { RolloutSpec } from '../spec/types';
import { shellWord } from '../report/words';
import { wantsColor } from './environment';
import type { Surroundings } from './environment';
import { Mistake } from './mistakes';
import type * as Complaints from './monitors/complaints';

/**
 * The checked rollout file; null when it has mistakes, which are then printed: as JSON on the standard output, or for people as errors.
 * Throws a `Mistake` when the file cannot be read.
 */
export async function loadRolloutFile(
  surroundings: Surroundings,
  input: { readonly file: string; readonly json: boolean }
): Promise<RolloutSpec | null> {
  const { env, out, err } = surroundings;
  const fileName = input.file;
  const text = await readText(path.resolve(surroundings.cwd, fileName), fileName);
  if (isReleaseFile(text))
    throw new Mistake(
      `${fileName} is a release: it lists rollout files. Name one of them here, or start all: sluice release ${shellWord(fileName)}`
    );
  const read = readRolloutFile({ text, fileName, environment: env, further: furtherComplaints });
  if (read.ok) return read.spec;
  const { problems } = read;
  if (input.json) {
    out.write(`${problemsAsJson({ problems, fileName })}\n`);
  } else {
    const { bold, red, dim } = pc.createColors(wantsColor(env, err));
    err.write(`${renderProblems({ problems, text, fileName, paint: { strong: bold, wrong: red, faint: dim } })}\n`);
  }
  return null;
}

/** The analyzers bring a database with them, which takes longer to load than all the rest: only a file with monitors asks for them. */
function furtherComplaints(spec: RolloutSpec): ReturnType<typeof Complaints.monitorComplaints> {
  if (spec.monitors === undefined) return [];
  // As in `loadVerb`: `import()` cannot leave out the extension.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require('./monitors/complaints') as typeof Complaints).monitorComplaints(spec);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
};

/** The text of a file; throws a `Mistake` that names it as it was `shown`, with a similar file if it is not there. */
export async function readText(file: string, shown: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
    const hint = code === 'ENOENT' ? await similarFile(file, shown) : '';
    throw new Mistake(`Cannot read ${shown}: ${REASONS[code] ?? code}.${hint}`, 2, { cause: error });
  }
}

export async function similarFile(file: string, shown: string): Promise<string> {
  const names = await readdir(path.dirname(file)).catch(() => []);
  const nearest = nearestOf(path.basename(file), names);
  return nearest === undefined ? '' : ` Did you mean ${path.join(path.dirname(shown), nearest)}?`;
}
