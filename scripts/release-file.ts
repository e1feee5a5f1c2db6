import path from 'node:path';
import { watchedTogether } from '../rollout';
import type { ReleaseRequest } from '../rollout';
import { readReleaseFile } from '../spec/release-file';
import type { RolloutSpec } from '../spec/types';
import type { Surroundings } from './environment';
import { loadRolloutFile, readText } from './rollout-file';

/** Every rollout file of a release, checked; null when something has mistakes, which are then printed, all of them. Throws a `Mistake` for a file that cannot be read. */
export async function loadReleaseFile(
  surroundings: Surroundings,
  input: { readonly file: string; readonly json: boolean }
): Promise<Omit<ReleaseRequest, 'who'> | null> {
  const { file: fileName, json } = input;
  const say = (problem: string): void => void surroundings.err.write(`${fileName}: ${problem}\n`);
  const read = readReleaseFile(await readText(path.resolve(surroundings.cwd, fileName), fileName));
  if (!read.ok) {
    read.problems.forEach(say);
    return null;
  }
  const { release: name, waves } = read.file;
  const loaded: (readonly (RolloutSpec | null)[])[] = [];
  for (const wave of waves) {
    const own: (RolloutSpec | null)[] = [];
    for (const file of wave)
      own.push(await loadRolloutFile(surroundings, { file: path.join(path.dirname(fileName), file), json }));
    loaded.push(own);
  }
  const specs = loaded.map((wave) => wave.filter((spec) => spec !== null));
  const all = specs.flat();
  const endpoints = all.map(({ endpoint }) => endpoint);
  const twice = new Set(endpoints.filter((one, i) => endpoints.indexOf(one) !== i));
  for (const endpoint of twice) say(`two rollouts on ${endpoint}; a release has one for each endpoint.`);
  if (twice.size > 0 || all.length < loaded.flat().length) return null;
  return { name, ...watchedTogether(specs) };
}
